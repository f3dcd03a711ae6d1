CREATE OR REPLACE FUNCTION check_partner_span(from_on date, until_on date, max_days integer)
RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF from_on IS NULL OR until_on IS NULL OR until_on < from_on OR until_on - from_on >= max_days THEN
        RAISE EXCEPTION 'the days from % to % cannot be asked for: name two days in order, % days at most', from_on, until_on, max_days
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
END
$$;

COMMENT ON FUNCTION check_partner_span IS 'Refuses a span of days that is none or too long for a partner to ask for. Example: SELECT check_partner_span(''2026-01-01'', ''2026-01-31'', 31);';
REVOKE EXECUTE ON FUNCTION check_partner_span FROM PUBLIC;
