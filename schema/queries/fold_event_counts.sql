-- Takes up to $1 changes and adds them to the totals of hours, and to those of five minutes if they
-- are not older than $2; gives how many.
--
-- Taken and added in one statement, so a reader of a view that adds both sees each event once.
-- Changes that another fold takes now are left out.
WITH taken AS (
    DELETE FROM event_count_change
    WHERE ctid = ANY (ARRAY(SELECT ctid FROM event_count_change LIMIT $1 FOR UPDATE SKIP LOCKED))
    RETURNING bucket_at, name_id, events
),
added AS (
    INSERT INTO event_count AS known (bucket_at, name_id, is_hour, events)
    SELECT span.bucket_at, taken.name_id, span.is_hour, sum(taken.events)
    FROM taken
    CROSS JOIN LATERAL (
        VALUES (false, taken.bucket_at), (true, date_trunc('hour', taken.bucket_at, 'UTC'))
    ) AS span (is_hour, bucket_at)
    WHERE span.is_hour OR span.bucket_at >= now() - $2::interval
    GROUP BY span.bucket_at, taken.name_id, span.is_hour
    -- In one order, so that two of these statements never wait for each other.
    ORDER BY taken.name_id, span.is_hour, span.bucket_at
    ON CONFLICT (name_id, is_hour, bucket_at) DO UPDATE SET events = known.events + excluded.events
)
SELECT count(*) AS "count!" FROM taken
