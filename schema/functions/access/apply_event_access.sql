-- Partners have no right on any table or view of events: row-level security cannot hide small groups,
-- because who may count rows may read them. They call these functions, which pass the name of their
-- caller to functions that run as their owner.

CREATE OR REPLACE FUNCTION apply_event_access()
RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
BEGIN
    CREATE OR REPLACE FUNCTION analytics.partner_event_areas()
    RETURNS TABLE (client text, time_zone text, country text, region text)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT client, time_zone, country, region FROM public.partner_event_areas(current_user);
    END;
    CREATE OR REPLACE FUNCTION analytics.partner_events(of_client text, from_on date, until_on date)
    RETURNS TABLE (
        country text, region text, day date, event text, events bigint, users bigint, is_hidden boolean
    )
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT * FROM public.partner_events(current_user, of_client, from_on, until_on);
    END;
    CREATE OR REPLACE FUNCTION analytics.partner_active_users(
        of_client text, from_on date, until_on date, days integer DEFAULT 28
    )
    RETURNS TABLE (country text, region text, day date, users bigint, is_hidden boolean)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT * FROM public.partner_active_users(current_user, of_client, from_on, until_on, days);
    END;
    CREATE OR REPLACE FUNCTION analytics.partner_retention(
        of_client text, from_on date, until_on date, unit text DEFAULT 'week'
    )
    RETURNS TABLE (
        country text, region text, cohort_on date, after integer, cohort_users bigint, users bigint,
        is_hidden boolean
    )
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT * FROM public.partner_retention(current_user, of_client, from_on, until_on, unit);
    END;
    CREATE OR REPLACE FUNCTION analytics.partner_funnel(
        of_client text, steps text[], from_on date, until_on date, within text DEFAULT '7 days'
    )
    RETURNS TABLE (country text, region text, step integer, event text, users bigint, is_hidden boolean)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT * FROM public.partner_funnel(current_user, of_client, steps, from_on, until_on, within);
    END;
    COMMENT ON FUNCTION analytics.partner_event_areas IS 'The clients, countries and regions whose events you may see counted. Example: SELECT * FROM partner_event_areas();';
    COMMENT ON FUNCTION analytics.partner_events IS 'Events by name and day in each of your areas, 31 days at most, without known bots: hidden where fewer than five users did them; users are rounded down to a multiple of five. Example: SELECT * FROM partner_events(''app'', current_date - 7, current_date);';
    COMMENT ON FUNCTION analytics.partner_active_users IS 'Users in each of your areas that did something on each day or in the days before it: 1, 7 or 28 days in all. Rounded down to a multiple of five, hidden below five. Example: SELECT * FROM partner_active_users(''app'', current_date - 28, current_date - 1, 7);';
    COMMENT ON FUNCTION analytics.partner_retention IS 'Of the users that began in one of your areas on a day or in a week: how many came back there later. Rounded down to multiples of five, hidden below five; NULL and not hidden while that time is not over. Example: SELECT * FROM partner_retention(''app'', current_date - 56, current_date, ''week'');';
    COMMENT ON FUNCTION analytics.partner_funnel IS 'Users in each of your areas that took steps in order within 1 hour, 1 day, 7 days or 28 days, over whole days, 31 at most. Rounded down to a multiple of five, hidden below five. Example: SELECT * FROM partner_funnel(''app'', ARRAY[''film opened'', ''ticket bought''], current_date - 7, current_date - 1, ''1 day'');';
    REVOKE ALL ON FUNCTION analytics.partner_event_areas, analytics.partner_events,
        analytics.partner_active_users, analytics.partner_retention, analytics.partner_funnel FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION analytics.partner_event_areas, analytics.partner_events,
        analytics.partner_active_users, analytics.partner_retention, analytics.partner_funnel TO fullhouse_partner;
    -- The functions above call these with the rights of their caller, who cannot name them.
    GRANT EXECUTE ON FUNCTION public.partner_event_areas, public.partner_events,
        public.partner_active_users, public.partner_retention, public.partner_funnel TO fullhouse_partner;
END
$$;

COMMENT ON FUNCTION apply_event_access IS 'Makes the functions by which partners see counts of events, and gives partners the right to call them. Called by apply_access. Example: SELECT apply_event_access();';
