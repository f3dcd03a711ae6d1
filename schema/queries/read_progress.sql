-- Whether work goes on, in one row: what the judgement of a stall needs of the database.
--
-- $2 is where to start in the queue and among the claims: the number of the oldest job that is
-- queued or running, as an earlier read gave it, or 0. Below it lie the dead rows that a long
-- transaction elsewhere keeps: two million in each table took half a second to pass.
--
-- Lately is within $1 seconds. A job is overdue that runs for $1 seconds beyond the timeout of
-- its step. The history is only asked whether it has a row that is so young, which costs the
-- same however many there are.
WITH pods AS (
    SELECT
        count(*) AS pods,
        coalesce(sum(agents) FILTER (WHERE NOT draining), 0)::bigint AS agents,
        count(stall) AS stalled,
        min(name || ': ' || stall) AS stall
    FROM pod
    WHERE ended_at IS NULL
),
claims AS (
    SELECT
        count(*) AS running,
        count(*) FILTER (WHERE running.claimed_at > now() - make_interval(secs => $1)) AS young,
        count(*) FILTER (
            WHERE running.claimed_at < now() - make_interval(secs => $1 + step.timeout_seconds)
        ) AS overdue,
        min(running.claimed_at) AS oldest_at,
        min(running.job_id) AS first_job_id
    FROM running
    INNER JOIN step ON step.step_id = running.step_id
    WHERE running.job_id >= $2
),
waiting AS (
    SELECT
        count(*) FILTER (
            WHERE queue.expires_at > clock_timestamp()
                AND NOT EXISTS (
                    SELECT
                    FROM limit_key
                    WHERE limit_key.limit_key_id = queue.limit_key_id
                        AND limit_key.paused_until > clock_timestamp()
                )
        ) AS tasks,
        min(queue.queue_id) AS first_job_id
    FROM queue
    WHERE queue.queue_id >= $2
),
history AS (
    SELECT EXISTS (
        SELECT FROM job WHERE finished_at > now() - make_interval(secs => $1)
    ) AS is_young
)
SELECT
    NOT pg_is_in_recovery() AND NOT current_setting('transaction_read_only')::boolean AS "takes_writes!",
    leader.name AS "leader?",
    leader.stall AS "leader_stall?",
    extract(epoch FROM now() - leader.expires_at)::double precision AS leaderless_seconds,
    pods.pods AS "pods!",
    greatest(pods.agents - claims.running, 0) AS "free_agents!",
    pods.stalled AS "stalled_pods!",
    pods.stall AS pod_stall,
    waiting.tasks AS "waiting!",
    claims.running AS "running!",
    claims.overdue AS "overdue!",
    least(waiting.first_job_id, claims.first_job_id) AS first_job_id,
    extract(epoch FROM now() - claims.oldest_at)::double precision AS oldest_claim_seconds,
    history.is_young AS "has_ended_lately!",
    history.is_young OR claims.young > 0 AS "has_claimed_lately!"
FROM pods
CROSS JOIN claims
CROSS JOIN waiting
CROSS JOIN history
LEFT JOIN leader ON true
