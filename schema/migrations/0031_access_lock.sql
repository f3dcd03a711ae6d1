-- Putting access into force is serialised by a lock that only its owner may take. The advisory
-- lock before could be held by whoever may connect, and then nobody was let in and no migration ended.
DO $$
DECLARE
    was CONSTANT text := 'PERFORM pg_advisory_xact_lock(hashtextextended(''fullhouse apply_access'', 0))';
    one regprocedure;
BEGIN
    FOR one IN
        SELECT oid FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND prokind = 'f' AND strpos(prosrc, was) > 0
    LOOP
        EXECUTE replace(pg_get_functiondef(one), was, 'LOCK TABLE view_audience IN SHARE ROW EXCLUSIVE MODE');
    END LOOP;
END
$$;
