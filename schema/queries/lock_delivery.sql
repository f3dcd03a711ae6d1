-- Locks the delivery of day $3 of data set $1 to destination $2 until the transaction ends; no row if another
-- coordinator delivers it.
SELECT places
FROM data_set_delivery
WHERE name = $1 AND destination = $2 AND day IS NOT DISTINCT FROM $3
FOR UPDATE SKIP LOCKED
