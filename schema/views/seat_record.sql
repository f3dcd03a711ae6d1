CREATE OR REPLACE VIEW seat_record
WITH (security_invoker = true) AS
SELECT
    snapshot.showtime_id,
    snapshot.observed_at,
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
    snapshot.layout_id,
    snapshot.job_id
FROM seat_snapshot AS snapshot
INNER JOIN layout ON layout.layout_id = snapshot.layout_id
CROSS JOIN LATERAL unnest(
    layout.seat_key, layout.row_label, layout.seat_number, layout.area,
    layout.kind, layout.seat_group, layout.x, layout.y
) WITH ORDINALITY AS seat (seat_key, row_label, seat_number, area, kind, seat_group, x, y, position)
INNER JOIN seat_code
    ON seat_code.source_id = layout.source_id
    AND seat_code.code_index = code_at(snapshot.seats, layout.seat_count, (seat.position - 1)::integer);

COMMENT ON VIEW seat_record IS 'A row per seat and snapshot. Name showtimes, by value or by a join. Example: SELECT seat_key, status FROM seat_record WHERE showtime_id = 1 AND observed_at > now() - interval ''1 hour'';';
COMMENT ON COLUMN seat_record.status IS 'Status of the seat; NULL while the code of the source is not mapped.';
COMMENT ON COLUMN seat_record.code IS 'The code of the source.';
COMMENT ON COLUMN seat_record.job_id IS 'The job that saw it; see job_lineage.';
COMMENT ON COLUMN seat_record.x IS 'From left to right, as the source draws its map; NULL where it gives none.';
COMMENT ON COLUMN seat_record.y IS 'From the screen to the back; NULL where the source gives none.';
