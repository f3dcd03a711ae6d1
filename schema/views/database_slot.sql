CREATE OR REPLACE VIEW database_slot WITH (security_invoker = true) AS
SELECT
    slot.slot_name::text AS slot_name,
    slot.slot_type,
    slot.active,
    slot.wal_status,
    pg_wal_lsn_diff(
        CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END,
        slot.restart_lsn)::bigint AS held_bytes
FROM pg_replication_slots AS slot;

COMMENT ON VIEW database_slot IS 'Replication slots, and how much of the log each holds back on the disk. Example: SELECT slot_name, active, pg_size_pretty(held_bytes) FROM database_slot ORDER BY held_bytes DESC;';
