-- Reads for the report of a day what each source has in each territory.
-- $1 the business day, $2 the partner whose showtimes are counted, or NULL for all.
SELECT
    source AS "source!",
    territory AS "territory!",
    count(DISTINCT cinema_id) AS "cinemas!",
    count(*) AS "showtimes!",
    count(*) FILTER (WHERE is_seen) AS "seen!",
    count(*) FILTER (WHERE is_exact) AS "exact!",
    count(*) FILTER (WHERE is_cancelled) AS "cancelled!",
    coalesce(sum(seats) FILTER (WHERE NOT is_cancelled), 0)::bigint AS "seats!",
    coalesce(sum(admissions) FILTER (WHERE NOT is_cancelled), 0)::bigint AS "admissions!"
FROM report_showtimes($1, $2::text::name)
GROUP BY source, territory
ORDER BY source, territory
