-- Of each hour the value counts that was observed last: what was a forecast becomes what came.
CREATE OR REPLACE VIEW venue_weather_day WITH (security_invoker = true) AS
SELECT
    venue.venue_id,
    day.business_on,
    day.showtimes,
    day.seats,
    day.sold,
    weather.temperature_celsius_max,
    weather.temperature_celsius_mean,
    weather.precipitation_mm,
    weather.cloud_cover_percent
FROM venue
INNER JOIN cinema ON cinema.cinema_id = venue.cinema_id
CROSS JOIN LATERAL (
    SELECT
        showtime.business_on,
        count(*) AS showtimes,
        sum(latest.seat_count) AS seats,
        sum(latest.sold) AS sold
    FROM cinema_venue
    INNER JOIN showtime ON showtime.cinema_id = cinema_venue.cinema_id
    LEFT JOIN showtime_latest AS latest ON latest.showtime_id = showtime.showtime_id
    WHERE cinema_venue.venue_id = venue.venue_id
        AND NOT EXISTS (SELECT FROM showtime_duplicate WHERE showtime_duplicate.showtime_id = showtime.showtime_id)
    GROUP BY showtime.business_on
) AS day
LEFT JOIN LATERAL (
    SELECT
        max(hour.value) FILTER (WHERE hour.metric = 'temperature_celsius') AS temperature_celsius_max,
        avg(hour.value) FILTER (WHERE hour.metric = 'temperature_celsius') AS temperature_celsius_mean,
        sum(hour.value) FILTER (WHERE hour.metric = 'precipitation_mm') AS precipitation_mm,
        avg(hour.value) FILTER (WHERE hour.metric = 'cloud_cover_percent') AS cloud_cover_percent
    FROM (
        SELECT DISTINCT ON (seen.metric, seen.at) seen.metric, seen.value
        FROM venue_observation AS seen
        WHERE seen.venue_id = venue.venue_id
            AND seen.metric IN ('temperature_celsius', 'precipitation_mm', 'cloud_cover_percent')
            AND seen.at >= day.business_on::timestamp AT TIME ZONE cinema.timezone
            AND seen.at < (day.business_on + 1)::timestamp AT TIME ZONE cinema.timezone
        ORDER BY seen.metric, seen.at, seen.observed_at DESC
    ) AS hour
) AS weather ON true
WHERE venue.merged_into IS NULL;

COMMENT ON VIEW venue_weather_day IS 'Each venue and business day: seats sold when they were seen last, beside the weather of the day. A showtime that several sources list counts once. Ask for one venue, or for few. Example: SELECT business_on, sold, temperature_celsius_max, precipitation_mm FROM venue_weather_day WHERE venue_id = 4 ORDER BY business_on DESC LIMIT 30;';
COMMENT ON COLUMN venue_weather_day.showtimes IS 'Showtimes that are listed.';
COMMENT ON COLUMN venue_weather_day.seats IS 'Seats of the showtimes whose seats were seen.';
COMMENT ON COLUMN venue_weather_day.sold IS 'Seats sold in those showtimes when they were seen last.';
COMMENT ON COLUMN venue_weather_day.temperature_celsius_max IS 'Highest value of the metric temperature_celsius, midnight to midnight in local time; of several sources of weather the one that was observed last counts for each hour.';
COMMENT ON COLUMN venue_weather_day.temperature_celsius_mean IS 'Mean of its values.';
COMMENT ON COLUMN venue_weather_day.precipitation_mm IS 'Sum of the metric precipitation_mm.';
COMMENT ON COLUMN venue_weather_day.cloud_cover_percent IS 'Mean of the metric cloud_cover_percent.';
