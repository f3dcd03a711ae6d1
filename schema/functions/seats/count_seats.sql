CREATE OR REPLACE FUNCTION count_seats(of_source integer, packed bytea, seat_count integer)
RETURNS smallint[]
LANGUAGE sql STABLE
AS $$
    SELECT ARRAY[
        count(*) FILTER (WHERE seat_code.status = 'available'),
        count(*) FILTER (WHERE seat_code.status = 'sold'),
        count(*) FILTER (WHERE seat_code.status = 'held'),
        count(*) FILTER (WHERE seat_code.status = 'blocked'),
        count(*) FILTER (WHERE seat_code.status = 'broken'),
        count(*) FILTER (WHERE seat_code.status = 'house'),
        count(*) FILTER (WHERE seat_code.status = 'unknown'),
        count(*) FILTER (WHERE seat_code.status IS NULL)
    ]::smallint[]
    FROM generate_series(0, seat_count - 1) AS position
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN octet_length(packed) = seat_count THEN get_byte(packed, position)
            ELSE (get_byte(packed, position / 2) >> (4 * (position % 2))) & 15
        END AS code_index
    ) AS cell
    LEFT JOIN seat_code
        ON seat_code.source_id = of_source AND seat_code.code_index = cell.code_index
$$;

COMMENT ON FUNCTION count_seats IS 'Counts packed seats of a source by the present mapping of codes: available, sold, held, blocked, broken, house, unknown, unmapped. Example: SELECT count_seats(1, seats, 120) FROM snapshot WHERE job_id = 4711;';
