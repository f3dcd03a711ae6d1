-- Notes why the delivery of day $3 of data set $1 to destination $2 failed, $4. It is tried again after a pause
-- that grows from one minute to an hour, or after $5 seconds, if the destination asked for more.
UPDATE data_set_delivery
SET tries = tries + 1,
    error = left($4, 2000),
    tried_at = clock_timestamp(),
    next_try_at = clock_timestamp()
        + make_interval(secs => greatest(60 * least(2 ^ least(tries, 6), 60), $5::double precision))
WHERE name = $1 AND destination = $2 AND day IS NOT DISTINCT FROM $3
