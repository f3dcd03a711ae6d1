-- Writes down, for the leader $1 of epoch $2, that step $3 is $4 because of $5 since job $6, and
-- what that makes of its source.
--
-- Fenced as enqueue_tasks. Nothing is written where that is so already; gives a row if it was not.
-- The row of the step is not visible as written to the second part, so it is left
-- out there and named by its new values.
WITH fence AS MATERIALIZED (
    SELECT epoch
    FROM leader
    WHERE holder = $1 AND epoch = $2
    FOR SHARE
),
judged AS (
    UPDATE step
    SET health = $4,
        health_reason = $5,
        health_changed_at = now(),
        health_job_id = $6
    FROM fence
    WHERE step.step_id = $3 AND (step.health, step.health_reason) IS DISTINCT FROM ($4, $5)
    RETURNING step.source_id, step.name
),
changed AS (
    INSERT INTO source_change (source_id, step_id, job_id, new_state, reason)
    SELECT source_id, $3, $6, $4::source_health::text, $5
    FROM judged
),
worst AS (
    SELECT source_id, health, reason, job_id
    FROM (
        SELECT source_id, $4::source_health AS health, name || ': ' || $5::text AS reason, $6::bigint AS job_id
        FROM judged
        UNION ALL
        SELECT step.source_id, step.health, step.name || ': ' || step.health_reason, step.health_job_id
        FROM step
        INNER JOIN judged ON judged.source_id = step.source_id
        WHERE step.step_id <> $3 AND NOT step.retired
    ) AS steps
    ORDER BY health DESC, job_id DESC NULLS LAST
    LIMIT 1
)
UPDATE source
SET health = worst.health,
    health_reason = worst.reason,
    health_changed_at = now(),
    health_job_id = coalesce(worst.job_id, source.health_job_id)
FROM worst
WHERE source.source_id = worst.source_id
RETURNING source.source_id
