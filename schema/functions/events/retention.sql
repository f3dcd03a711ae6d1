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
            -- A week of the client began on this day: 1 January 1 was a Monday, and this is 101 weeks
            -- before, as times of the year 0 can be sent. So days and weeks have numbers from 0, and
            -- integers divide as they should.
            date '0001-01-01' - 708 + event_client.week_start AS origin
        FROM event_client
        WHERE event_client.name = retention.of_client
    ),
    returned AS MATERIALIZED (
        SELECT one.cohort, one.seen, one.users
        FROM client
        CROSS JOIN LATERAL returned_users(
            client.client_id, retention.from_on, retention.until_on, client.origin, client.length,
            CASE WHEN retention.in_country IS NOT NULL THEN array(
                SELECT place_id FROM places_in(retention.in_country, retention.in_region) AS place_id) END) AS one
    )
    SELECT
        client.origin + size.cohort * client.length AS cohort_on,
        step.after,
        size.users AS cohort_users,
        CASE WHEN client.origin + (size.cohort + step.after + 1) * client.length <= client.today
            THEN coalesce(returned.users, 0) END AS users
    -- Every user of a cohort was there when it began.
    FROM returned AS size
    CROSS JOIN client
    CROSS JOIN LATERAL generate_series(0, (client.today - client.origin) / client.length - size.cohort)
        AS step (after)
    LEFT JOIN returned ON returned.cohort = size.cohort AND returned.seen = size.cohort + step.after
    WHERE size.seen = size.cohort
    ORDER BY cohort_on, step.after;
END;

COMMENT ON FUNCTION retention IS 'Of the users of a client whose first day or week lies between two days: how many did something so many days or weeks later; unit is day or week. users is NULL while that time is not over. Weeks begin as the client says. If a country is named, or a region of it, only what users did there counts. Example: SELECT cohort_on, after, users::float / cohort_users AS share FROM retention(''app'', current_date - 56, current_date, ''week'');';
REVOKE EXECUTE ON FUNCTION retention FROM PUBLIC;
