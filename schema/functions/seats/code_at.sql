CREATE OR REPLACE FUNCTION code_at(packed bytea, seat_count integer, seat integer)
RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN octet_length(packed) = seat_count THEN get_byte(packed, seat)
        ELSE (get_byte(packed, seat / 2) >> (4 * (seat % 2))) & 15
    END
$$;

COMMENT ON FUNCTION code_at IS 'The seat_code.code_index of a seat in packed seats; the first seat of the layout is 0. Example: SELECT code_at(seats, 120, 0) FROM seat_snapshot WHERE showtime_id = 1;';
