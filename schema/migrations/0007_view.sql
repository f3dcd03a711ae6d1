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

CREATE VIEW isolated_task AS
SELECT
    task.task_id,
    source.name AS source,
    step.name AS step,
    task.key,
    task.deaths,
    task.isolated_at,
    (SELECT job.job_id FROM job WHERE job.task_id = task.task_id AND job.outcome = 'lost'
        ORDER BY job.finished_at DESC LIMIT 1) AS last_job_id
FROM task
INNER JOIN step ON step.step_id = task.step_id
INNER JOIN source ON source.source_id = step.source_id
WHERE task.isolated_at IS NOT NULL;
COMMENT ON VIEW isolated_task IS 'Tasks that are not placed any more because their pod died each time; `coordinator task release` lets one run again. Example: SELECT * FROM isolated_task ORDER BY isolated_at;';

CREATE VIEW limit_status AS
SELECT
    limit_key.limit_key_id,
    limit_key.name AS limit_key,
    limit_key.rate_per_second,
    limit_key.burst,
    limit_key.rate_per_second * limit_key.rate_share AS rate_now,
    limit_key.rate_share,
    limit_key.share_reason,
    limit_key.share_changed_at,
    CASE WHEN limit_key.paused_until > now() THEN limit_key.paused_until END AS paused_until,
    CASE WHEN limit_key.paused_until > now() THEN limit_key.pause_reason END AS pause_reason,
    limit_key.concurrency,
    limit_key.per_day,
    CASE WHEN limit_key.day_on = (now() AT TIME ZONE limit_key.zone)::date
        THEN limit_key.day_reserved ELSE 0 END AS day_reserved,
    limit_key.opens_at,
    limit_key.closes_at,
    limit_key.zone,
    CASE
        WHEN limit_key.opens_at IS NULL THEN true
        WHEN limit_key.opens_at < limit_key.closes_at THEN
            clock.local_time >= limit_key.opens_at AND clock.local_time < limit_key.closes_at
        ELSE clock.local_time >= limit_key.opens_at OR clock.local_time < limit_key.closes_at
    END AS is_open
FROM limit_key
CROSS JOIN LATERAL (
    SELECT (now() AT TIME ZONE coalesce(limit_key.zone, 'UTC'))::time AS local_time
) AS clock;
COMMENT ON VIEW limit_status IS 'Each limit key: what its definition allows and what is given out now, and why less. Example: SELECT limit_key, rate_now, share_reason, paused_until FROM limit_status WHERE rate_share < 1 OR paused_until IS NOT NULL OR NOT is_open;';
COMMENT ON COLUMN limit_status.rate_now IS 'Requests per second that are given out now while the key is open and not paused.';
COMMENT ON COLUMN limit_status.day_reserved IS 'Requests of today that are spent, or set aside to be.';
COMMENT ON COLUMN limit_status.is_open IS 'Whether the hours of the key let it send now.';

CREATE VIEW fleet_wanted AS
SELECT
    coalesce(wanted.agents, 0) AS agents_wanted,
    CASE WHEN alive.pods = 0 THEN least(coalesce(wanted.agents, 0), 1)
        ELSE ceil(coalesce(wanted.agents, 0)::numeric * alive.pods / alive.agents)::integer
    END AS pods_wanted,
    alive.pods,
    alive.draining,
    alive.agents,
    alive.agents_busy,
    round(alive.agents_busy::numeric / nullif(alive.agents, 0), 3) AS saturation,
    alive.versions,
    wanted.computed_at
FROM (
    SELECT
        count(*) FILTER (WHERE NOT draining)::integer AS pods,
        count(*) FILTER (WHERE draining)::integer AS draining,
        coalesce(sum(agents) FILTER (WHERE NOT draining), 0)::integer AS agents,
        coalesce(sum(agents_busy) FILTER (WHERE NOT draining), 0)::integer AS agents_busy,
        array_agg(DISTINCT version ORDER BY version) AS versions
    FROM pod
    WHERE ended_at IS NULL
) AS alive
LEFT JOIN agents_wanted AS wanted ON true;
COMMENT ON VIEW fleet_wanted IS 'How many agents and pods the work that the limits permit could keep busy, beside those that there are: for autoscaling. Example: SELECT pods_wanted FROM fleet_wanted;';
COMMENT ON COLUMN fleet_wanted.pods_wanted IS 'Pods of the size that the living ones have in the mean; one, if none lives and there is work.';
COMMENT ON COLUMN fleet_wanted.saturation IS 'Share of the agents that were busy at the last heartbeats.';
COMMENT ON COLUMN fleet_wanted.versions IS 'Versions of the programs that the living pods run.';

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
