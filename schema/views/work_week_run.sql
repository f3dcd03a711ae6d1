-- The windows are by work and territory, so a condition on these reaches the rows below.
CREATE OR REPLACE VIEW work_week_run WITH (security_invoker = true) AS
WITH cinema_week AS (
    SELECT
        sales.work_id,
        sales.territory,
        date_trunc('week', sales.business_on::timestamp)::date AS week_on,
        sales.cinema_id,
        count(*) AS showtimes,
        sum(sales.seats) AS seats,
        sum(sales.admissions) AS admissions
    FROM fullhouse.showtime_sales AS sales
    WHERE NOT sales.is_cancelled AND sales.work_id IS NOT NULL
    GROUP BY sales.work_id, sales.territory, date_trunc('week', sales.business_on::timestamp)::date, sales.cinema_id
),
cinema_run AS (
    SELECT
        cinema_week.*,
        lag(week_on) OVER (PARTITION BY work_id, territory, cinema_id ORDER BY week_on) = week_on - 7 AS is_held
    FROM cinema_week
),
run AS (
    SELECT
        work_id,
        territory,
        week_on,
        sum(showtimes)::bigint AS showtimes,
        count(*) AS cinemas,
        count(*) FILTER (WHERE is_held) AS cinemas_held,
        sum(seats)::bigint AS seats,
        sum(admissions)::bigint AS admissions
    FROM cinema_run
    GROUP BY work_id, territory, week_on
)
SELECT
    run.work_id,
    work.title,
    run.territory,
    run.week_on,
    1 + (run.week_on - first_value(run.week_on) OVER weeks) / 7 AS week_number,
    run.week_on + 7 <= (now() AT TIME ZONE 'UTC')::date AS is_over,
    run.showtimes,
    run.cinemas,
    run.cinemas_held,
    CASE WHEN lag(run.week_on) OVER weeks = run.week_on - 7
        THEN round(run.cinemas_held::numeric / lag(run.cinemas) OVER weeks, 4) END AS holdover,
    run.seats,
    run.admissions,
    round(run.admissions::numeric / nullif(run.seats, 0), 4) AS occupancy,
    round(run.admissions::numeric / run.cinemas, 1) AS per_cinema,
    CASE WHEN lag(run.week_on) OVER weeks = run.week_on - 7
        THEN round(run.admissions::numeric / nullif(lag(run.admissions) OVER weeks, 0) - 1, 4) END AS change,
    (sum(run.admissions) OVER weeks)::bigint AS admissions_to_date,
    round(sum(run.admissions) OVER weeks / nullif(first_value(run.admissions) OVER weeks, 0), 3) AS multiple
FROM run
INNER JOIN work ON work.work_id = run.work_id
WINDOW weeks AS (PARTITION BY run.work_id, run.territory ORDER BY run.week_on);

COMMENT ON VIEW work_week_run IS 'Each work by territory and week, over all sources: its cinemas, how many kept it, its admissions per cinema, and how it holds. Of showtimes whose seats were seen and that were not cancelled. Weeks begin on Monday; of a week that is not over, figures are those so far. Name works or territories: all of them are a scan of all showtimes. Example: SELECT week_on, cinemas, holdover, admissions, per_cinema, change, multiple FROM work_week_run WHERE work_id = 1 AND territory = ''GB'' ORDER BY week_on;';
COMMENT ON COLUMN work_week_run.week_number IS '1 for the first week with seats that were seen, previews included; weeks without showtimes count.';
COMMENT ON COLUMN work_week_run.is_over IS 'Whether its last business day has ended (UTC).';
COMMENT ON COLUMN work_week_run.cinemas IS 'Cinemas with such a showtime.';
COMMENT ON COLUMN work_week_run.cinemas_held IS 'Those of them that had one in the week before.';
COMMENT ON COLUMN work_week_run.holdover IS 'Share of the cinemas of the week before that kept it, 0 to 1; NULL if it did not run then.';
COMMENT ON COLUMN work_week_run.admissions IS 'As in fullhouse.work_week, over all currencies.';
COMMENT ON COLUMN work_week_run.occupancy IS 'Admissions over seats, 0 to 1.';
COMMENT ON COLUMN work_week_run.per_cinema IS 'Admissions per cinema, which the trade calls the per-screen average.';
COMMENT ON COLUMN work_week_run.change IS 'Change of admissions against the week before: -0.4 is a drop by 40 %. NULL if it did not run then.';
COMMENT ON COLUMN work_week_run.multiple IS 'Admissions to date over those of the first week.';
