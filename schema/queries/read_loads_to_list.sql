-- Data sets that are read from files, each with at most $1 complete days whose files are to be listed. $2
-- replaces the clock in tests.
--
-- The last $3 days always, as their files come and change; then days that a person asked for, days that
-- were never listed, and days without files, those that were listed longest ago first. A data set whose
-- listing failed has its pause.
WITH listed AS MATERIALIZED (
    SELECT
        data_set.name,
        data_set.files,
        data_set.since,
        data_set_input.input,
        ((coalesce($2, now()) AT TIME ZONE data_set.zone) - data_set.not_before)::date - 1 AS last_day
    FROM data_set
    INNER JOIN data_set_input ON data_set_input.name = data_set.name AND data_set_input.kind = 'files'
    LEFT JOIN load_listing ON load_listing.name = data_set.name
    WHERE data_set.files IS NOT NULL
        AND coalesce(load_listing.retry_at <= coalesce($2, now()), true)
)
SELECT
    listed.name,
    listed.files AS "files!",
    listed.input,
    listed.since,
    ARRAY(
        SELECT listed.since + span.number
        FROM generate_series(0, listed.last_day - listed.since) AS span (number)
        LEFT JOIN load_day ON load_day.name = listed.name AND load_day.day = listed.since + span.number
        WHERE listed.since + span.number > listed.last_day - $3::integer
            OR load_day.name IS NULL OR load_day.is_asked OR load_day.file_count = 0
        ORDER BY
            listed.since + span.number > listed.last_day - $3::integer DESC,
            coalesce(load_day.is_asked, false) DESC,
            load_day.listed_at NULLS FIRST,
            span.number DESC
        LIMIT $1
    ) AS "days!"
FROM listed
ORDER BY listed.name
