CREATE OR REPLACE VIEW database_transaction WITH (security_invoker = true) AS
SELECT
    'session' AS kind,
    activity.pid::text AS name,
    activity.usename::text AS role_name,
    activity.application_name AS application,
    activity.state,
    activity.xact_start AS started_at,
    age(activity.backend_xmin) AS holds_transactions,
    left(activity.query, 200) AS statement
FROM pg_stat_activity AS activity
WHERE activity.xact_start IS NOT NULL AND activity.pid <> pg_backend_pid()
    AND activity.backend_type <> 'autovacuum worker'
UNION ALL
SELECT
    'prepared', prepared.gid, prepared.owner::text, NULL, NULL, prepared.prepared, age(prepared.transaction), NULL
FROM pg_prepared_xacts AS prepared
UNION ALL
SELECT
    'replication slot', slot.slot_name::text, NULL, slot.plugin::text,
    CASE WHEN slot.active THEN 'active' ELSE 'inactive' END,
    NULL, greatest(age(slot.xmin), age(slot.catalog_xmin)), NULL
FROM pg_replication_slots AS slot
WHERE slot.xmin IS NOT NULL OR slot.catalog_xmin IS NOT NULL;

COMMENT ON VIEW database_transaction IS 'Open sessions, prepared transactions and replication slots that keep dead rows from being cleaned up, on the whole server. Example: SELECT kind, name, application, now() - started_at AS age, state FROM database_transaction ORDER BY started_at LIMIT 5;';
COMMENT ON COLUMN database_transaction.name IS 'Number of the process, which pg_terminate_backend takes; name of the prepared transaction or slot.';
COMMENT ON COLUMN database_transaction.holds_transactions IS 'Age in transactions of the oldest state that it may see; rows that died since then stay.';
