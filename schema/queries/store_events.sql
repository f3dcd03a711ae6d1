-- Stores events of client $1, each once: $2 message_key, $3 user_id, $4 name_id, $5 place_id, $6 flags,
-- $7 occurred_at, $8 sent_at, $9 original_at, $10 properties. Gives the message keys that were stored;
-- the others are duplicates of stored ones or of each other.
--
-- $11 is the duplicate window and $12 the time zone of the client. The unique index of today's
-- partition decides between events of today, stored or being stored; earlier partitions are looked into. Around
-- midnight, transactions that store into two partitions could miss each other, so the caller has
-- taken the lock of lock_event_boundary.sql before. Counts and days of users are written with the
-- events, so they are exact whatever fails. User 0 is nobody: an event that names no user.
WITH given AS (
    SELECT message_key, user_id, name_id, place_id, flags, occurred_at, sent_at, original_at, properties
    FROM unnest(
        $2::uuid[], $3::integer[], $4::integer[], $5::smallint[], $6::smallint[],
        $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::text[])
        AS one (message_key, user_id, name_id, place_id, flags, occurred_at, sent_at, original_at, properties)
),
stored AS (
    INSERT INTO event (
        occurred_at, message_key, user_id, name_id, place_id, flags, properties, clocks)
    SELECT
        given.occurred_at, given.message_key, coalesce(event_user.user_id, 0), given.name_id, given.place_id, given.flags,
        CASE WHEN given.user_id = 0 OR event_user.user_id IS NOT NULL THEN given.properties::jsonb ELSE '{}' END,
        pack_clocks(given.sent_at, given.original_at)
    FROM given
    -- A user that was erased a moment ago, whose number the caller still knows, is nobody.
    LEFT JOIN event_user ON event_user.user_id = given.user_id
    WHERE NOT EXISTS (
        SELECT FROM event AS earlier
        WHERE earlier.message_key = given.message_key
            AND earlier.received_at >= now() - $11::interval
            -- Not into today's partition: its index decides. Before midnight into that of tomorrow, for
            -- a transaction that began later and had the lock first; else into none of the future.
            AND (earlier.received_at < date_trunc('day', now(), 'UTC')
                OR (earlier.received_at >= date_trunc('day', now(), 'UTC') + interval '1 day'
                    AND earlier.received_at < now() + interval '1 hour')))
    -- Without a target: each partition has its own index.
    ON CONFLICT DO NOTHING
    RETURNING message_key, user_id, name_id, place_id, occurred_at
),
counted AS (
    INSERT INTO event_count_change (bucket_at, name_id, events)
    SELECT
        date_bin(interval '5 minutes', stored.occurred_at, timestamptz '2000-01-01 00:00:00+00') AS bucket_at,
        stored.name_id,
        count(*)
    FROM stored
    GROUP BY bucket_at, stored.name_id
),
days AS (
    INSERT INTO user_day (day, user_id, client_id, place_id)
    SELECT DISTINCT ON (day, stored.user_id)
        (stored.occurred_at AT TIME ZONE $12)::date AS day, stored.user_id, $1, stored.place_id
    FROM stored
    WHERE stored.user_id <> 0
    ORDER BY day, stored.user_id, stored.occurred_at
    ON CONFLICT (client_id, day, user_id) DO NOTHING
)
SELECT message_key FROM stored
