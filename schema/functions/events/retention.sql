-- The first day of a user is that of all days, not of those asked for: user_day is never dropped. A
-- cell whose time is not over is NULL, never 0. In a country or region, only what users did there is
-- looked at, so a user begins there on its first day there.

CREATE OR REPLACE FUNCTION retention(
    of_client text, from_on date, until_on date, unit text DEFAULT 'day',
    in_country text DEFAULT NULL, in_region text DEFAULT NULL
)
RETURNS TABLE (cohort_on date, after integer, cohort_users bigint, users bigint)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 4000
BEGIN ATOMIC
    WITH client AS (
        SELECT
            event_client.client_id,
            (now() AT TIME ZONE event_client.time_zone)::date AS today,
            CASE retention.unit WHEN 'day' THEN 1 WHEN 'week' THEN 7 END AS length,
            -- A week of the client began on this day: 3 January 2000 was a Monday.
            date '2000-01-03' + event_client.week_start - 1 AS origin
        FROM event_client
        WHERE event_client.name = retention.of_client
    ),
    person AS (
        SELECT user_day.user_id, min(user_day.day) AS first_on
        FROM user_day
        WHERE user_day.client_id = (SELECT client_id FROM client)
            AND (retention.in_country IS NULL OR user_day.place_id IN (
                SELECT place_id FROM places_in(retention.in_country, retention.in_region) AS place_id))
        GROUP BY user_day.user_id
    ),
    -- Cohorts and days as numbers of the unit.
    cohort AS (
        SELECT
            person.user_id,
            floor((person.first_on - client.origin)::numeric / client.length)::integer AS number
        FROM person
        CROSS JOIN client
        WHERE person.first_on BETWEEN retention.from_on AND retention.until_on
    ),
    returned AS (
        SELECT cohort.number, seen.number - cohort.number AS after, count(DISTINCT cohort.user_id) AS users
        FROM cohort
        CROSS JOIN client
        INNER JOIN user_day
            ON user_day.user_id = cohort.user_id AND user_day.client_id = client.client_id
            AND (retention.in_country IS NULL OR user_day.place_id IN (
                SELECT place_id FROM places_in(retention.in_country, retention.in_region) AS place_id))
        CROSS JOIN LATERAL (
            SELECT floor((user_day.day - client.origin)::numeric / client.length)::integer AS number
        ) AS seen
        GROUP BY cohort.number, after
    ),
    size AS (
        SELECT cohort.number, count(*) AS users FROM cohort GROUP BY cohort.number
    )
    SELECT
        client.origin + size.number * client.length AS cohort_on,
        step.after,
        size.users AS cohort_users,
        CASE WHEN client.origin + (size.number + step.after + 1) * client.length <= client.today
            THEN coalesce(returned.users, 0) END AS users
    FROM size
    CROSS JOIN client
    CROSS JOIN LATERAL generate_series(
        0, floor((client.today - client.origin)::numeric / client.length)::integer - size.number) AS step (after)
    LEFT JOIN returned ON returned.number = size.number AND returned.after = step.after
    ORDER BY cohort_on, step.after;
END;

COMMENT ON FUNCTION retention IS 'Of the users of a client whose first day or week lies between two days: how many did something so many days or weeks later; unit is day or week. users is NULL while that time is not over. Weeks begin as the client says. If a country is named, or a region of it, only what users did there counts. Example: SELECT cohort_on, after, users::float / cohort_users AS share FROM retention(''app'', current_date - 56, current_date, ''week'');';
REVOKE EXECUTE ON FUNCTION retention FROM PUBLIC;
