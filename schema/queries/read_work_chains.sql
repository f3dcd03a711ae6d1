-- The totals of work $1 from business day $2 on, by territory, source and currency; a row without a
-- source has all of the territory.
SELECT
    total.territory AS "territory!",
    source.name AS "source?",
    total.currency AS "currency!",
    sum(total.showtimes)::bigint AS "showtimes!",
    coalesce(sum(total.seats), 0)::bigint AS "seats!",
    coalesce(sum(total.admissions), 0)::bigint AS "admissions!",
    sum(total.gross)::text AS gross
FROM work_totals(ARRAY[$1::integer], $2) AS total
INNER JOIN source ON source.source_id = total.source_id
GROUP BY GROUPING SETS ((total.territory, total.currency), (total.territory, source.name, total.currency))
ORDER BY total.territory, source.name NULLS FIRST, total.currency
LIMIT 2000
