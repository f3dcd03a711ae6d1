-- Notes what task $1 listed by job $2: rows $3, fields $4; $5 is the one day that it asked for, if it did.
-- $6 says whether the answer was read as a whole.
--
-- Showtimes that are still to come and that the listing before had, but this one has not,
-- are noted as unlisted, and those that come back as listed again. A task of one day lists
-- another day tomorrow: what belongs to another day says nothing. Nor does what is absent from
-- an answer that was not read as a whole: its rows are added to those before, so that the next
-- whole answer is compared with all of them. What is the same is not written, but for its time
-- now and then.
WITH listed AS (
    SELECT listing_latest.row_ids, listing_latest.fields, step.yields
    FROM listing_latest
    INNER JOIN task ON task.task_id = listing_latest.task_id
    INNER JOIN step ON step.step_id = task.step_id
    WHERE listing_latest.task_id = $1
),
previous AS (
    SELECT row_ids FROM listed WHERE row_ids <> $3 AND yields = 'showtimes'
),
known_rows AS (
    SELECT unnest($3::integer[]) AS row_id
    UNION
    SELECT earlier.row_id
    FROM listed
    CROSS JOIN LATERAL unnest(listed.row_ids) AS earlier (row_id)
    WHERE NOT $6::boolean
        AND (
            listed.yields <> 'showtimes'
            OR EXISTS (
                SELECT FROM showtime
                WHERE showtime.showtime_id = earlier.row_id AND showtime.starts_at > now()
            )
        )
),
noted AS (
    INSERT INTO showtime_change (job_id, showtime_id, event)
    SELECT $2::bigint, showtime.showtime_id, 'unlisted'::showtime_event
    FROM previous
    CROSS JOIN LATERAL (
        SELECT unnest(previous.row_ids) EXCEPT SELECT unnest($3::integer[])
    ) AS gone (showtime_id)
    INNER JOIN showtime ON showtime.showtime_id = gone.showtime_id
    WHERE $6::boolean
        AND showtime.starts_at > now()
        AND ($5::date IS NULL OR showtime.business_on = $5)
    UNION ALL
    SELECT $2::bigint, back.showtime_id, 'relisted'
    FROM previous
    CROSS JOIN LATERAL (
        SELECT unnest($3::integer[]) EXCEPT SELECT unnest(previous.row_ids)
    ) AS back (showtime_id)
    WHERE (
        SELECT known.event
        FROM showtime_change AS known
        WHERE known.showtime_id = back.showtime_id AND known.event IN ('unlisted', 'relisted')
        ORDER BY known.at DESC
        LIMIT 1
    ) = 'unlisted'
)
INSERT INTO listing_latest AS known (observed_at, task_id, job_id, row_ids, fields)
SELECT
    now(),
    $1,
    $2,
    coalesce((SELECT array_agg(row_id ORDER BY row_id) FROM known_rows), '{}'),
    CASE WHEN $6::boolean THEN $4::text[] ELSE coalesce((SELECT fields FROM listed), $4::text[]) END
ON CONFLICT (task_id) DO UPDATE
SET observed_at = excluded.observed_at,
    job_id = excluded.job_id,
    row_ids = excluded.row_ids,
    fields = excluded.fields
WHERE (known.row_ids, known.fields) <> (excluded.row_ids, excluded.fields)
    OR known.observed_at < now() - interval '1 hour'
