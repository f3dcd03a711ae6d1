CREATE OR REPLACE FUNCTION materialise_column(watched_table text, new_column text, column_type text, new_expression text)
RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM FROM materialised_table WHERE name = watched_table FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no table % in materialised_table', watched_table;
    ELSIF strpos(new_expression, ';') > 0 THEN
        RAISE EXCEPTION 'an expression has no semicolon';
    END IF;
    EXECUTE format('ALTER TABLE %I ADD COLUMN IF NOT EXISTS %I %s', watched_table, new_column, column_type::regtype);
    -- Refused here and not by the first coordinator: an invalid expression, and one that is not a
    -- single value, such as two columns with a comma.
    EXECUTE format(E'EXPLAIN UPDATE %I AS fact SET %I = (%s\n)', watched_table, new_column, new_expression);
    EXECUTE format(E'EXPLAIN SELECT (SELECT (%1$s\n)), (%1$s\n), 1 FROM %2$I AS fact', new_expression, watched_table);
    INSERT INTO materialised_column (table_name, column_name, expression)
    -- A comment at its end would hide the text that follows.
    VALUES (watched_table, new_column, new_expression || CASE WHEN strpos(new_expression, '--') > 0 THEN E'\n' ELSE '' END)
    ON CONFLICT (table_name, column_name) DO UPDATE
    SET expression = excluded.expression,
        defined_at = now(),
        backfilled_at = NULL,
        backfilled_through = -9223372036854775808,
        backfilled_rows = 0;
    UPDATE materialised_table SET paused_until = NULL, pause_reason = NULL WHERE name = watched_table;
END
$$;

COMMENT ON FUNCTION materialise_column IS 'Adds a computed column to a watched table, or changes its expression; coordinators fill in old rows, without touching other columns. Give it a COMMENT, too. Example: SELECT materialise_column(''cinema_fact'', ''name_length'', ''integer'', ''(SELECT length(cinema.name) FROM cinema WHERE cinema.cinema_id = fact.cinema_id)'');';
REVOKE EXECUTE ON FUNCTION materialise_column FROM PUBLIC;
