-- Notes that actor $1 sent a request with the key $2, whose hash is $3; removes what is older than
-- a day. Returns no row if the key is known.
--
-- A request that was under way for more than a minute has died with its coordinator, for each is
-- ended sooner: its row is taken over.
WITH gone AS (
    DELETE FROM idempotency
    WHERE at < now() - interval '1 day' AND (actor, key) <> ($1, $2)
)
INSERT INTO idempotency AS known (actor, key, request_hash)
VALUES ($1, $2, $3)
ON CONFLICT (actor, key) DO UPDATE
SET at = now(), request_hash = excluded.request_hash, status = NULL, body = NULL
WHERE known.at < now() - interval '1 day'
    OR (known.status IS NULL AND known.at < now() - interval '1 minute')
RETURNING at
