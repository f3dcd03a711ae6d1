CREATE OR REPLACE FUNCTION unseal(first_observed_at timestamptz, snapshot_count integer, data bytea)
RETURNS TABLE (
    observed_at timestamptz,
    job_id bigint,
    layout_id integer,
    available smallint,
    sold smallint,
    held smallint,
    blocked smallint,
    broken smallint,
    house smallint,
    unknown smallint,
    unmapped smallint,
    seats bytea
)
LANGUAGE plpgsql STABLE PARALLEL SAFE
COST 2000 ROWS 10
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    -- Copied once: long data is compressed, and would be decompressed for every byte that is read.
    stored CONSTANT bytea := data || ''::bytea;
    time_width CONSTANT integer := get_byte(stored, 1);
    job_width CONSTANT integer := get_byte(stored, 2);
    -- Positions of the next time and job, and of the next change.
    head integer := 3;
    place integer := 3 + snapshot_count * (time_width + job_width);
    -- The counter of each code, and the values of the eight counters.
    counter_of smallint[];
    counted smallint[];
    seat_count integer;
    is_wide boolean;
    changes integer;
    position integer;
    step integer;
    was integer;
    becomes integer;
    counter integer;
BEGIN
    IF get_byte(stored, 0) <> 1 THEN
        RAISE EXCEPTION 'sealed data of format % is not known', get_byte(stored, 0);
    END IF;
    FOR number IN 1 .. snapshot_count LOOP
        observed_at := first_observed_at + interval '1 microsecond'
            * ('x' || lpad(encode(substr(stored, head + 1, time_width), 'hex'), 16, '0'))::bit(64)::bigint;
        job_id := ('x' || lpad(encode(substr(stored, head + time_width + 1, job_width), 'hex'), 16, '0'))::bit(64)::bigint;
        head := head + time_width + job_width;

        changes := get_byte(stored, place);
        place := place + 1;
        IF changes > 127 THEN
            changes := (changes - 128) * 256 + get_byte(stored, place);
            place := place + 1;
        END IF;
        IF changes < 2 THEN
            -- A whole state: its layout, its number of seats, and the seats as packed.
            is_wide := changes = 1;
            layout_id := ('x' || encode(substr(stored, place + 1, 4), 'hex'))::bit(32)::integer;
            seat_count := get_byte(stored, place + 4) * 256 + get_byte(stored, place + 5);
            step := CASE WHEN is_wide THEN seat_count ELSE (seat_count + 1) / 2 END;
            seats := substr(stored, place + 7, step);
            place := place + 6 + step;
            IF counter_of IS NULL THEN
                SELECT array_agg(coalesce(array_position(enum_range(NULL::seat_status), seat_code.status), 8)
                    ORDER BY code.code_index)
                INTO counter_of
                FROM layout
                CROSS JOIN generate_series(0, (
                    SELECT max(known.code_index) FROM seat_code AS known WHERE known.source_id = layout.source_id
                )) AS code (code_index)
                LEFT JOIN seat_code
                    ON seat_code.source_id = layout.source_id AND seat_code.code_index = code.code_index
                WHERE layout.layout_id = unseal.layout_id;
            END IF;
            counted := '{0,0,0,0,0,0,0,0}';
            FOR at IN 0 .. step - 1 LOOP
                becomes := get_byte(seats, at);
                IF is_wide THEN
                    counter := coalesce(counter_of[becomes + 1], 8);
                    counted[counter] := counted[counter] + 1;
                ELSE
                    counter := coalesce(counter_of[(becomes & 15) + 1], 8);
                    counted[counter] := counted[counter] + 1;
                    IF at * 2 + 1 < seat_count THEN
                        counter := coalesce(counter_of[(becomes >> 4) + 1], 8);
                        counted[counter] := counted[counter] + 1;
                    END IF;
                END IF;
            END LOOP;
        ELSE
            -- The bytes that changed: for each, how many to skip before it, and its new value.
            position := -1;
            FOR change IN 3 .. changes LOOP
                step := get_byte(stored, place);
                place := place + 1;
                IF step > 127 THEN
                    step := (step - 128) * 256 + get_byte(stored, place);
                    place := place + 1;
                END IF;
                position := position + 1 + step;
                was := get_byte(seats, position);
                becomes := get_byte(stored, place);
                place := place + 1;
                seats := set_byte(seats, position, becomes);
                IF is_wide THEN
                    counter := coalesce(counter_of[was + 1], 8);
                    counted[counter] := counted[counter] - 1;
                    counter := coalesce(counter_of[becomes + 1], 8);
                    counted[counter] := counted[counter] + 1;
                ELSE
                    IF (was & 15) <> (becomes & 15) THEN
                        counter := coalesce(counter_of[(was & 15) + 1], 8);
                        counted[counter] := counted[counter] - 1;
                        counter := coalesce(counter_of[(becomes & 15) + 1], 8);
                        counted[counter] := counted[counter] + 1;
                    END IF;
                    IF (was >> 4) <> (becomes >> 4) AND position * 2 + 1 < seat_count THEN
                        counter := coalesce(counter_of[(was >> 4) + 1], 8);
                        counted[counter] := counted[counter] - 1;
                        counter := coalesce(counter_of[(becomes >> 4) + 1], 8);
                        counted[counter] := counted[counter] + 1;
                    END IF;
                END IF;
            END LOOP;
        END IF;
        available := counted[1];
        sold := counted[2];
        held := counted[3];
        blocked := counted[4];
        broken := counted[5];
        house := counted[6];
        unknown := counted[7];
        unmapped := counted[8];
        RETURN NEXT;
    END LOOP;
END
$$;

COMMENT ON FUNCTION unseal IS 'The snapshots of a row of sealed_showtime, counted by the present mapping of codes. Example: SELECT unsealed.* FROM sealed_showtime AS sealed CROSS JOIN LATERAL unseal(sealed.first_observed_at, sealed.snapshot_count, sealed.data) AS unsealed WHERE sealed.showtime_id = 1;';
