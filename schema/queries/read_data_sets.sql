-- Data sets by name, behind $1, or that of name $3; $2 at most. Each with a summary of its days.
WITH chosen AS MATERIALIZED (
    SELECT *
    FROM data_set
    WHERE ($1::text IS NULL OR name > $1) AND ($3::text IS NULL OR name = $3)
    ORDER BY name
    LIMIT $2
),
listed AS MATERIALIZED (
    SELECT * FROM data_set_days()
),
summed AS MATERIALIZED (
    SELECT
        listed.name,
        count(*) AS days,
        count(*) FILTER (WHERE listed.state = 'built') AS built,
        count(*) FILTER (WHERE listed.state IN ('due', 'building')) AS due,
        count(*) FILTER (WHERE listed.state = 'waiting') AS waiting,
        count(*) FILTER (WHERE listed.state IN ('failed', 'retrying')) AS failing,
        count(*) FILTER (WHERE listed.is_late) AS late,
        bool_or(listed.state = 'building') AS is_building,
        bool_or(listed.state = 'failed') AS has_failed,
        max(listed.day) FILTER (WHERE listed.state = 'built') AS last_built_day,
        max(listed.day) AS last_day,
        max(listed.built_at) AS built_at,
        sum(listed.row_count)::bigint AS row_count,
        sum(listed.bytes)::bigint AS bytes,
        (array_agg(listed.error ORDER BY listed.tried_at DESC) FILTER (WHERE listed.error IS NOT NULL))[1] AS error
    FROM listed
    GROUP BY listed.name
)
SELECT
    chosen.name,
    chosen.description,
    CASE WHEN chosen.since IS NULL THEN 'none' ELSE 'day' END AS "partition!",
    chosen.since,
    chosen.zone,
    to_char(chosen.deadline, 'HH24:MI') AS deadline,
    CASE
        WHEN summed.has_failed THEN 'failed'
        WHEN summed.failing > 0 THEN 'retrying'
        WHEN summed.is_building THEN 'building'
        WHEN summed.waiting > 0 THEN 'waiting'
        WHEN summed.due > 0 THEN 'due'
        ELSE 'built'
    END AS "state!",
    ARRAY(
        SELECT CASE data_set_input.kind WHEN 'data_set' THEN '' ELSE data_set_input.kind || '/' END || data_set_input.input
        FROM data_set_input
        WHERE data_set_input.name = chosen.name
        ORDER BY 1
    ) AS "inputs!",
    ARRAY(
        SELECT DISTINCT unnest(listed.waiting_for)
        FROM listed
        WHERE listed.name = chosen.name AND summed.waiting > 0
        ORDER BY 1
    ) AS "waiting_for!",
    coalesce(summed.days, 0) AS "days!",
    coalesce(summed.built, 0) AS "built_days!",
    coalesce(summed.due, 0) AS "due_days!",
    coalesce(summed.waiting, 0) AS "waiting_days!",
    coalesce(summed.failing, 0) AS "failing_days!",
    coalesce(summed.late, 0) AS "late_days!",
    summed.last_day,
    summed.last_built_day,
    summed.built_at,
    summed.row_count,
    summed.bytes,
    summed.error
FROM chosen
LEFT JOIN summed ON summed.name = chosen.name
ORDER BY chosen.name
