-- Packed, unpacked, compared and only then deleted, in one transaction. Erasure takes the same lock,
-- so no event escapes it while it moves.

CREATE OR REPLACE FUNCTION seal_events(of_day timestamptz, of_name integer)
RETURNS integer
LANGUAGE plpgsql
AS $$
DECLARE
    -- Events of a block: more compress hardly better, and erasure writes a whole block.
    max_events CONSTANT integer := 4096;
    -- Bytes of their properties as text, and numbers: what a block takes in memory.
    max_bytes CONSTANT integer := 4 * 1024 * 1024;
    max_numbers CONSTANT integer := 4 * 1024 * 1024;
    until_at CONSTANT timestamptz := of_day + interval '24 hours';
    taken event[];
    made bigint;
    deleted integer;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('seal_events'));
    taken := ARRAY(
        SELECT first.event
        FROM (
            SELECT
                event, event.received_at,
                row_number() OVER (ORDER BY event.received_at) AS number,
                sum(octet_length(event.properties::text)) OVER (ORDER BY event.received_at ROWS UNBOUNDED PRECEDING) AS bytes
            FROM event
            WHERE event.name_id = of_name AND event.received_at >= of_day AND event.received_at < until_at
            ORDER BY event.received_at
            LIMIT max_events
        ) AS first
        WHERE first.bytes <= max_bytes OR first.number = 1
        ORDER BY first.number);
    WHILE cardinality(taken) > 1 AND cardinality(taken) * (
        SELECT count(DISTINCT property.key)
        FROM unnest(taken) AS event
        CROSS JOIN LATERAL jsonb_object_keys(event.properties) AS property (key)) > max_numbers
    LOOP
        taken := taken[1:cardinality(taken) / 2];
    END LOOP;
    IF cardinality(taken) = 0 THEN
        RETURN 0;
    END IF;

    INSERT INTO event_block (received_day, name_id, base_at, events, users, numbers, offsets, keys, dictionary)
    SELECT of_day, of_name, packed.*
    FROM pack_events(taken) AS packed
    RETURNING block_id INTO made;

    IF EXISTS (
        SELECT
        FROM unnest(taken) WITH ORDINALITY AS original (
            received_at, occurred_at, message_key, user_id, name_id, place_id, flags, properties, clocks, number)
        FULL JOIN (
            SELECT *
            FROM event_sealed
            WHERE event_sealed.name_id = of_name AND event_sealed.received_day = of_day AND event_sealed.block_id = made
        ) AS unpacked ON unpacked.number = original.number
        WHERE (
            original.received_at, original.occurred_at, original.user_id, original.place_id, original.flags,
            event_sent_at(original.clocks), event_original_at(original.clocks), original.properties::text
        ) IS DISTINCT FROM (
            unpacked.received_at, unpacked.occurred_at, unpacked.user_id, unpacked.place_id, unpacked.flags,
            unpacked.sent_at, unpacked.original_at, unpacked.properties::text))
    THEN
        DELETE FROM event_block WHERE name_id = of_name AND received_day = of_day AND block_id = made;
        RETURN NULL;
    END IF;

    DELETE FROM event
    WHERE event.received_at >= of_day AND event.received_at < until_at
        AND event.message_key = ANY (ARRAY(SELECT one.message_key FROM unnest(taken) AS one));
    GET DIAGNOSTICS deleted = ROW_COUNT;
    IF deleted <> cardinality(taken) THEN
        RAISE EXCEPTION '% of % sealed events could be deleted', deleted, cardinality(taken);
    END IF;
    RETURN deleted;
END
$$;

COMMENT ON FUNCTION seal_events IS 'Seals the first events of a name and a day of receipt (UTC) that are not sealed; returns how many: 0 if there are none, NULL if they could not be unpacked as they were, and stay. Example: SELECT seal_events(''2026-11-20 00:00:00+00'', 1);';
REVOKE EXECUTE ON FUNCTION seal_events FROM PUBLIC;
