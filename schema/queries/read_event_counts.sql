-- Events of the client $1, or of all without one, since $2 in spans of an hour ($3) or of five minutes:
-- the $4 names with most events by themselves, all others together without a name.
--
-- OFFSET 0 keeps the counts of a name apart, so they are read by its key and time, whatever else is
-- stored. What is not folded yet is little and has no key.
WITH name AS (
    SELECT event_name.name_id, event_name.canonical
    FROM event_name
    WHERE $1::text IS NULL OR event_name.client_id = (SELECT client_id FROM event_client WHERE name = $1)
),
counted AS (
    SELECT one.event, one.bucket_at, sum(one.events) AS events
    FROM (
        SELECT name.canonical AS event, folded.bucket_at, folded.events
        FROM name
        CROSS JOIN LATERAL (
            SELECT event_count.bucket_at, event_count.events
            FROM event_count
            WHERE event_count.name_id = name.name_id
                AND event_count.is_hour = $3
                AND event_count.bucket_at >= $2
            OFFSET 0
        ) AS folded
        UNION ALL
        SELECT
            name.canonical,
            CASE WHEN $3 THEN date_trunc('hour', fresh.bucket_at, 'UTC') ELSE fresh.bucket_at END,
            fresh.events
        FROM event_count_change AS fresh
        INNER JOIN name ON name.name_id = fresh.name_id
        WHERE fresh.bucket_at >= $2
    ) AS one
    GROUP BY one.event, one.bucket_at
),
ranked AS (
    SELECT counted.event, row_number() OVER (ORDER BY sum(counted.events) DESC, counted.event) AS place
    FROM counted
    GROUP BY counted.event
)
SELECT
    counted.bucket_at AS "bucket_at!",
    CASE WHEN ranked.place <= $4 THEN counted.event END AS event,
    sum(counted.events)::bigint AS "events!"
FROM counted
INNER JOIN ranked ON ranked.event = counted.event
GROUP BY 1, 2
ORDER BY 1, 2
