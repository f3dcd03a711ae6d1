-- Stores the tasks that job $1 of source $2 discovered: $3 step, $4 key, $5 params, $6 subject_id, $7 starts_at, $8 gate.
--
-- A task whose gate says something else than before is due now; if it is out, the leader
-- compares gate_changed_at with what its job saw.
-- A task that is known and the same is not written. One that was retired comes back if its
-- showtime moved, or is still to come: then its source had said that there is no such showtime,
-- and here it is listed all the same. It has one look; while the source says so still, the next
-- listing brings it back. One that a person retired stays so. Gives how many were written; the
-- leader reads them by touched_by.
WITH seen AS (
    SELECT step.step_id, found.key, found.params, found.subject_id, found.starts_at, found.gate
    FROM unnest($3::text[], $4::text[], $5::jsonb[], $6::integer[], $7::timestamptz[], $8::text[])
        AS found (step, key, params, subject_id, starts_at, gate)
    INNER JOIN step ON step.source_id = $2 AND step.name = found.step AND NOT step.retired
),
written AS (
    INSERT INTO task AS known (step_id, key, params, subject_id, starts_at, gate, discovered_by, touched_by)
    SELECT seen.step_id, seen.key, seen.params, seen.subject_id, seen.starts_at, seen.gate, $1, $1
    FROM seen
    LEFT JOIN task AS same ON same.step_id = seen.step_id AND same.key = seen.key
    WHERE (same.params, same.subject_id, same.starts_at, same.gate)
        IS DISTINCT FROM (seen.params, seen.subject_id, seen.starts_at, seen.gate)
        OR (same.retired_at IS NOT NULL AND same.retired_reason IS NULL
            AND coalesce(seen.starts_at > now(), true))
    ON CONFLICT (step_id, key) DO UPDATE
    SET params = excluded.params,
        subject_id = excluded.subject_id,
        starts_at = excluded.starts_at,
        gate = excluded.gate,
        gate_changed_at = CASE
            WHEN known.gate IS DISTINCT FROM excluded.gate THEN now()
            ELSE known.gate_changed_at
        END,
        touched_by = excluded.touched_by,
        due_at = CASE
            WHEN known.gate IS DISTINCT FROM excluded.gate THEN least(known.due_at, now())
            ELSE known.due_at
        END,
        retired_at = CASE
            WHEN known.retired_reason IS NULL
                AND (known.starts_at IS DISTINCT FROM excluded.starts_at
                    OR coalesce(excluded.starts_at > now(), true)) THEN NULL
            ELSE known.retired_at
        END
    RETURNING 1
)
SELECT count(*) AS "written!" FROM written
