CREATE OR REPLACE FUNCTION note_data_set_failure(of_name text, of_day date, revisions jsonb, reason text) RETURNS void
LANGUAGE sql
AS $$
    INSERT INTO data_set_day AS known (name, day, tries, tried_revisions, tried_at, retry_at, error)
    VALUES (of_name, of_day, 1, revisions, clock_timestamp(), clock_timestamp() + interval '1 minute', reason)
    ON CONFLICT ON CONSTRAINT data_set_day_key DO UPDATE
    SET tries = CASE WHEN known.tried_revisions = excluded.tried_revisions THEN known.tries + 1 ELSE 1 END,
        -- A minute, then five.
        retry_at = clock_timestamp() + interval '1 minute'
            * CASE WHEN known.tried_revisions = excluded.tried_revisions THEN 5 ELSE 1 END,
        tried_revisions = excluded.tried_revisions, tried_at = excluded.tried_at, error = excluded.error
$$;

COMMENT ON FUNCTION note_data_set_failure IS 'Counts a failed build of a day, which is tried three times. Example: SELECT note_data_set_failure(''my_test'', NULL, ''{}'', ''division by zero'');';
REVOKE EXECUTE ON FUNCTION note_data_set_failure FROM PUBLIC;
