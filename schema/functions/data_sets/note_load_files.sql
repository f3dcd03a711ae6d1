CREATE OR REPLACE FUNCTION note_load_files(of_name text, of_day date, of_input text, listed jsonb) RETURNS boolean
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    gone integer;
    put integer;
BEGIN
    -- The data set may be gone, or read from another place, since its files were listed.
    PERFORM FROM data_set WHERE data_set.name = of_name FOR KEY SHARE;
    IF NOT EXISTS (
        SELECT FROM data_set_input
        WHERE data_set_input.name = of_name AND data_set_input.kind = 'files' AND data_set_input.input = of_input)
    THEN
        RETURN false;
    END IF;
    -- This locks the row, so two listings of a day follow each other.
    INSERT INTO load_day AS known (name, day, listed_at) VALUES (of_name, of_day, now())
    ON CONFLICT ON CONSTRAINT load_day_key DO UPDATE SET listed_at = now(), is_asked = false;

    DELETE FROM load_file
    WHERE load_file.name = of_name AND load_file.day IS NOT DISTINCT FROM of_day
        AND load_file.path NOT IN (SELECT one.path FROM jsonb_to_recordset(listed) AS one (path text));
    GET DIAGNOSTICS gone = ROW_COUNT;
    INSERT INTO load_file AS known (name, day, path, bytes, modified_at, e_tag)
    SELECT of_name, of_day, one.path, one.bytes, one.modified_at, one.e_tag
    FROM jsonb_to_recordset(listed) AS one (path text, bytes bigint, modified_at timestamptz, e_tag text)
    ON CONFLICT ON CONSTRAINT load_file_key DO UPDATE
    SET bytes = excluded.bytes, modified_at = excluded.modified_at, e_tag = excluded.e_tag, found_at = now(),
        read_at = NULL, row_count = NULL, error_count = NULL
    WHERE (known.bytes, known.modified_at, known.e_tag) IS DISTINCT FROM (excluded.bytes, excluded.modified_at, excluded.e_tag);
    GET DIAGNOSTICS put = ROW_COUNT;
    IF gone + put = 0 THEN
        RETURN false;
    END IF;
    -- Errors of files that are gone or are others now.
    DELETE FROM load_error
    WHERE load_error.name = of_name AND load_error.day IS NOT DISTINCT FROM of_day
        AND NOT EXISTS (
            SELECT FROM load_file
            WHERE load_file.name = of_name AND load_file.day IS NOT DISTINCT FROM of_day
                AND load_file.path = load_error.path AND load_file.read_at IS NOT NULL);
    UPDATE load_day
    SET revision = revision + 1, file_count = jsonb_array_length(listed)
    WHERE load_day.name = of_name AND load_day.day IS NOT DISTINCT FROM of_day;
    RETURN true;
END
$$;

COMMENT ON FUNCTION note_load_files IS 'Stores which files a day of a data set has, as a listing found them; counts a change of the set, which makes the day due. Returns whether it changed. Example: SELECT note_load_files(''my_test'', ''2026-11-30'', ''/srv/files/{date}.csv'', ''[]'');';
REVOKE EXECUTE ON FUNCTION note_load_files FROM PUBLIC;
