-- Data sets of which a complete day waits for more than $1 days to be exported. Places to which
-- nothing was exported for a month are no longer used.
SELECT
    address || ' ' || data_set AS "subject!",
    extract(epoch FROM now() - ((waiting_from_on + 1)::timestamp AT TIME ZONE 'UTC'))::double precision / 86400 AS "value!",
    format('%s days wait, the first is %s', days_waiting, waiting_from_on) AS details
FROM export_status
WHERE days_waiting > 0
    AND exported_at > now() - interval '30 days'
    AND ((waiting_from_on + 1)::timestamp AT TIME ZONE 'UTC') < now() - make_interval(secs => $1::double precision * 86400)
ORDER BY address, data_set
LIMIT 1000
