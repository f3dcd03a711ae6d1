-- Writes back what the leader decided: $1 task_id, $2 due_at, $3 failures, $4 whether it
-- ended for good; and what it knows of it: $5 looked_at, $6 sales, $7 exposure, $8 sold.
UPDATE task
SET due_at = decided.due_at,
    failures = decided.failures,
    retired_at = CASE WHEN decided.retired THEN now() END,
    looked_at = decided.looked_at,
    sales = decided.sales,
    exposure = decided.exposure,
    sold = decided.sold
FROM unnest(
    $1::bigint[], $2::timestamptz[], $3::smallint[], $4::boolean[],
    $5::timestamptz[], $6::real[], $7::real[], $8::smallint[]
) AS decided (task_id, due_at, failures, retired, looked_at, sales, exposure, sold)
WHERE task.task_id = decided.task_id
