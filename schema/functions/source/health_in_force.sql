-- Inlined into source_status and read_source_statuses.sql.

CREATE OR REPLACE FUNCTION health_in_force(state text, over_cap text, health text, ended bigint, failed bigint)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN state <> 'active' THEN state
        WHEN over_cap IS NOT NULL THEN 'over its cap'
        WHEN health <> 'healthy' THEN health
        WHEN failed * 2 > ended THEN 'degraded'
        ELSE 'healthy'
    END
$$;

COMMENT ON FUNCTION health_in_force IS 'What is said of a source: its state if it is not active, that it is over its cap, its health, or that more than half of the jobs of the last minutes failed. Example: SELECT health_in_force(''active'', NULL, ''healthy'', 10, 6);';
