CREATE OR REPLACE FUNCTION changed_seats(before bytea, after bytea, seat_count integer)
RETURNS TABLE (seat integer, from_index integer, to_index integer)
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
COST 500 ROWS 3
AS $$
DECLARE
    was integer;
    becomes integer;
BEGIN
    IF octet_length(before) <> octet_length(after) THEN
        -- One of the two has a byte per seat.
        FOR place IN 0 .. seat_count - 1 LOOP
            seat := place;
            from_index := code_at(before, seat_count, place);
            to_index := code_at(after, seat_count, place);
            IF from_index <> to_index THEN
                RETURN NEXT;
            END IF;
        END LOOP;
        RETURN;
    END IF;
    -- Bytes that differ are few, and only their seats are looked at.
    FOR position IN 0 .. octet_length(after) - 1 LOOP
        was := get_byte(before, position);
        becomes := get_byte(after, position);
        CONTINUE WHEN was = becomes;
        IF octet_length(after) = seat_count THEN
            seat := position;
            from_index := was;
            to_index := becomes;
            RETURN NEXT;
            CONTINUE;
        END IF;
        IF was & 15 <> becomes & 15 THEN
            seat := position * 2;
            from_index := was & 15;
            to_index := becomes & 15;
            RETURN NEXT;
        END IF;
        IF was >> 4 <> becomes >> 4 AND position * 2 + 1 < seat_count THEN
            seat := position * 2 + 1;
            from_index := was >> 4;
            to_index := becomes >> 4;
            RETURN NEXT;
        END IF;
    END LOOP;
END
$$;

COMMENT ON FUNCTION changed_seats IS 'The seats of one layout, the first is 0, whose code differs between two snapshots. Example: SELECT change.* FROM changed_seats(''\x10'', ''\x11'', 2) AS change;';
