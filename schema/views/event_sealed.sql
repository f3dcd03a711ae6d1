-- The arrays of a block are read by place, so they are decompressed once for each block, not for each
-- value: concatenated with nothing, below a fence (OFFSET 0). A column that nobody asks for is not computed.

CREATE OR REPLACE VIEW event_sealed
WITH (security_invoker = true) AS
SELECT
    block.received_day,
    block.block_id,
    place.number,
    block.name_id,
    block.base_at
        + interval '1 millisecond' * ((plain.numbers[9][place.number]::bigint << 32)
            + ((plain.numbers[10][place.number] + 32768)::bigint << 16) + plain.numbers[11][place.number] + 32768)
        + interval '1 microsecond' * plain.numbers[12][place.number] AS received_at,
    block.base_at
        + interval '1 millisecond' * ((plain.numbers[13][place.number]::bigint << 32)
            + ((plain.numbers[14][place.number] + 32768)::bigint << 16) + plain.numbers[15][place.number] + 32768)
        + interval '1 microsecond' * plain.numbers[16][place.number] AS occurred_at,
    CASE WHEN plain.numbers[4][place.number] >= 0 THEN block.base_at
        + interval '1 millisecond' * ((plain.numbers[1][place.number]::bigint << 32)
            + ((plain.numbers[2][place.number] + 32768)::bigint << 16) + plain.numbers[3][place.number] + 32768)
        + interval '1 microsecond' * plain.numbers[4][place.number] END AS sent_at,
    CASE WHEN plain.numbers[8][place.number] >= 0 THEN block.base_at
        + interval '1 millisecond' * ((plain.numbers[5][place.number]::bigint << 32)
            + ((plain.numbers[6][place.number] + 32768)::bigint << 16) + plain.numbers[7][place.number] + 32768)
        + interval '1 microsecond' * plain.numbers[8][place.number] END AS original_at,
    (plain.users[1][place.number]::integer << 16) + plain.users[2][place.number] + 32768 AS user_id,
    plain.numbers[17][place.number] AS place_id,
    plain.numbers[18][place.number] AS flags,
    (
        SELECT coalesce(
            jsonb_object_agg(
                property.key, plain.dictionary -> (property.first_place + plain.numbers[18 + property.line][place.number]))
                FILTER (WHERE plain.numbers[18 + property.line][place.number] >= 0),
            '{}')
        FROM unnest(plain.offsets, plain.keys) WITH ORDINALITY AS property (first_place, key, line)
    ) AS properties,
    plain.numbers,
    plain.offsets,
    plain.keys,
    plain.dictionary
FROM event_block AS block
CROSS JOIN LATERAL (
    SELECT
        block.users || '{}'::smallint[] AS users,
        block.numbers || '{}'::smallint[] AS numbers,
        block.offsets || '{}'::integer[] AS offsets,
        block.keys || '{}'::text[] AS keys,
        block.dictionary - '{}'::text[] AS dictionary
    OFFSET 0
) AS plain
CROSS JOIN LATERAL generate_series(1, block.events) AS place (number);

COMMENT ON VIEW event_sealed IS 'A row for each sealed event, as in event. Name received_day and name_id, which say what blocks are read. Example: SELECT count(DISTINCT user_id) FROM event_sealed WHERE name_id = 1 AND received_day >= now() - interval ''30 days'';';
COMMENT ON COLUMN event_sealed.received_day IS 'Begin of the day (UTC) on which it was received.';
COMMENT ON COLUMN event_sealed.block_id IS 'The row of event_block that holds it.';
COMMENT ON COLUMN event_sealed.number IS 'Its place there, from 1.';
COMMENT ON COLUMN event_sealed.numbers IS 'Of its block; event_value finds one property in it, without building all of them.';
