-- Writes back what the leader decided: $1 task_id, $2 due_at, $3 failures, $4 whether it ended for good,
-- $5 whether its pod outlived it.
UPDATE task
SET due_at = decided.due_at,
    failures = decided.failures,
    deaths = CASE WHEN decided.survived THEN 0 ELSE task.deaths END,
    retired_at = CASE WHEN decided.retired THEN now() END
FROM unnest($1::bigint[], $2::timestamptz[], $3::smallint[], $4::boolean[], $5::boolean[])
    AS decided (task_id, due_at, failures, retired, survived)
WHERE task.task_id = decided.task_id
    -- A person's word stands.
    AND task.retired_reason IS NULL
