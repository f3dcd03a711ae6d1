-- Writes down that step $1 is $2 because of $3 since job $4, and what that makes of its source.
--
-- Nothing is written where that is so already; gives a row if it was not.
-- The row of the step is not visible as written to the second part, so it is left
-- out there and named by its new values.
WITH judged AS (
    UPDATE step
    SET health = $2,
        health_reason = $3,
        health_changed_at = now(),
        health_job_id = $4
    WHERE step_id = $1 AND (health, health_reason) IS DISTINCT FROM ($2, $3)
    RETURNING source_id, name
),
changed AS (
    INSERT INTO source_change (source_id, step_id, job_id, became, reason)
    SELECT source_id, $1, $4, $2::source_health::text, $3
    FROM judged
),
worst AS (
    SELECT source_id, health, reason, job_id
    FROM (
        SELECT source_id, $2::source_health AS health, name || ': ' || $3::text AS reason, $4::bigint AS job_id
        FROM judged
        UNION ALL
        SELECT step.source_id, step.health, step.name || ': ' || step.health_reason, step.health_job_id
        FROM step
        INNER JOIN judged ON judged.source_id = step.source_id
        WHERE step.step_id <> $1 AND NOT step.retired
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
