-- Reads for the report of a day the cinemas with most showtimes whose seats nobody saw.
-- $1 the business day, $2 the partner whose showtimes are counted, or NULL for all, $3 how many cinemas.
SELECT
    source AS "source!",
    cinema AS "cinema!",
    count(*) AS "showtimes!",
    count(*) FILTER (WHERE NOT is_seen) AS "missed!"
FROM report_showtimes($1, $2::text::name)
GROUP BY source, cinema_id, cinema
HAVING count(*) FILTER (WHERE NOT is_seen) > 0
ORDER BY count(*) FILTER (WHERE NOT is_seen) DESC, source, cinema
LIMIT $3
