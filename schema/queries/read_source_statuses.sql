-- Every source by name, with what the caller counted: for the sources $1 their tasks $2; for the
-- sources $3 the jobs of the last five minutes that ended $4, succeeded $5 and failed $6, and when one
-- last succeeded $7.
SELECT
    condition.source AS "source!",
    health_in_force(
        condition.state::text, condition.over_cap, condition.health, recent.ended, recent.failed) AS "health!",
    condition.health_reason,
    condition.state_reason,
    condition.definition_version,
    coalesce(tasks.active, 0) AS "tasks!",
    coalesce(recent.succeeded, 0) AS "succeeded!",
    coalesce(recent.failed, 0) AS "failed!",
    recent.last_success_at,
    condition.last_error
FROM source_condition AS condition
LEFT JOIN unnest($1::integer[], $2::bigint[]) AS tasks (source_id, active)
    ON tasks.source_id = condition.source_id
LEFT JOIN unnest($3::integer[], $4::bigint[], $5::bigint[], $6::bigint[], $7::timestamptz[])
    AS recent (source_id, ended, succeeded, failed, last_success_at)
    ON recent.source_id = condition.source_id
ORDER BY condition.source
