-- Writes back what the leader decided: $1 task_id, $2 due_at, $3 failures, $4 whether it
-- ended for good, $5 whether its pod outlived it; and what it knows of it: $6 looked_at,
-- $7 sales, $8 exposure, $9 sold.
--
-- Nobody waits until the disk has it, for the claims of the tick would wait as well: the leader
-- writes it again where a crash may have taken it, and a new one goes by the history of jobs.
UPDATE task
SET due_at = decided.due_at,
    failures = decided.failures,
    deaths = CASE WHEN decided.survived THEN 0 ELSE task.deaths END,
    retired_at = CASE WHEN decided.retired THEN now() ELSE task.retired_at END,
    looked_at = decided.looked_at,
    sales = decided.sales,
    exposure = decided.exposure,
    sold = decided.sold
FROM unnest(
    $1::bigint[], $2::timestamptz[], $3::smallint[], $4::boolean[], $5::boolean[],
    $6::timestamptz[], $7::real[], $8::real[], $9::smallint[]
) AS decided (task_id, due_at, failures, retired, survived, looked_at, sales, exposure, sold)
CROSS JOIN set_config('synchronous_commit', 'off', true)
WHERE task.task_id = decided.task_id
    -- A person's word stands.
    AND task.retired_reason IS NULL
