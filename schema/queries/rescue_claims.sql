-- Ends the pods whose lease ran out and gives their claims back as lost.
--
-- Each such run counts against its task; with the $1st in a row the task is isolated:
-- the leader runs suspects so that the last of them can only be its own doing.
-- Tasks are locked in the order of their keys, as in every statement that writes many.
--
-- A pass: it looks at the database, so one that was missed is made good by the
-- next. It also finds claims that a pod made while it was being ended.
WITH dead AS (
    UPDATE pod
    SET ended_at = now(),
        end_reason = 'lease expired'
    WHERE ended_at IS NULL AND lease_expires_at < now()
    RETURNING pod_id
),
lost AS (
    DELETE FROM running
    WHERE pod_id IN (SELECT pod_id FROM dead)
        OR NOT EXISTS (SELECT FROM pod WHERE pod.pod_id = running.pod_id AND pod.ended_at IS NULL)
    RETURNING job_id, task_id, enqueued_at, claimed_at, pod_id, definition_id, step_id, attempt
),
-- A registration that its own pod gave up (after a claim whose answer was lost) says
-- nothing of what it ran.
suspect AS (
    SELECT
        task.task_id,
        task.discovered_by,
        task.deaths + (pod.end_reason IS DISTINCT FROM 'drained')::integer AS deaths
    FROM task
    INNER JOIN lost ON lost.task_id = task.task_id
    LEFT JOIN pod ON pod.pod_id = lost.pod_id
    WHERE task.task_id = ANY (ARRAY(SELECT lost.task_id FROM lost))
    ORDER BY task.task_id
    FOR NO KEY UPDATE OF task
),
counted AS (
    UPDATE task
    SET deaths = least(suspect.deaths, 32767)::smallint,
        isolated_at = CASE WHEN suspect.deaths >= $1 THEN now() END
    FROM suspect
    WHERE task.task_id = suspect.task_id
        AND task.task_id = ANY (ARRAY(SELECT suspect.task_id FROM suspect))
    RETURNING task.isolated_at
),
stored_job AS (
    INSERT INTO job (
        job_id, task_id, parent_job_id, enqueued_at, claimed_at,
        pod_id, definition_id, step_id, outcome, attempt, error)
    SELECT
        lost.job_id, lost.task_id, suspect.discovered_by, lost.enqueued_at, lost.claimed_at,
        lost.pod_id, lost.definition_id, lost.step_id, 'lost', lost.attempt,
        'its pod ended without a word'
            || CASE
                WHEN suspect.deaths >= $1 THEN
                    format(', for the %s. time in a row: isolated until `coordinator task release %s`',
                        suspect.deaths, lost.task_id)
                WHEN suspect.deaths > 1 THEN format(', for the %s. time in a row', suspect.deaths)
                ELSE ''
            END
    FROM lost
    INNER JOIN suspect ON suspect.task_id = lost.task_id
)
SELECT
    (SELECT count(*) FROM dead) AS "pods!",
    (SELECT count(*) FROM lost) AS "claims!",
    (SELECT count(*) FROM counted WHERE isolated_at IS NOT NULL) AS "isolated!"
