-- Records a run of the pass $1 of the coordinator $2 that took $3 seconds: it did $4, NULL if there
-- was nothing to do, or it failed for the reason $6 as the last of $5 failures in a row.
--
-- Rows of coordinators that ended long ago go: their names come from pods and do not come back.
WITH gone AS (
    DELETE FROM background_pass
    WHERE (pass, coordinator) IN (
        SELECT pass, coordinator
        FROM background_pass
        WHERE run_at < now() - interval '7 days'
        FOR UPDATE SKIP LOCKED)
        AND (pass, coordinator) <> ($1, $2)
)
INSERT INTO background_pass AS stored
    (pass, coordinator, took_seconds, report, failures, error, run_at, succeeded_at, worked_at)
VALUES (
    $1, $2, $3, left($4, 2000), $5, left($6, 2000), now(),
    CASE WHEN $5 = 0 THEN now() END,
    CASE WHEN $4::text IS NOT NULL THEN now() END)
ON CONFLICT (pass, coordinator) DO UPDATE
SET run_at = excluded.run_at,
    succeeded_at = coalesce(excluded.succeeded_at, stored.succeeded_at),
    worked_at = coalesce(excluded.worked_at, stored.worked_at),
    took_seconds = excluded.took_seconds,
    failures = excluded.failures,
    report = coalesce(excluded.report, stored.report),
    error = excluded.error
