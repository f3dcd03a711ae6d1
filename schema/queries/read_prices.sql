-- The prices of showtimes $1 that were seen from $2 until before $3, in order of showtime and time,
-- and as their source lists them. Amounts are in millionths.
SELECT
    seen.showtime_id,
    seen.observed_at,
    seen.job_id,
    price.ticket AS "ticket!",
    price.area AS "area!",
    round(price.amount * 1000000)::bigint AS "amount!",
    round(price.amount_max * 1000000)::bigint AS amount_max,
    round(price.fee * 1000000)::bigint AS fee,
    price.tax_included,
    tariff.currency::text AS "currency!"
FROM showtime_tariff AS seen
INNER JOIN tariff ON tariff.tariff_id = seen.tariff_id
CROSS JOIN LATERAL unnest(
    tariff.ticket, tariff.area, tariff.amount, tariff.amount_max, tariff.fee, tariff.tax_included
) WITH ORDINALITY AS price (ticket, area, amount, amount_max, fee, tax_included, position)
WHERE seen.showtime_id = ANY ($1) AND seen.observed_at >= $2 AND seen.observed_at < $3
ORDER BY seen.showtime_id, seen.observed_at, price.position
