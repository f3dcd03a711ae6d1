-- Reads for the report of a day the works with most admissions.
-- $1 the business day, $2 the partner whose showtimes are counted, or NULL for all, $3 how many works.
SELECT
    max(title) AS "title!",
    count(DISTINCT cinema_id) AS "cinemas!",
    count(*) AS "showtimes!",
    coalesce(sum(seats), 0)::bigint AS "seats!",
    coalesce(sum(admissions), 0)::bigint AS "admissions!"
FROM report_showtimes($1, $2::text::name)
WHERE is_seen AND NOT is_cancelled
GROUP BY work_key
ORDER BY sum(admissions) DESC NULLS LAST, max(title), work_key
LIMIT $3
