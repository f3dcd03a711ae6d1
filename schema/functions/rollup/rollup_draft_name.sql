CREATE OR REPLACE FUNCTION rollup_draft_name() RETURNS text
LANGUAGE sql STABLE
RETURN 'rollup_draft_' || pg_current_xact_id()::text;

COMMENT ON FUNCTION rollup_draft_name IS 'The schema of the draft of this transaction. Example: SELECT rollup_draft_name();';
