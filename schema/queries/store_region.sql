-- Makes region $1 or changes it: $2 direction, $3 place, $4 compression, $5 clients, $6 receivers, $7 context,
-- $8 events, $9 is_archive, $10 the first day that is sent or NULL for the present hour, $11 the file that
-- declares it. Gives no row if its file is the same.
INSERT INTO region AS known (
    name, direction, place, compression, clients, receivers, context, events, is_archive, done_until, recounted_until, identity, body)
SELECT
    $1, $2::text, $3, $4, $5, $6, $7, $8, $9,
    CASE WHEN $2 = 'send' THEN first.hour END, CASE WHEN $2 = 'send' THEN first.hour END,
    CASE WHEN $2 = 'send' THEN gen_random_uuid() END, $11
FROM (
    SELECT coalesce($10::date::timestamp AT TIME ZONE 'UTC', date_trunc('hour', now(), 'UTC')) AS hour
) AS first
ON CONFLICT (name) DO UPDATE
SET compression = excluded.compression,
    clients = excluded.clients,
    receivers = excluded.receivers,
    context = excluded.context,
    events = excluded.events,
    body = excluded.body,
    applied_at = now()
WHERE known.body <> excluded.body
RETURNING region_id, applied_at = created_at AS "is_new!"
