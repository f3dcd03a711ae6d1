-- Whether clients hold more than the share $1 of the connections of the server.
SELECT
    'server' AS "subject!",
    used.connections::double precision / used.most AS "value!",
    format('%s of %s connections', used.connections, used.most) AS details
FROM (
    SELECT
        count(*) AS connections,
        current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint AS most
    FROM pg_stat_activity
    WHERE backend_type = 'client backend'
) AS used
WHERE used.connections > $1::double precision * used.most
