CREATE OR REPLACE VIEW work_price WITH (security_invoker = true) AS
SELECT
    sales.work_id,
    sales.territory,
    date_trunc('week', sales.business_on::timestamp)::date AS week_on,
    sales.currency,
    count(*) AS showtimes,
    sum(sales.admissions)::bigint AS admissions,
    sum(sales.gross) AS gross,
    round(sum(sales.gross) / nullif(sum(sales.admissions) FILTER (WHERE sales.gross IS NOT NULL), 0), 2) AS average_price,
    sum(sales.admissions) FILTER (WHERE said.formats IS NOT NULL)::bigint AS described_admissions,
    sum(sales.admissions) FILTER (WHERE said.formats > 0)::bigint AS premium_admissions,
    round(coalesce(sum(sales.admissions) FILTER (WHERE said.formats > 0), 0)::numeric
        / nullif(sum(sales.admissions) FILTER (WHERE said.formats IS NOT NULL), 0), 4) AS premium_share,
    round(sum(sales.gross) FILTER (WHERE said.formats > 0)
        / nullif(sum(sales.admissions) FILTER (WHERE said.formats > 0 AND sales.gross IS NOT NULL), 0), 2)
        AS premium_average_price
FROM fullhouse.showtime_sales AS sales
INNER JOIN showtime ON showtime.showtime_id = sales.showtime_id
CROSS JOIN LATERAL (
    SELECT CASE WHEN showtime.attribute_ids IS NOT NULL THEN (
        SELECT count(*) FROM attribute
        WHERE attribute.attribute_id = ANY (showtime.attribute_ids)
            AND attribute.kind = 'format' AND attribute.meaning <> 'digital') END AS formats
) AS said
WHERE NOT sales.is_cancelled AND sales.work_id IS NOT NULL
GROUP BY sales.work_id, sales.territory, date_trunc('week', sales.business_on::timestamp)::date, sales.currency;

COMMENT ON VIEW work_price IS 'Average price of each work by territory, week and currency, and how much of it was sold in premium formats. Prices are estimates: see showtime_standing.gross. Of weeks to come, sales so far. Name works or territories. Example: SELECT week_on, admissions, average_price, premium_share FROM work_price WHERE work_id = 1 AND territory = ''GB'' ORDER BY week_on;';
COMMENT ON COLUMN work_price.currency IS 'ISO 4217 code; XXX for the showtimes of which no prices were seen.';
COMMENT ON COLUMN work_price.average_price IS 'Gross over the admissions of the showtimes that have one, in this currency.';
COMMENT ON COLUMN work_price.described_admissions IS 'Admissions of showtimes whose source lists attributes.';
COMMENT ON COLUMN work_price.premium_admissions IS 'Those in a premium format: any attribute of the kind format but digital, such as imax, dolby-cinema, 4dx or vip.';
COMMENT ON COLUMN work_price.premium_share IS 'premium_admissions over described_admissions, 0 to 1; NULL if no source lists attributes. A code that is not mapped counts as no format.';
COMMENT ON COLUMN work_price.premium_average_price IS 'The average price in premium formats.';
