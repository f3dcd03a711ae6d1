CREATE OR REPLACE VIEW ticket_price
WITH (security_invoker = true) AS
SELECT
    showtime_tariff.showtime_id,
    showtime_tariff.observed_at,
    price.ticket,
    price.area,
    price.amount,
    tariff.currency,
    showtime_tariff.job_id,
    price.amount_max,
    price.fee,
    price.tax_included
FROM showtime_tariff
INNER JOIN tariff ON tariff.tariff_id = showtime_tariff.tariff_id
CROSS JOIN LATERAL unnest(
    tariff.ticket, tariff.area, tariff.amount, tariff.amount_max, tariff.fee, tariff.tax_included
) AS price (ticket, area, amount, amount_max, fee, tax_included);

COMMENT ON VIEW ticket_price IS 'A row per showtime and price, with the time from which the price held. Example: SELECT ticket, area, amount, currency FROM ticket_price WHERE showtime_id = 1 ORDER BY observed_at;';
