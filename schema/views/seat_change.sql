-- It has the position of each seat, as seat_record has: otherwise a query for where people sit would
-- join every change with every seat.
CREATE OR REPLACE VIEW seat_change WITH (security_invoker = true) AS
SELECT
    showtime.showtime_id,
    seen.observed_at,
    seen.previous_at,
    change.seat_key,
    change.row_label,
    change.seat_number,
    change.area,
    was.status AS from_status,
    becomes.status AS to_status,
    was.code AS from_code,
    becomes.code AS to_code,
    seen.layout_id,
    seen.job_id,
    change.x,
    change.y
FROM showtime
CROSS JOIN LATERAL (
    SELECT
        snapshot.observed_at,
        snapshot.job_id,
        snapshot.layout_id,
        snapshot.seats,
        lag(snapshot.observed_at) OVER earlier AS previous_at,
        lag(snapshot.layout_id) OVER earlier AS previous_layout_id,
        lag(snapshot.seats) OVER earlier AS previous_seats
    FROM seat_snapshot AS snapshot
    WHERE snapshot.showtime_id = showtime.showtime_id
    WINDOW earlier AS (ORDER BY snapshot.observed_at)
) AS seen
INNER JOIN layout ON layout.layout_id = seen.layout_id
CROSS JOIN LATERAL (
    SELECT
        layout.seat_key[cell.seat + 1] AS seat_key,
        layout.row_label[cell.seat + 1] AS row_label,
        layout.seat_number[cell.seat + 1] AS seat_number,
        layout.area[cell.seat + 1] AS area,
        layout.x[cell.seat + 1] AS x,
        layout.y[cell.seat + 1] AS y,
        cell.from_index,
        cell.to_index
    FROM changed_seats(seen.previous_seats, seen.seats, layout.seat_count) AS cell
    WHERE seen.previous_layout_id = seen.layout_id
    UNION ALL
    -- Another layout: seats are the same where their keys are.
    SELECT pair.seat_key, pair.row_label, pair.seat_number, pair.area, pair.x, pair.y, pair.from_index, pair.to_index
    FROM layout AS previous
    CROSS JOIN LATERAL (
        SELECT
            coalesce(present.seat_key, past.seat_key) AS seat_key,
            coalesce(present.row_label, past.row_label) AS row_label,
            coalesce(present.seat_number, past.seat_number) AS seat_number,
            coalesce(present.area, past.area) AS area,
            coalesce(present.x, past.x) AS x,
            coalesce(present.y, past.y) AS y,
            code_at(seen.previous_seats, previous.seat_count, (past.position - 1)::integer) AS from_index,
            code_at(seen.seats, layout.seat_count, (present.position - 1)::integer) AS to_index
        FROM unnest(previous.seat_key, previous.row_label, previous.seat_number, previous.area, previous.x, previous.y)
            WITH ORDINALITY AS past (seat_key, row_label, seat_number, area, x, y, position)
        FULL JOIN unnest(layout.seat_key, layout.row_label, layout.seat_number, layout.area, layout.x, layout.y)
            WITH ORDINALITY AS present (seat_key, row_label, seat_number, area, x, y, position)
            ON present.seat_key = past.seat_key
    ) AS pair
    WHERE previous.layout_id = seen.previous_layout_id
        AND previous.layout_id <> seen.layout_id
        AND pair.from_index IS DISTINCT FROM pair.to_index
) AS change
LEFT JOIN seat_code AS was
    ON was.source_id = layout.source_id AND was.code_index = change.from_index
LEFT JOIN seat_code AS becomes
    ON becomes.source_id = layout.source_id AND becomes.code_index = change.to_index;

COMMENT ON VIEW seat_change IS 'A row per seat whose code differs between two consecutive snapshots; the first snapshot of a showtime is no change. Name showtimes, by value or by a join. Example: SELECT observed_at, row_label, seat_number, from_status, to_status, job_id FROM seat_change WHERE showtime_id = 1 ORDER BY observed_at;';
COMMENT ON COLUMN seat_change.observed_at IS 'When the change was seen; it happened after previous_at.';
COMMENT ON COLUMN seat_change.previous_at IS 'Time of the snapshot before; later looks that saw no change are in the history of jobs.';
COMMENT ON COLUMN seat_change.from_code IS 'Code before; NULL for a seat that a new layout added.';
COMMENT ON COLUMN seat_change.to_code IS 'Code after; NULL for a seat that a new layout no longer has.';
COMMENT ON COLUMN seat_change.to_status IS 'Status after; NULL for a seat that is gone, and while the code is not mapped.';
COMMENT ON COLUMN seat_change.x IS 'From left to right, as the source draws its map; for a seat that is gone, its old position.';
COMMENT ON COLUMN seat_change.y IS 'From the screen to the back.';
