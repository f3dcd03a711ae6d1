-- Column by column: equal things side by side compress best, and a reader takes only the columns it needs.

CREATE OR REPLACE FUNCTION pack_events(given event[])
RETURNS TABLE (
    base_at timestamptz, events integer, users smallint[], numbers smallint[], offsets integer[], keys text[], dictionary jsonb
)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
-- How many rows an array holds is unknown to the planner, and a nested loop over thousands never ends.
SET enable_nestloop = off
BEGIN ATOMIC
    WITH one AS MATERIALIZED (
        SELECT event.*
        FROM unnest(pack_events.given) WITH ORDINALITY AS event (
            received_at, occurred_at, message_key, user_id, name_id, place_id, flags, properties, clocks, number)
    ),
    base AS (
        SELECT min(one.received_at) AS at FROM one
    ),
    fixed AS (
        SELECT
            count(*)::integer AS events,
            ARRAY[array_agg(split.user_high), array_agg(split.user_low)] AS users,
            ARRAY[
                array_agg(split.sent_high), array_agg(split.sent_middle), array_agg(split.sent_low), array_agg(split.sent_rest),
                array_agg(split.original_high), array_agg(split.original_middle), array_agg(split.original_low), array_agg(split.original_rest),
                array_agg(split.received_high), array_agg(split.received_middle), array_agg(split.received_low), array_agg(split.received_rest),
                array_agg(split.occurred_high), array_agg(split.occurred_middle), array_agg(split.occurred_low), array_agg(split.occurred_rest),
                array_agg(split.place_id), array_agg(split.flags)
            ] AS numbers
        FROM (
            SELECT
                (one.user_id >> 16)::smallint AS user_high, ((one.user_id & 65535) - 32768)::smallint AS user_low,
                sent.high AS sent_high, sent.middle AS sent_middle, sent.low AS sent_low, sent.rest AS sent_rest,
                original.high AS original_high, original.middle AS original_middle, original.low AS original_low, original.rest AS original_rest,
                received.high AS received_high, received.middle AS received_middle, received.low AS received_low, received.rest AS received_rest,
                occurred.high AS occurred_high, occurred.middle AS occurred_middle, occurred.low AS occurred_low, occurred.rest AS occurred_rest,
                one.place_id, one.flags
            FROM one
            CROSS JOIN base
            CROSS JOIN LATERAL split_time(event_sent_at(one.clocks), base.at) AS sent
            CROSS JOIN LATERAL split_time(event_original_at(one.clocks), base.at) AS original
            CROSS JOIN LATERAL split_time(one.received_at, base.at) AS received
            CROSS JOIN LATERAL split_time(one.occurred_at, base.at) AS occurred
            ORDER BY one.number
        ) AS split
    ),
    pair AS MATERIALIZED (
        SELECT one.number, property.key, property.value::text AS value
        FROM one
        CROSS JOIN LATERAL jsonb_each(one.properties) AS property
    ),
    -- By their text: 1.0 and 1.00 are equal values, and not the same.
    entry AS MATERIALIZED (
        SELECT
            pair.key, pair.value,
            (row_number() OVER (PARTITION BY pair.key ORDER BY pair.value COLLATE "C") - 1)::smallint AS code,
            (row_number() OVER (ORDER BY pair.key COLLATE "C", pair.value COLLATE "C") - 1)::integer AS place
        FROM pair
        GROUP BY pair.key, pair.value
    ),
    property AS MATERIALIZED (
        SELECT entry.key, min(entry.place) AS first_place FROM entry GROUP BY entry.key
    ),
    line AS (
        SELECT every.key, every.first_place, array_agg(coalesce(coded.code, -1::smallint) ORDER BY every.number) AS codes
        FROM (SELECT property.key, property.first_place, one.number FROM property CROSS JOIN one) AS every
        LEFT JOIN (
            SELECT pair.key, pair.number, entry.code
            FROM pair
            INNER JOIN entry ON entry.key = pair.key AND entry.value = pair.value
        ) AS coded ON coded.key = every.key AND coded.number = every.number
        GROUP BY every.key, every.first_place
    ),
    keyed AS (
        SELECT
            array_agg(line.first_place ORDER BY line.first_place) AS offsets,
            array_agg(line.key ORDER BY line.first_place) AS keys,
            array_agg(line.codes ORDER BY line.first_place) AS numbers
        FROM line
    )
    SELECT
        base.at, fixed.events, fixed.users, fixed.numbers || keyed.numbers, coalesce(keyed.offsets, '{}'),
        coalesce(keyed.keys, '{}'),
        (SELECT coalesce(jsonb_agg(entry.value::jsonb ORDER BY entry.place), '[]') FROM entry)
    FROM base
    CROSS JOIN fixed
    CROSS JOIN keyed;
END;

COMMENT ON FUNCTION pack_events IS 'Events in their order as the columns of a row of event_block. Example: SELECT * FROM pack_events(ARRAY(SELECT event FROM event ORDER BY received_at LIMIT 100));';
REVOKE EXECUTE ON FUNCTION pack_events FROM PUBLIC;
