-- Clients that sent events on five of the seven days before, and nothing for $1 hours.
SELECT
    client AS "subject!",
    extract(epoch FROM now() - max(bucket_at))::double precision / 3600 AS "value!",
    'its last events came at ' || to_char(max(bucket_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC' AS details
FROM event_key_intake
WHERE bucket_at > now() - interval '8 days' AND accepted + duplicates > 0
GROUP BY client
HAVING max(bucket_at) < now() - make_interval(secs => $1::double precision * 3600)
    AND count(DISTINCT (bucket_at AT TIME ZONE 'UTC')::date) >= 5
ORDER BY client
LIMIT 1000
