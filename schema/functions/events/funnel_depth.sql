-- For each step, the latest start of a way that has come this far: so a way that began again later
-- counts, and each event is looked at once. Steps are tried from the last to the first, so that one
-- event is never two steps of one way.

CREATE OR REPLACE FUNCTION funnel_depth(at timestamptz[], name text[], steps text[], within interval)
RETURNS integer
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    started timestamptz[] := array_fill(NULL::timestamptz, ARRAY[cardinality(steps)]);
    deepest integer := 0;
BEGIN
    FOR one IN 1 .. coalesce(cardinality(at), 0) LOOP
        FOR step IN REVERSE least(deepest + 1, cardinality(steps)) .. 1 LOOP
            CONTINUE WHEN steps[step] <> name[one];
            IF step = 1 THEN
                started[1] := at[one];
            ELSIF at[one] - started[step - 1] <= within THEN
                started[step] := started[step - 1];
            ELSE
                CONTINUE;
            END IF;
            deepest := greatest(deepest, step);
        END LOOP;
    END LOOP;
    RETURN deepest;
END
$$;

COMMENT ON FUNCTION funnel_depth IS 'How many of the steps a user took in their order, within a time from the first, by the times of its events and their names in the order of time. Example: SELECT funnel_depth(ARRAY[now()], ARRAY[''open''], ARRAY[''open'', ''buy''], ''1 day'');';
REVOKE EXECUTE ON FUNCTION funnel_depth FROM PUBLIC;
