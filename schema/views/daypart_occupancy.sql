CREATE OR REPLACE VIEW daypart_occupancy WITH (security_invoker = true) AS
SELECT
    sales.work_id,
    sales.territory,
    date_trunc('week', sales.business_on::timestamp)::date AS week_on,
    extract(isodow FROM sales.business_on)::smallint AS weekday,
    part.daypart,
    count(*) AS showtimes,
    sum(sales.seats)::bigint AS seats,
    sum(sales.admissions)::bigint AS admissions,
    round(sum(sales.admissions)::numeric / nullif(sum(sales.seats), 0), 4) AS occupancy
FROM fullhouse.showtime_sales AS sales
INNER JOIN cinema ON cinema.cinema_id = sales.cinema_id
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN local.hour >= 5 AND local.hour < 12 THEN 'morning'
        WHEN local.hour >= 12 AND local.hour < 17 THEN 'afternoon'
        WHEN local.hour >= 17 AND local.hour < 21 THEN 'evening'
        ELSE 'late'
    END AS daypart
    FROM (SELECT extract(hour FROM sales.starts_at AT TIME ZONE cinema.timezone) AS hour) AS local
) AS part
WHERE NOT sales.is_cancelled AND sales.starts_at <= now()
GROUP BY sales.work_id, sales.territory, date_trunc('week', sales.business_on::timestamp)::date,
    extract(isodow FROM sales.business_on), part.daypart;

COMMENT ON VIEW daypart_occupancy IS 'How full the showtimes were that have started, by work, territory, week, weekday and part of the day in local time. Add up seats and admissions and divide; do not average occupancy. Example: SELECT weekday, daypart, sum(admissions) AS admissions, round(sum(admissions) / nullif(sum(seats), 0), 3) AS occupancy FROM daypart_occupancy WHERE territory = ''GB'' GROUP BY weekday, daypart ORDER BY weekday, daypart;';
COMMENT ON COLUMN daypart_occupancy.work_id IS 'As in film_match; NULL for the seconds until the work of a new film is looked for.';
COMMENT ON COLUMN daypart_occupancy.weekday IS 'Of the business day: 1 is Monday, 7 is Sunday.';
COMMENT ON COLUMN daypart_occupancy.daypart IS 'Start in the local time of the cinema: morning from 5, afternoon from 12, evening from 17, late from 21 o''clock.';
COMMENT ON COLUMN daypart_occupancy.seats IS 'Seats of showtimes whose seats were seen.';
COMMENT ON COLUMN daypart_occupancy.admissions IS 'As in fullhouse.showtime_sales.';
COMMENT ON COLUMN daypart_occupancy.occupancy IS 'Admissions over seats, 0 to 1.';
