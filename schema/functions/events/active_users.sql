-- By spans: a user that does something on a day is active from that day on for `days` days, or until
-- the next day on which it does something, from which another span begins. So the number of active
-- users is a running sum of begun and ended spans, and no user is counted twice.

CREATE OR REPLACE FUNCTION active_users(
    of_client text, from_on date, until_on date, days integer DEFAULT 28,
    in_country text DEFAULT NULL, in_region text DEFAULT NULL
)
RETURNS TABLE (day date, users bigint)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 90
BEGIN ATOMIC
    WITH span AS (
        SELECT
            user_day.day AS from_on,
            least(
                user_day.day + active_users.days,
                lead(user_day.day) OVER (PARTITION BY user_day.user_id ORDER BY user_day.day)) AS until_on
        FROM user_day
        WHERE user_day.client_id = (SELECT client_id FROM event_client WHERE name = active_users.of_client)
            AND user_day.day > active_users.from_on - active_users.days
            AND user_day.day <= active_users.until_on
            AND (active_users.in_country IS NULL OR user_day.place_id IN (
                SELECT place_id FROM places_in(active_users.in_country, active_users.in_region) AS place_id))
    ),
    change AS (
        SELECT one.on_day, sum(one.users) AS users
        FROM (
            SELECT span.from_on AS on_day, count(*) AS users FROM span GROUP BY span.from_on
            UNION ALL
            SELECT span.until_on, -count(*) FROM span GROUP BY span.until_on
        ) AS one
        GROUP BY one.on_day
    ),
    calendar AS (
        SELECT one::date AS day
        FROM generate_series(
            (active_users.from_on - active_users.days + 1)::timestamp, active_users.until_on::timestamp,
            interval '1 day') AS one
    )
    SELECT total.day, total.users
    FROM (
        SELECT calendar.day, sum(coalesce(change.users, 0)) OVER (ORDER BY calendar.day)::bigint AS users
        FROM calendar
        LEFT JOIN change ON change.on_day = calendar.day
    ) AS total
    WHERE total.day >= active_users.from_on
    ORDER BY total.day;
END;

COMMENT ON FUNCTION active_users IS 'Users of a client that did something on each day or in the days before it, days in all: 1, 7 or 28; in a country, or a region of it, if one is named. Days are those of the client, and a user is where it was first on a day. Example: SELECT day, users FROM active_users(''app'', current_date - 90, current_date - 1, 28);';
REVOKE EXECUTE ON FUNCTION active_users FROM PUBLIC;
