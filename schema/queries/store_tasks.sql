-- Stores the tasks that job $1 of source $2 discovered: $3 step, $4 key, $5 params, $6 subject_id, $7 starts_at.
--
-- A task that is known and the same is not written. One that was retired comes
-- back if its showtime moved. Gives how many were written; the leader reads
-- them by touched_by.
WITH seen AS (
    SELECT step.step_id, found.key, found.params, found.subject_id, found.starts_at
    FROM unnest($3::text[], $4::text[], $5::jsonb[], $6::integer[], $7::timestamptz[])
        AS found (step, key, params, subject_id, starts_at)
    INNER JOIN step ON step.source_id = $2 AND step.name = found.step AND NOT step.retired
),
written AS (
    INSERT INTO task AS known (step_id, key, params, subject_id, starts_at, discovered_by, touched_by)
    SELECT seen.step_id, seen.key, seen.params, seen.subject_id, seen.starts_at, $1, $1
    FROM seen
    LEFT JOIN task AS same ON same.step_id = seen.step_id AND same.key = seen.key
    WHERE (same.params, same.subject_id, same.starts_at)
        IS DISTINCT FROM (seen.params, seen.subject_id, seen.starts_at)
    ON CONFLICT (step_id, key) DO UPDATE
    SET params = excluded.params,
        subject_id = excluded.subject_id,
        starts_at = excluded.starts_at,
        touched_by = excluded.touched_by,
        retired_at = CASE
            WHEN known.starts_at IS DISTINCT FROM excluded.starts_at THEN NULL
            ELSE known.retired_at
        END
    RETURNING 1
)
SELECT count(*) AS "written!" FROM written
