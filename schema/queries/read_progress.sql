-- Whether work goes on, in one row: what the judgement of a stall needs of the database.
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
        min(running.claimed_at) AS oldest_at
    FROM running
    INNER JOIN step ON step.step_id = running.step_id
),
waiting AS (
    SELECT count(*) AS tasks
    FROM queue
    WHERE expires_at > clock_timestamp()
        AND NOT EXISTS (
            SELECT
            FROM limit_key
            WHERE limit_key.limit_key_id = queue.limit_key_id
                AND limit_key.paused_until > clock_timestamp()
        )
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
    extract(epoch FROM now() - claims.oldest_at)::double precision AS oldest_claim_seconds,
    history.is_young AS "has_ended_lately!",
    history.is_young OR claims.young > 0 AS "has_claimed_lately!"
FROM pods
CROSS JOIN claims
CROSS JOIN waiting
CROSS JOIN history
LEFT JOIN leader ON true
