CREATE OR REPLACE FUNCTION erase_event_properties(of_client smallint, of_users integer[])
RETURNS bigint
LANGUAGE plpgsql
AS $$
<<held>>
DECLARE
    erased bigint;
    block record;
    -- As arrays of their own, whose places are read and written without copying the whole.
    users smallint[];
    numbers smallint[];
    keys text[];
    dictionary jsonb;
    -- Values that lost an event: the line and the number of each.
    lost_lines integer[];
    lost_codes integer[];
    code smallint;
    is_changed boolean;
BEGIN
    -- No block is made meanwhile (seal_events).
    PERFORM pg_advisory_xact_lock(hashtext('seal_events'));
    -- The days are exported again.
    WITH emptied AS (
        UPDATE event SET properties = '{}' WHERE user_id = ANY (of_users) AND properties <> '{}'
        RETURNING received_at
    ),
    marked AS (
        INSERT INTO late_day (on_day, of_table)
        SELECT DISTINCT (received_at AT TIME ZONE 'UTC')::date, 'event' FROM emptied
    )
    SELECT count(*) INTO erased FROM emptied;

    FOR block IN
        SELECT *
        FROM event_block
        WHERE event_block.name_id = ANY (ARRAY(SELECT event_name.name_id FROM event_name WHERE event_name.client_id = of_client))
            -- Most others are left out by the low numbers of users, without a look at each place.
            AND event_block.users && ARRAY(SELECT ((one & 65535) - 32768)::smallint FROM unnest(of_users) AS one)
    LOOP
        users := block.users;
        numbers := block.numbers;
        keys := block.keys;
        dictionary := block.dictionary;
        lost_lines := '{}';
        lost_codes := '{}';
        FOR place IN 1 .. block.events LOOP
            CONTINUE WHEN (users[1][place]::integer << 16) + users[2][place] + 32768 <> ALL (of_users);
            is_changed := false;
            FOR line IN 1 .. cardinality(keys) LOOP
                code := numbers[18 + line][place];
                CONTINUE WHEN code < 0;
                numbers[18 + line][place] := -1;
                lost_lines := lost_lines || line;
                lost_codes := lost_codes || code::integer;
                is_changed := true;
            END LOOP;
            erased := erased + is_changed::integer;
        END LOOP;
        CONTINUE WHEN lost_lines = '{}';
        FOR lost IN 1 .. cardinality(lost_lines) LOOP
            CONTINUE WHEN lost_codes[lost]::smallint = ANY (numbers[18 + lost_lines[lost]:18 + lost_lines[lost]][1:block.events]);
            dictionary := jsonb_set(
                dictionary, ARRAY[(block.offsets[lost_lines[lost]] + lost_codes[lost])::text], 'null');
            IF 0 > ALL (numbers[18 + lost_lines[lost]:18 + lost_lines[lost]][1:block.events]) THEN
                keys[lost_lines[lost]] := '';
            END IF;
        END LOOP;
        UPDATE event_block
        SET numbers = held.numbers, keys = held.keys, dictionary = held.dictionary
        WHERE event_block.name_id = block.name_id AND event_block.received_day = block.received_day
            AND event_block.block_id = block.block_id;
        INSERT INTO late_day (on_day, of_table) VALUES ((block.received_day AT TIME ZONE 'UTC')::date, 'event');
    END LOOP;
    IF erased > 0 THEN
        PERFORM note_event_days(of_client, ARRAY(
            SELECT DISTINCT user_day.day
            FROM user_day
            WHERE user_day.client_id = of_client AND user_day.user_id = ANY (of_users)));
    END IF;
    RETURN erased;
END
$$;

COMMENT ON FUNCTION erase_event_properties IS 'Removes the properties of all events of users of a client, live and sealed; returns how many events had some. The events stay. Example: SELECT erase_event_properties(1::smallint, ''{4711}'');';
REVOKE EXECUTE ON FUNCTION erase_event_properties FROM PUBLIC;
