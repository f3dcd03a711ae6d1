-- What is to be delivered of day $3 of data set $1 to destination $2; no row if nothing is.
SELECT
    status.is_declared AS "is_declared!",
    status.build,
    coalesce(status.key_columns, '{}') AS "key_columns!"
FROM data_set_delivery_status AS status
WHERE status.name = $1 AND status.destination = $2 AND status.day IS NOT DISTINCT FROM $3
    AND status.state IN ('due', 'failed', 'removing')
