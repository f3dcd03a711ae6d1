-- Whole days and a closed list of times: with free ones, a caller could find the second at which a
-- number rises, and so single users.

CREATE OR REPLACE FUNCTION partner_funnel(
    of_role name, of_client text, steps text[], from_on date, until_on date, within text
)
RETURNS TABLE (country text, region text, step integer, event text, users bigint, is_hidden boolean)
LANGUAGE plpgsql STABLE ROWS 10
SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM check_partner_span(from_on, until_on, 31);
    IF cardinality(steps) NOT BETWEEN 1 AND 10 OR steps IS NULL THEN
        RAISE EXCEPTION 'a funnel has 1 to 10 steps' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF within NOT IN ('1 hour', '1 day', '7 days', '28 days') OR within IS NULL THEN
        RAISE EXCEPTION 'the time for all steps is 1 hour, 1 day, 7 days or 28 days, not %', within
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY
    SELECT area.country, area.region, taken.step, taken.event, shown.users, shown.users IS NULL
    FROM partner_event_areas(of_role) AS area
    CROSS JOIN LATERAL funnel(
        area.client, steps, from_on::timestamp AT TIME ZONE area.time_zone,
        (until_on + 1)::timestamp AT TIME ZONE area.time_zone, within::interval, area.country, area.region) AS taken
    CROSS JOIN LATERAL (SELECT disclosed_users(taken.users) AS users) AS shown
    WHERE area.client = of_client
    ORDER BY area.country, area.region, taken.step;
END
$$;

COMMENT ON FUNCTION partner_funnel IS 'Users of a client that took steps in order within a time, in each area that a role may see, as funnel counts them, over whole days, 31 at most: rounded down to a multiple of five, hidden below five. Example: SELECT * FROM partner_funnel(current_user, ''app'', ARRAY[''film opened'', ''ticket bought''], current_date - 7, current_date - 1, ''1 day'');';
REVOKE EXECUTE ON FUNCTION partner_funnel FROM PUBLIC;
