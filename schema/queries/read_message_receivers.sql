-- What waits for each receiver of messages, what it took last, and what was given up within $1 seconds.
SELECT
    receiver,
    count(*) FILTER (WHERE sent_at IS NULL AND expired_at IS NULL) AS "waiting!",
    min(created_at) FILTER (WHERE sent_at IS NULL AND expired_at IS NULL) AS waiting_since,
    min(next_try_at) FILTER (WHERE sent_at IS NULL AND expired_at IS NULL) AS next_try_at,
    max(sent_at) AS last_sent_at,
    count(*) FILTER (WHERE expired_at > now() - make_interval(secs => $1)) AS "given_up!",
    -- Of the oldest that waits: those behind it are not tried.
    (array_agg(last_error ORDER BY sequence) FILTER (WHERE sent_at IS NULL AND expired_at IS NULL))[1] AS last_error
FROM message
GROUP BY receiver
ORDER BY receiver
LIMIT 100
