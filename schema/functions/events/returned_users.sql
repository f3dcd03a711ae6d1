-- Returns of users by cohort, as retention and partner_retention show them.
--
-- user_day_user_idx has the days of each user in order, so two passes over it are merged, by several
-- processes, and nothing is sorted. The planner knows neither that the visits fall into few cells nor
-- that most users are asked for: it would sort the visits and look each user up.

CREATE OR REPLACE FUNCTION returned_users(
    of_client_id smallint, from_on date, until_on date, origin date, length integer, places smallint[]
)
RETURNS TABLE (cohort integer, seen integer, users bigint)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 4000
SET enable_sort = off
SET enable_nestloop = off
SET enable_hashjoin = off
BEGIN ATOMIC
    WITH visit AS NOT MATERIALIZED (
        SELECT user_day.user_id, user_day.day
        FROM user_day
        WHERE user_day.client_id = returned_users.of_client_id
            AND (returned_users.places IS NULL OR user_day.place_id = ANY (returned_users.places))
    ),
    person AS NOT MATERIALIZED (
        SELECT visit.user_id, min(visit.day) AS first_on
        FROM visit
        GROUP BY visit.user_id
        HAVING min(visit.day) BETWEEN returned_users.from_on AND returned_users.until_on
    )
    SELECT person.first_on - returned_users.origin AS cohort, visit.day - returned_users.origin AS seen, count(*)
    FROM person
    INNER JOIN visit ON visit.user_id = person.user_id
    WHERE returned_users.length = 1
    GROUP BY 1, 2
    UNION ALL
    -- Days of a user are distinct, the periods in which they lie are not.
    SELECT (person.first_on - returned_users.origin) / returned_users.length, period.number, count(*)
    FROM person
    INNER JOIN (
        SELECT
            visit.user_id,
            (visit.day - returned_users.origin) / returned_users.length AS number,
            (lag(visit.day) OVER (PARTITION BY visit.user_id ORDER BY visit.day) - returned_users.origin)
                / returned_users.length AS last_number
        FROM visit
    ) AS period ON period.user_id = person.user_id AND period.last_number IS DISTINCT FROM period.number
    WHERE returned_users.length > 1
    GROUP BY 1, 2;
END;

COMMENT ON FUNCTION returned_users IS 'Users of a client by the period of their first day, between two days, and each period in which they did something; periods of so many days are numbered from an origin that lies before all days. places are those to which all is limited, or NULL. Example: SELECT * FROM returned_users(1::smallint, current_date - 28, current_date, ''0001-01-01'', 7, NULL);';
REVOKE EXECUTE ON FUNCTION returned_users FROM PUBLIC;
