-- Deletes alerts and silences that ended $1 seconds ago or longer, with the messages and the terms of
-- leaders of that age.
WITH alerts AS (
    DELETE FROM alert WHERE resolved_at < now() - make_interval(secs => $1) RETURNING 1
),
silences AS (
    DELETE FROM alert_silence WHERE until_at < now() - make_interval(secs => $1) RETURNING 1
),
messages AS (
    DELETE FROM message
    WHERE created_at < now() - make_interval(secs => $1) AND (sent_at IS NOT NULL OR expired_at IS NOT NULL)
    RETURNING 1
),
terms AS (
    DELETE FROM leader_term WHERE elected_at < now() - make_interval(secs => $1) RETURNING 1
)
SELECT
    (SELECT count(*) FROM alerts) + (SELECT count(*) FROM silences) + (SELECT count(*) FROM messages)
    + (SELECT count(*) FROM terms) AS "deleted!"
