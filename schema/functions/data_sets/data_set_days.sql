CREATE OR REPLACE FUNCTION data_set_days(as_of timestamptz DEFAULT NULL)
RETURNS TABLE (
    name text, day date, state text, waiting_for text[], changed_inputs text[], input_revisions jsonb, revision bigint,
    built_at timestamptz, took interval, row_count bigint, bytes bigint, tries integer, error text, tried_at timestamptz,
    next_try_at timestamptz, building_since timestamptz, due_by timestamptz, is_late boolean
)
LANGUAGE sql STABLE
SECURITY DEFINER
-- Compiling it would take longer than running it.
SET search_path = public, pg_temp SET timezone = 'UTC' SET jit = off
AS $$
    -- A day has a key that can be hashed: -infinity for a data set without days, infinity for the sum of all days.
    WITH listed AS MATERIALIZED (
        SELECT data_set.*, coalesce(as_of, now()) AS at,
            ((coalesce(as_of, now()) AT TIME ZONE data_set.zone) - data_set.not_before)::date - 1 AS last_day
        FROM data_set
    ),
    span AS MATERIALIZED (
        SELECT listed.name, listed.since + number AS key
        FROM listed
        CROSS JOIN LATERAL generate_series(0, listed.last_day - listed.since) AS number
        WHERE listed.since IS NOT NULL
        UNION ALL
        SELECT listed.name, '-infinity' FROM listed WHERE listed.since IS NULL
    ),
    -- Clients whose events are inputs.
    followed AS MATERIALIZED (
        SELECT data_set_input.input, event_client.client_id, listed.zone, min(coalesce(listed.since, '-infinity')) AS since
        FROM data_set_input
        INNER JOIN listed ON listed.name = data_set_input.name
        INNER JOIN event_client ON event_client.name = data_set_input.input
        WHERE data_set_input.kind = 'events'
        GROUP BY data_set_input.input, event_client.client_id, listed.zone
    ),
    counted AS (
        SELECT 'data_set' AS kind, data_set_day.name AS input, '' AS zone,
            coalesce(data_set_day.day, '-infinity') AS key, data_set_day.revision
        FROM data_set_day
        UNION ALL
        SELECT 'rollup', rollup_revision.rollup_name, '', coalesce(rollup_revision.day, '-infinity'), rollup_revision.revision
        FROM rollup_revision
        UNION ALL
        SELECT 'stored', day_revision.of_table, '', day_revision.on_day, day_revision.revision
        FROM day_revision
        WHERE EXISTS (SELECT FROM data_set_input WHERE data_set_input.kind = 'stored')
        UNION ALL
        -- Neither number ever falls, so their sum is another whenever one of them is.
        SELECT 'events', touched.input, touched.zone, touched.day, sum(touched.number)::bigint
        FROM (
            -- An hour that is of two days counts for both.
            SELECT followed.input, followed.zone, of_hour.day, event_count.events AS number
            FROM followed
            INNER JOIN event_name ON event_name.client_id = followed.client_id
            INNER JOIN event_count
                ON event_count.name_id = event_name.name_id AND event_count.is_hour
                AND event_count.bucket_at >= followed.since::timestamptz - interval '1 day'
            CROSS JOIN LATERAL (
                SELECT (event_count.bucket_at AT TIME ZONE followed.zone)::date AS day
                UNION
                SELECT ((event_count.bucket_at + interval '59 minutes') AT TIME ZONE followed.zone)::date
            ) AS of_hour
            UNION ALL
            SELECT followed.input, followed.zone, event_day_change.day, event_day_change.changes
            FROM followed
            INNER JOIN event_day_change ON event_day_change.client_id = followed.client_id
        ) AS touched
        GROUP BY touched.input, touched.zone, touched.day
        UNION ALL
        -- Two data sets may read one pattern, and each counts for itself: its name stands for the zone.
        SELECT 'files', data_set_input.input, load_day.name, coalesce(load_day.day, '-infinity'), load_day.revision
        FROM load_day
        INNER JOIN data_set_input ON data_set_input.name = load_day.name AND data_set_input.kind = 'files'
    ),
    revisions AS MATERIALIZED (
        SELECT counted.* FROM counted
        UNION ALL
        SELECT counted.kind, counted.input, counted.zone, 'infinity', sum(counted.revision)::bigint
        FROM counted
        GROUP BY counted.kind, counted.input, counted.zone
    ),
    -- Which key of an input belongs to a day.
    asked AS MATERIALIZED (
        SELECT span.name, span.key, data_set_input.kind, data_set_input.input,
            CASE data_set_input.kind WHEN 'events' THEN listed.zone WHEN 'files' THEN span.name ELSE '' END AS zone,
            CASE
                WHEN data_set_input.kind = 'data_set' AND read.since IS NULL THEN '-infinity'
                WHEN data_set_input.kind = 'rollup' AND rollup.day_column IS NULL OR listed.since IS NULL THEN 'infinity'
                ELSE span.key
            END AS input_key
        FROM span
        INNER JOIN listed ON listed.name = span.name
        INNER JOIN data_set_input ON data_set_input.name = span.name
        LEFT JOIN data_set AS read ON data_set_input.kind = 'data_set' AND read.name = data_set_input.input
        LEFT JOIN rollup ON data_set_input.kind = 'rollup' AND rollup.name = data_set_input.input
    ),
    wanted AS MATERIALIZED (
        SELECT asked.name, asked.key,
            jsonb_object_agg(asked.kind || '/' || asked.input, coalesce(revisions.revision, 0)) AS revisions
        FROM asked
        LEFT JOIN revisions
            ON revisions.kind = asked.kind AND revisions.input = asked.input AND revisions.zone = asked.zone
            AND revisions.key = asked.input_key
        GROUP BY asked.name, asked.key
    ),
    standing AS MATERIALIZED (
        SELECT span.name, span.key, all_of.revisions,
            coalesce(kept.input_revisions = all_of.revisions, false) AS is_current,
            kept.tries >= 3 AND kept.tried_revisions = all_of.revisions AS is_failed,
            CASE WHEN kept.tried_revisions = all_of.revisions THEN kept.tries ELSE 0 END AS tries,
            coalesce(kept.revision, 0) AS revision, kept.input_revisions AS built_revisions,
            kept.built_at, kept.took, kept.row_count, kept.bytes, kept.error, kept.tried_at, kept.retry_at
        FROM span
        INNER JOIN listed ON listed.name = span.name
        LEFT JOIN wanted ON wanted.name = span.name AND wanted.key = span.key
        CROSS JOIN LATERAL (
            SELECT coalesce(wanted.revisions, '{}') || jsonb_build_object('query', listed.version) AS revisions
        ) AS all_of
        LEFT JOIN data_set_day AS kept ON kept.name = span.name AND coalesce(kept.day, '-infinity') = span.key
    ),
    usable AS (
        SELECT standing.name, standing.key,
            standing.is_current OR (listed.continues AND standing.is_failed AND standing.revision > 0) AS is_usable
        FROM standing
        INNER JOIN listed ON listed.name = standing.name
    ),
    waits AS MATERIALIZED (
        SELECT asked.name, asked.key,
            array_agg(CASE asked.kind WHEN 'files' THEN 'files/' ELSE '' END || asked.input ORDER BY asked.input) AS inputs
        FROM asked
        LEFT JOIN (
            SELECT usable.* FROM usable
            UNION ALL
            SELECT usable.name, 'infinity', bool_and(usable.is_usable) FROM usable GROUP BY usable.name
        ) AS of_input ON of_input.name = asked.input AND of_input.key = asked.input_key AND asked.kind = 'data_set'
        LEFT JOIN (
            SELECT load_day.name, coalesce(load_day.day, '-infinity') AS key FROM load_day WHERE load_day.file_count > 0
        ) AS with_files ON with_files.name = asked.name AND with_files.key = asked.key AND asked.kind = 'files'
        WHERE asked.kind = 'data_set' AND of_input.is_usable IS NOT TRUE
            OR asked.kind = 'files' AND with_files.name IS NULL
        GROUP BY asked.name, asked.key
    )
    SELECT standing.name,
        CASE WHEN listed.since IS NOT NULL THEN standing.key END,
        CASE
            WHEN running.build_id IS NOT NULL THEN 'building'
            WHEN standing.is_current THEN 'built'
            -- Nobody would look at what waits for files that cannot be listed.
            WHEN waits.name IS NOT NULL AND listing.failures >= 3 THEN 'failed'
            WHEN waits.name IS NOT NULL THEN 'waiting'
            WHEN standing.is_failed THEN 'failed'
            WHEN standing.tries > 0 THEN 'retrying'
            ELSE 'due'
        END,
        CASE WHEN standing.is_current THEN '{}' ELSE coalesce(waits.inputs, '{}') END,
        CASE WHEN standing.is_current OR standing.revision = 0 THEN '{}' ELSE ARRAY(
            SELECT new.key FROM jsonb_each(standing.revisions) AS new
            WHERE standing.built_revisions -> new.key IS DISTINCT FROM new.value
            ORDER BY new.key)
        END,
        standing.revisions, standing.revision, standing.built_at, standing.took, standing.row_count, standing.bytes,
        standing.tries,
        CASE WHEN standing.tries > 0 THEN standing.error WHEN waits.name IS NOT NULL THEN listing.error END,
        CASE WHEN standing.tries > 0 THEN standing.tried_at WHEN waits.name IS NOT NULL THEN listing.failed_at END,
        CASE
            WHEN standing.is_current OR standing.is_failed THEN NULL
            WHEN standing.tries > 0 THEN standing.retry_at
            WHEN standing.built_revisions IS NOT NULL THEN standing.built_at + listed.every
        END,
        running.started_at,
        term.due_by,
        coalesce(NOT standing.is_current AND (listed.since IS NULL OR standing.revision = 0) AND term.due_by <= listed.at, false)
    FROM standing
    INNER JOIN listed ON listed.name = standing.name
    LEFT JOIN waits ON waits.name = standing.name AND waits.key = standing.key
    LEFT JOIN load_listing AS listing ON listing.name = standing.name AND listing.failures > 0
    LEFT JOIN data_set_build AS running
        ON running.name = standing.name AND coalesce(running.day, '-infinity') = standing.key AND running.ended_at IS NULL
    -- A data set that is new has an hour, whatever days it has.
    CROSS JOIN LATERAL (
        SELECT CASE WHEN listed.deadline IS NOT NULL THEN greatest(
            (CASE WHEN listed.since IS NULL THEN (listed.at AT TIME ZONE listed.zone)::date ELSE standing.key + 1 END
                + listed.deadline) AT TIME ZONE listed.zone,
            listed.applied_at + interval '1 hour') END AS due_by
    ) AS term
$$;

COMMENT ON FUNCTION data_set_days IS 'The state of each complete day of each data set, and of each data set without days, at a time: built, building, due, retrying (failed, and tried again at next_try_at), failed, or waiting for other data sets or for files. Example: SELECT name, day, state, waiting_for FROM data_set_days() WHERE state <> ''built'';';
