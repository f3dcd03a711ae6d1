-- The next events of the name $1 in order of receipt, those after $2 and before $3: some $4 live ones
-- or some blocks, with all that were received at the same moment as the last.
--
-- Sealing takes the first live events of a name and day, so blocks follow each other in order of receipt, and
-- a place in that order is the same place however far sealing is.
WITH next_block AS MATERIALIZED (
    SELECT block_id, base_at
    FROM event_block
    WHERE name_id = $1
        -- The day in which $2 lies began less than a day before it.
        AND received_day > $2::timestamptz - interval '24 hours'
        AND received_day < $3::timestamptz
),
bound AS MATERIALIZED (
    SELECT
        -- The first events may be in the last block that begins before them.
        coalesce((SELECT max(base_at) FROM next_block WHERE base_at <= $2), '-infinity') AS from_block_at,
        least(
            (
                SELECT received_at
                FROM event
                WHERE name_id = $1 AND received_at > $2 AND received_at < $3
                ORDER BY received_at
                OFFSET $4::bigint - 1 LIMIT 1
            ),
            (SELECT base_at FROM next_block WHERE base_at > $2 ORDER BY base_at OFFSET 2 LIMIT 1),
            $3 - interval '1 microsecond') AS until_at
),
page AS (
    SELECT received_at, occurred_at, user_id, place_id, flags, event_sent_at(clocks) AS sent_at, event_original_at(clocks) AS original_at, properties
    FROM event
    WHERE name_id = $1 AND received_at > $2 AND received_at <= (SELECT until_at FROM bound)
    UNION ALL
    SELECT received_at, occurred_at, user_id, place_id, flags, sent_at, original_at, properties
    FROM event_sealed
    WHERE name_id = $1
        AND received_day > $2::timestamptz - interval '24 hours'
        AND received_day < $3
        AND block_id = ANY (ARRAY(
            SELECT block_id FROM next_block CROSS JOIN bound
            WHERE base_at >= bound.from_block_at AND base_at <= bound.until_at))
        AND received_at > $2 AND received_at <= (SELECT until_at FROM bound)
)
SELECT
    page.received_at AS "received_at!",
    page.occurred_at AS "occurred_at!",
    page.user_id AS "user_id!",
    event_place.country,
    event_place.region,
    page.flags AS "flags!",
    page.sent_at,
    page.original_at,
    page.properties::text AS "properties!"
FROM page
INNER JOIN event_place ON event_place.place_id = page.place_id
-- The same order, live or sealed, so that a day that is exported again gives the same file.
ORDER BY page.received_at, page.occurred_at, page.user_id, "properties!"
