CREATE OR REPLACE FUNCTION note_event_days(of_client smallint, days date[]) RETURNS void
LANGUAGE sql
AS $$
    INSERT INTO event_day_change AS known (client_id, day)
    SELECT DISTINCT of_client, changed.day + near.days
    FROM unnest(days) AS changed (day)
    CROSS JOIN generate_series(-1, 1) AS near (days)
    -- Two that note the same days do so one after the other.
    ORDER BY 2
    ON CONFLICT (client_id, day) DO UPDATE SET changes = known.changes + 1
$$;

COMMENT ON FUNCTION note_event_days IS 'Counts days of a client whose stored events changed, and their neighbours, as another time zone may have these events there. Example: SELECT note_event_days(1::smallint, ARRAY[current_date - 1]);';
REVOKE EXECUTE ON FUNCTION note_event_days FROM PUBLIC;
