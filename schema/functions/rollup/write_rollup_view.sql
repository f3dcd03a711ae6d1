CREATE OR REPLACE FUNCTION write_rollup_view(of_rollup text) RETURNS void
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
    one rollup;
BEGIN
    SELECT * INTO STRICT one FROM rollup WHERE rollup.name = of_rollup;
    EXECUTE format(
        'CREATE OR REPLACE VIEW fullhouse.%1$I AS
        SELECT kept.* FROM rollup.%1$I AS kept
        WHERE NOT EXISTS (SELECT FROM rollup.stale_buckets(%1$L, NULL::rollup.%2$I) AS stale WHERE %3$s)
        UNION ALL
        SELECT * FROM rollup.current_rows(%1$L, NULL::rollup.%1$I)',
        of_rollup, of_rollup || '_dirty', equal_columns(one.bucket, 'stale', 'kept'));
    EXECUTE format('GRANT SELECT ON fullhouse.%1$I, rollup.%1$I TO rollup_runner', of_rollup);
END
$$;

COMMENT ON FUNCTION write_rollup_view IS 'Makes or replaces the view of a rollup. Example: SELECT write_rollup_view(''film_day'');';
REVOKE EXECUTE ON FUNCTION write_rollup_view FROM PUBLIC;
