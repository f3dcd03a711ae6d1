CREATE OR REPLACE FUNCTION partner_active_users(
    of_role name, of_client text, from_on date, until_on date, days integer
)
RETURNS TABLE (country text, region text, day date, users bigint, is_hidden boolean)
LANGUAGE plpgsql STABLE ROWS 90
SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM check_partner_span(from_on, until_on, 366);
    IF days NOT IN (1, 7, 28) OR days IS NULL THEN
        RAISE EXCEPTION 'users are active for 1, 7 or 28 days, not for %', days USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY
    SELECT area.country, area.region, active.day, shown.users, shown.users IS NULL
    FROM partner_event_areas(of_role) AS area
    CROSS JOIN LATERAL active_users(area.client, from_on, until_on, days, area.country, area.region) AS active
    CROSS JOIN LATERAL (SELECT disclosed_users(active.users) AS users) AS shown
    WHERE area.client = of_client
    ORDER BY area.country, area.region, active.day;
END
$$;

COMMENT ON FUNCTION partner_active_users IS 'Active users of a client in each area that a role may see, as active_users counts them, a year at most: rounded down to a multiple of five, hidden below five. Example: SELECT * FROM partner_active_users(current_user, ''app'', current_date - 28, current_date - 1, 7);';
REVOKE EXECUTE ON FUNCTION partner_active_users FROM PUBLIC;
