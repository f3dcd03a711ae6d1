-- What people ask. Each view and function says what it is for and how to use it.

CREATE VIEW seat_record AS
SELECT
    snapshot.showtime_id,
    snapshot.observed_at,
    seat.seat_key,
    seat.row_label,
    seat.seat_number,
    seat.area,
    seat.kind,
    seat_code.status,
    seat_code.code,
    seat.seat_group,
    seat.x,
    seat.y,
    snapshot.layout_id,
    snapshot.job_id
FROM snapshot
INNER JOIN layout ON layout.layout_id = snapshot.layout_id
CROSS JOIN LATERAL unnest(
    layout.seat_key, layout.row_label, layout.seat_number, layout.area,
    layout.kind, layout.seat_group, layout.x, layout.y
) WITH ORDINALITY AS seat (seat_key, row_label, seat_number, area, kind, seat_group, x, y, position)
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN octet_length(snapshot.seats) = layout.seat_count
            THEN get_byte(snapshot.seats, (seat.position - 1)::integer)
        ELSE (get_byte(snapshot.seats, ((seat.position - 1) / 2)::integer)
            >> (4 * ((seat.position - 1) % 2))::integer) & 15
    END AS code_index
) AS cell
INNER JOIN seat_code
    ON seat_code.source_id = layout.source_id AND seat_code.code_index = cell.code_index;
COMMENT ON VIEW seat_record IS 'A row per seat and snapshot. Name a showtime or a time. Example: SELECT seat_key, status FROM seat_record WHERE showtime_id = 1 AND observed_at > now() - interval ''1 hour'';';
COMMENT ON COLUMN seat_record.status IS 'NULL where the source''s code is not mapped yet.';
COMMENT ON COLUMN seat_record.code IS 'The code as the source said it.';
COMMENT ON COLUMN seat_record.job_id IS 'The job that saw it; see job_story.';

CREATE VIEW ticket_price AS
SELECT
    showtime_tariff.showtime_id,
    showtime_tariff.observed_at,
    price.ticket,
    price.area,
    price.amount,
    tariff.currency,
    showtime_tariff.job_id,
    price.amount_max,
    price.fee,
    price.tax_included
FROM showtime_tariff
INNER JOIN tariff ON tariff.tariff_id = showtime_tariff.tariff_id
CROSS JOIN LATERAL unnest(
    tariff.ticket, tariff.area, tariff.amount, tariff.amount_max, tariff.fee, tariff.tax_included
) AS price (ticket, area, amount, amount_max, fee, tax_included);
COMMENT ON VIEW ticket_price IS 'A row per showtime, price and time since which it was asked. Example: SELECT ticket, area, amount, currency FROM ticket_price WHERE showtime_id = 1 ORDER BY observed_at;';

CREATE VIEW running_job AS
SELECT
    running.job_id,
    source.name AS source,
    step.name AS step,
    task.key,
    pod.name AS pod,
    now() - running.claimed_at AS running_for,
    running.claimed_at - running.enqueued_at AS queued_for,
    running.attempt,
    pod.lease_expires_at - now() AS lease_left
FROM running
INNER JOIN task ON task.task_id = running.task_id
INNER JOIN step ON step.step_id = running.step_id
INNER JOIN source ON source.source_id = step.source_id
INNER JOIN pod ON pod.pod_id = running.pod_id;
COMMENT ON VIEW running_job IS 'What is running now, where, and for how long. Example: SELECT * FROM running_job ORDER BY running_for DESC LIMIT 10;';

CREATE VIEW source_failure AS
SELECT
    source.name AS source,
    step.name AS step,
    coalesce(job.error_class::text, job.outcome::text) AS reason,
    count(*) AS jobs,
    min(job.finished_at) AS first_at,
    max(job.finished_at) AS last_at,
    max(job.job_id) AS last_job_id,
    (array_agg(job.error ORDER BY job.finished_at DESC))[1] AS last_error
FROM job
INNER JOIN step ON step.step_id = job.step_id
INNER JOIN source ON source.source_id = step.source_id
WHERE job.outcome IN ('failed', 'lost')
    AND job.finished_at > now() - interval '7 days'
GROUP BY source.name, step.name, coalesce(job.error_class::text, job.outcome::text);
COMMENT ON VIEW source_failure IS 'What failed in the last seven days and why, per source, step and reason. Example: SELECT * FROM source_failure WHERE source = ''bhd'' ORDER BY last_at DESC;';

CREATE VIEW source_status AS
SELECT
    source.name AS source,
    source.state,
    source.state_reason,
    source.state_changed_at,
    definition.version AS definition_version,
    definition.applied_at AS definition_applied_at,
    tasks.active AS tasks,
    coalesce(recent.succeeded, 0) AS succeeded,
    coalesce(recent.failed, 0) AS failed,
    recent.last_success_at,
    recent.last_failure_at,
    recent.last_error,
    CASE
        WHEN source.state <> 'active' THEN source.state::text
        WHEN source.health <> 'healthy' THEN source.health::text
        WHEN recent.failed * 2 > recent.ended THEN 'degraded'
        ELSE 'healthy'
    END AS health,
    source.health_reason,
    source.health_changed_at,
    source.health_job_id
FROM source
LEFT JOIN definition ON definition.definition_id = source.definition_id
LEFT JOIN LATERAL (
    SELECT count(*) AS active
    FROM task
    INNER JOIN step ON step.step_id = task.step_id
    WHERE step.source_id = source.source_id AND task.retired_at IS NULL
) AS tasks ON true
LEFT JOIN (
    SELECT
        step.source_id,
        count(*) AS ended,
        count(*) FILTER (WHERE job.outcome = 'succeeded') AS succeeded,
        count(*) FILTER (WHERE job.outcome = 'failed') AS failed,
        max(job.finished_at) FILTER (WHERE job.outcome = 'succeeded') AS last_success_at,
        max(job.finished_at) FILTER (WHERE job.outcome = 'failed') AS last_failure_at,
        (array_agg(job.error ORDER BY job.finished_at DESC)
            FILTER (WHERE job.outcome = 'failed'))[1] AS last_error
    FROM job
    INNER JOIN step ON step.step_id = job.step_id
    WHERE job.finished_at > now() - interval '5 minutes'
    GROUP BY step.source_id
) AS recent ON recent.source_id = source.source_id;
COMMENT ON VIEW source_status IS 'Each source: whether it is scheduled, what its answers are like (healthy, degraded, quarantined, blocked, paused) and why, and how its last five minutes went. Example: SELECT source, health, last_error FROM source_status;';

CREATE VIEW source_history AS
SELECT
    source.name AS source,
    source_change.at,
    step.name AS step,
    source_change.became,
    source_change.reason,
    source_change.job_id
FROM source_change
INNER JOIN source ON source.source_id = source_change.source_id
LEFT JOIN step ON step.step_id = source_change.step_id
UNION ALL
SELECT
    source.name,
    definition.applied_at,
    NULL,
    'version ' || definition.version,
    NULL,
    NULL
FROM definition
INNER JOIN source ON source.source_id = definition.source_id;
COMMENT ON VIEW source_history IS 'What became of a source and when: each change of its state (step is NULL) and of the health of its steps, with the reason and the job, and each version of its definition. Example: SELECT * FROM source_history WHERE source = ''bhd'' AND at::date = ''2026-11-17'' ORDER BY at;';

CREATE FUNCTION job_story(of_job bigint)
RETURNS TABLE (
    generation integer,
    job_id bigint,
    source text,
    step text,
    key text,
    outcome job_outcome,
    observed_at timestamptz,
    finished_at timestamptz,
    pod text,
    definition_version integer,
    request_url text,
    error text,
    log text[]
)
LANGUAGE sql STABLE
AS $$
    WITH RECURSIVE line AS (
        SELECT 0 AS generation, job.*
        FROM job
        WHERE job.job_id = of_job
        UNION ALL
        SELECT line.generation + 1, parent.*
        FROM line
        INNER JOIN job AS parent ON parent.job_id = line.parent_job_id
        WHERE line.generation < 16
    )
    SELECT
        line.generation,
        line.job_id,
        source.name,
        step.name,
        task.key,
        line.outcome,
        line.observed_at,
        line.finished_at,
        pod.name,
        definition.version,
        line.request_url,
        line.error,
        ARRAY(
            SELECT job_log.level || ': ' || job_log.message
            FROM job_log
            WHERE job_log.job_id = line.job_id
            ORDER BY job_log.logged_at
        )
    FROM line
    INNER JOIN step ON step.step_id = line.step_id
    INNER JOIN source ON source.source_id = step.source_id
    INNER JOIN definition ON definition.definition_id = line.definition_id
    LEFT JOIN task ON task.task_id = line.task_id
    LEFT JOIN pod ON pod.pod_id = line.pod_id
    ORDER BY line.generation;
$$;
COMMENT ON FUNCTION job_story IS 'A job, the job that discovered its task, and so on up to the root, each with its log lines. Example: SELECT * FROM job_story(4711);';
