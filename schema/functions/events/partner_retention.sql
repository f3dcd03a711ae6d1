CREATE OR REPLACE FUNCTION partner_retention(
    of_role name, of_client text, from_on date, until_on date, unit text
)
RETURNS TABLE (
    country text, region text, cohort_on date, after integer, cohort_users bigint, users bigint, is_hidden boolean
)
LANGUAGE plpgsql STABLE ROWS 4000
SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM check_partner_span(from_on, until_on, 366);
    IF unit NOT IN ('day', 'week') OR unit IS NULL THEN
        RAISE EXCEPTION 'the unit of retention is day or week, not %', unit USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY
    SELECT
        area.country, area.region, cell.cohort_on, cell.after, disclosed_users(cell.cohort_users), shown.users,
        cell.users IS NOT NULL AND shown.users IS NULL
    FROM partner_event_areas(of_role) AS area
    CROSS JOIN LATERAL retention(area.client, from_on, until_on, unit, area.country, area.region) AS cell
    CROSS JOIN LATERAL (SELECT disclosed_users(cell.users) AS users) AS shown
    WHERE area.client = of_client
    ORDER BY area.country, area.region, cell.cohort_on, cell.after;
END
$$;

COMMENT ON FUNCTION partner_retention IS 'Retention of the users of a client in each area that a role may see, as retention counts it, cohorts of a year at most: rounded down to multiples of five, hidden below five. Example: SELECT * FROM partner_retention(current_user, ''app'', current_date - 56, current_date, ''week'');';
REVOKE EXECUTE ON FUNCTION partner_retention FROM PUBLIC;
