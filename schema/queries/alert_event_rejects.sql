-- Clients of which more than the share $1 of the events of half an hour was rejected, a hundred or more.
SELECT
    client AS "subject!",
    (sum(rejected) / sum(accepted + duplicates + rejected))::double precision AS "value!",
    format('%s of %s events were rejected', sum(rejected), sum(accepted + duplicates + rejected)) AS details
FROM event_key_intake
WHERE bucket_at > now() - interval '30 minutes'
GROUP BY client
HAVING sum(rejected) >= 100
    AND sum(rejected) > $1::double precision * sum(accepted + duplicates + rejected)
ORDER BY client
LIMIT 1000
