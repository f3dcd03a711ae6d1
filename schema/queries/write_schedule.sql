-- Writes back what the leader $1 of epoch $2 decided: $3 task_id, $4 due_at, $5 failures, $6
-- whether it ended for good, $7 whether its pod outlived it; and what it knows of it: $8
-- looked_at, $9 sales, $10 exposure, $11 sold, $12 the start by which it was judged, $13 since
-- when and $14 how often its source has said that there is no such thing.
--
-- Fenced as enqueue_tasks. A showtime that moved since it was judged is not over, and not gone.
-- Nobody waits until the disk has it, for the claims of the tick would wait as well: the leader
-- writes it again where a crash may have taken it, and a new one goes by the history of jobs.
WITH fence AS MATERIALIZED (
    SELECT leader.epoch
    FROM leader
    CROSS JOIN set_config('synchronous_commit', 'off', true)
    WHERE leader.holder = $1 AND leader.epoch = $2
    FOR SHARE OF leader
)
UPDATE task
SET due_at = decided.due_at,
    failures = decided.failures,
    deaths = CASE WHEN decided.survived THEN 0 ELSE task.deaths END,
    retired_at = CASE
        WHEN decided.retired AND task.starts_at IS NOT DISTINCT FROM decided.starts_at THEN now()
        ELSE task.retired_at
    END,
    looked_at = decided.looked_at,
    sales = decided.sales,
    exposure = decided.exposure,
    sold = decided.sold,
    missing_since = decided.missing_since,
    misses = decided.misses
FROM fence
CROSS JOIN unnest(
    $3::bigint[], $4::timestamptz[], $5::smallint[], $6::boolean[], $7::boolean[],
    $8::timestamptz[], $9::real[], $10::real[], $11::smallint[], $12::timestamptz[],
    $13::timestamptz[], $14::smallint[]
) AS decided (
    task_id, due_at, failures, retired, survived, looked_at, sales, exposure, sold, starts_at,
    missing_since, misses)
WHERE task.task_id = decided.task_id
    -- A person's word stands.
    AND task.retired_reason IS NULL
