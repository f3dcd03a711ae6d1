CREATE OR REPLACE FUNCTION refresh_view(of_execution bigint)
RETURNS text
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    execution refresh_execution;
    may_be_concurrent boolean;
    outcome text := 'refreshed';
    reason text;
BEGIN
    -- The lock says that this execution is alive, for as long as its connection is.
    SELECT * INTO execution
    FROM refresh_execution
    WHERE execution_id = of_execution AND ended_at IS NULL
    FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 'superseded';
    END IF;
    BEGIN
        SELECT schedule.is_concurrent AND pg_class.relispopulated INTO STRICT may_be_concurrent
        FROM refresh_schedule AS schedule
        INNER JOIN pg_class ON pg_class.oid = to_regclass(quote_ident(schedule.view_name))
        WHERE schedule.view_name = execution.view_name;
        EXECUTE format(
            'REFRESH MATERIALIZED VIEW %s %I',
            CASE WHEN may_be_concurrent THEN 'CONCURRENTLY' ELSE '' END, execution.view_name);
    EXCEPTION
        WHEN query_canceled THEN
            outcome := 'terminated';
            reason := 'it took longer than its maximum duration, or a person cancelled it';
        WHEN no_data_found THEN
            outcome := 'failed';
            reason := 'there is no such materialised view';
        WHEN OTHERS THEN
            outcome := 'failed';
            reason := SQLERRM;
    END;
    UPDATE refresh_execution
    SET ended_at = clock_timestamp(),
        terminated_at = CASE WHEN outcome = 'terminated' THEN clock_timestamp() END,
        succeeded = outcome = 'refreshed',
        error = reason
    WHERE execution_id = of_execution;
    RETURN outcome;
END
$$;

COMMENT ON FUNCTION refresh_view IS 'Runs a refresh that was claimed and records its outcome: refreshed, terminated, failed, or superseded if the execution was given up before. The statement timeout of the caller is its maximum duration. For coordinators; people use coordinator view refresh NAME. Example: SELECT refresh_view(4711);';
REVOKE EXECUTE ON FUNCTION refresh_view FROM PUBLIC;
