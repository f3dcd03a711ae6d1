-- The totals of work $1 from business day $2 on, by territory, day and currency; a row without a
-- territory has all of them.
SELECT
    total.territory,
    total.business_on AS "business_on!",
    total.currency AS "currency!",
    sum(total.showtimes)::bigint AS "showtimes!",
    sum(total.cancelled)::bigint AS "cancelled!",
    sum(total.exact)::bigint AS "exact!",
    coalesce(sum(total.seats), 0)::bigint AS "seats!",
    coalesce(sum(total.admissions), 0)::bigint AS "admissions!",
    sum(total.gross)::text AS gross
FROM work_totals(ARRAY[$1::integer], $2) AS total
GROUP BY GROUPING SETS ((total.business_on, total.currency), (total.territory, total.business_on, total.currency))
ORDER BY total.business_on, total.territory NULLS FIRST, total.currency
LIMIT 20000
