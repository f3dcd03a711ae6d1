CREATE OR REPLACE VIEW seat_latest
WITH (security_invoker = true) AS
SELECT
    showtime.showtime_id,
    last.observed_at,
    seat.seat_key,
    seat.row_label,
    seat.seat_number,
    seat.area,
    seat.kind,
    seat_code.status,
    seat_code.code,
    seat.seat_group,
    seat.x,
    seat.y,
    last.layout_id,
    last.job_id
FROM showtime
CROSS JOIN LATERAL (
    SELECT snapshot.observed_at, snapshot.job_id, snapshot.layout_id, snapshot.seats
    FROM seat_snapshot AS snapshot
    WHERE snapshot.showtime_id = showtime.showtime_id
    ORDER BY snapshot.observed_at DESC
    LIMIT 1
) AS last
INNER JOIN layout ON layout.layout_id = last.layout_id
CROSS JOIN LATERAL unnest(
    layout.seat_key, layout.row_label, layout.seat_number, layout.area,
    layout.kind, layout.seat_group, layout.x, layout.y
) WITH ORDINALITY AS seat (seat_key, row_label, seat_number, area, kind, seat_group, x, y, position)
INNER JOIN seat_code
    ON seat_code.source_id = layout.source_id
    AND seat_code.code_index = code_at(last.seats, layout.seat_count, (seat.position - 1)::integer);

COMMENT ON VIEW seat_latest IS 'A row per seat as it was seen last. Name showtimes, by value or by a join. Example: SELECT row_label, seat_number, status FROM seat_latest WHERE showtime_id = 1;';
COMMENT ON COLUMN seat_latest.observed_at IS 'Time of the snapshot; later looks may have seen no change: see job.changed.';
