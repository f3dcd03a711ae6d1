-- Takes the oldest message that waits for the receiver $1, for $2 seconds: then another may take it.
--
-- Messages of a receiver keep their order: while the oldest waits for its next try, none is taken.
-- Two leaders at a time do not take the same one: the second waits for the first, and then finds that
-- the time of the next try has moved. $3 stands in for the clock in tests and is NULL otherwise.
UPDATE message
SET tries = tries + 1,
    next_try_at = coalesce($3::timestamptz, now()) + make_interval(secs => $2)
WHERE message_id = (
        SELECT message_id
        FROM message
        WHERE receiver = $1 AND sent_at IS NULL AND expired_at IS NULL
        ORDER BY sequence
        LIMIT 1)
    AND sent_at IS NULL
    AND expired_at IS NULL
    AND next_try_at <= coalesce($3::timestamptz, now())
RETURNING message_id, kind, tries, created_at, content, coalesce($3::timestamptz, now()) AS "now!"
