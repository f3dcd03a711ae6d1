CREATE OR REPLACE FUNCTION fullhouse.create_rollup(name text, query text, keys text[])
RETURNS bigint
LANGUAGE plpgsql
-- Runs with the rights of the caller: this is the only statement that contains text of a user.
SECURITY INVOKER
SET search_path = fullhouse, analytics, analytics_detail, public, pg_temp SET timezone = 'UTC'
AS $$
#variable_conflict use_variable
BEGIN
    IF strpos(rtrim(query, E'; \n\t'), ';') > 0 THEN
        RAISE EXCEPTION 'the query of a rollup is one SELECT, without a semicolon';
    END IF;
    EXECUTE format(E'CREATE VIEW %I.query AS %s\n', fullhouse.open_rollup_draft(), rtrim(query, E'; \n\t'));
    RETURN fullhouse.adopt_rollup_draft(name, keys);
END
$$;

COMMENT ON FUNCTION fullhouse.create_rollup IS 'Makes a rollup from a name, a SELECT ... GROUP BY, and the columns that name a row. The query reads the relations of rollup_input or one other rollup, as far as its caller may read them. Every row must depend on the showtimes of its bucket alone. Returns the number of past buckets, which the leader fills in batches (see rollup_status); fullhouse.NAME can be read from the start. Example: SELECT fullhouse.create_rollup(''late_film'', ''SELECT film_id, count(*) AS showtimes, sum(admissions) AS admissions FROM showtime_standing WHERE extract(hour FROM starts_at) >= 21 GROUP BY film_id'', ''{film_id}'');';
REVOKE EXECUTE ON FUNCTION fullhouse.create_rollup FROM PUBLIC;
