-- The days of data set $1, the newest first, from $2 back; $3 at most. $4 replaces the clock in tests.
SELECT
    listed.day,
    listed.state AS "state!",
    listed.waiting_for AS "waiting_for!",
    listed.changed_inputs AS "changed_inputs!",
    listed.revision AS "revision!",
    listed.built_at,
    extract(epoch FROM listed.took)::double precision AS took_seconds,
    listed.row_count,
    listed.bytes,
    listed.tries AS "tries!",
    listed.error,
    listed.tried_at,
    listed.next_try_at,
    listed.building_since,
    listed.due_by,
    listed.is_late AS "is_late!"
FROM data_set_days($4) AS listed
WHERE listed.name = $1 AND ($2::date IS NULL OR listed.day IS NULL OR listed.day <= $2)
ORDER BY listed.day DESC
LIMIT $3
