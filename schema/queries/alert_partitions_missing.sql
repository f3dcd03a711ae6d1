-- Partitioned tables that have partitions for fewer than $1 days from now.
SELECT
    table_name AS "subject!",
    coalesce(extract(epoch FROM until_at - now())::double precision / 86400, 0) AS "value!",
    NULL::text AS details
FROM partition_supply()
WHERE until_at IS NULL OR until_at < now() + make_interval(secs => $1::double precision * 86400)
ORDER BY table_name
