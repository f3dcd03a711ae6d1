CREATE OR REPLACE VIEW sales_coverage WITH (security_invoker = true) AS
SELECT
    source.name AS source,
    cinema.territory,
    date_trunc('week', showtime.business_on::timestamp)::date AS week_on,
    count(DISTINCT showtime.cinema_id) AS cinemas,
    count(DISTINCT sales.cinema_id) AS cinemas_seen,
    count(*) AS showtimes,
    count(sales.showtime_id) AS showtimes_seen,
    count(*) FILTER (WHERE sales.is_cancelled) AS cancelled,
    count(*) FILTER (WHERE sales.certainty = 'exact') AS exact,
    count(*) FILTER (WHERE sales.currency <> 'XXX') AS priced,
    count(*) FILTER (WHERE showtime.attribute_ids IS NOT NULL) AS described,
    round(count(sales.showtime_id)::numeric / count(*), 4) AS share_seen
FROM showtime
INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
INNER JOIN source ON source.source_id = cinema.source_id
LEFT JOIN fullhouse.showtime_sales AS sales ON sales.showtime_id = showtime.showtime_id
WHERE NOT EXISTS (SELECT FROM showtime_duplicate WHERE showtime_duplicate.showtime_id = showtime.showtime_id)
GROUP BY source.name, cinema.territory, date_trunc('week', showtime.business_on::timestamp)::date;

COMMENT ON VIEW sales_coverage IS 'How much of what each source lists is known, by territory and week: cinemas and showtimes, those whose seats were seen, whose looks are exact, and whose prices are known. A showtime that counts as another source''s is left out. Figures of sales are of the showtimes that were seen, and of no others. Example: SELECT source, week_on, showtimes, showtimes_seen, exact, share_seen FROM sales_coverage WHERE territory = ''GB'' ORDER BY week_on, source;';
COMMENT ON COLUMN sales_coverage.cinemas IS 'Cinemas that are listed with showtimes.';
COMMENT ON COLUMN sales_coverage.cinemas_seen IS 'Those with a showtime whose seats were seen.';
COMMENT ON COLUMN sales_coverage.showtimes IS 'Showtimes that are or were listed, cancelled ones too.';
COMMENT ON COLUMN sales_coverage.showtimes_seen IS 'Those whose seats were seen.';
COMMENT ON COLUMN sales_coverage.cancelled IS 'Those of them that were cancelled.';
COMMENT ON COLUMN sales_coverage.exact IS 'Those that were looked at within 15 minutes of their start on both sides.';
COMMENT ON COLUMN sales_coverage.priced IS 'Those whose prices are known.';
COMMENT ON COLUMN sales_coverage.described IS 'Showtimes whose source lists attributes, such as formats.';
COMMENT ON COLUMN sales_coverage.share_seen IS 'showtimes_seen over showtimes, 0 to 1.';
