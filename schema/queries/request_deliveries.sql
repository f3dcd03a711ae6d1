-- Makes deliveries of days of data set $1 from $2 until $3 due, whatever the destinations have; of all days
-- without bounds.
UPDATE data_set_delivery
SET build = NULL,
    next_try_at = NULL
WHERE name = $1
    AND (day IS NULL
        OR day >= coalesce($2::date, '-infinity') AND day <= coalesce($3::date, 'infinity'))
