//! Facts about the database server.

use sqlx::PgConnection;

use super::Sighting;

/// Transactions that began so many minutes ago.
pub(super) async fn old_transactions(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_as!(
        Sighting,
        r#"SELECT kind || ' ' || name AS "subject!", extract(epoch FROM now() - started_at)::double precision / 60 AS "value!",
            concat_ws(', ', application, role_name, state, statement) AS details
        FROM database_transaction
        WHERE started_at < now() - make_interval(secs => $1::double precision * 60)
        ORDER BY started_at LIMIT 1000"#,
        threshold
    )
    .fetch_all(db)
    .await
}

/// Whether the oldest rows are older than so many transactions.
pub(super) async fn wraparound(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_as!(
        Sighting,
        r#"SELECT datname::text AS "subject!", greatest(age(datfrozenxid), mxid_age(datminmxid))::double precision AS "value!",
            NULL::text AS details
        FROM pg_database
        WHERE datname = current_database() AND greatest(age(datfrozenxid), mxid_age(datminmxid)) >= $1::double precision"#,
        threshold
    )
    .fetch_all(db)
    .await
}

/// Tables whose dead rows are so many times those at which vacuum is due; small tables are left out.
pub(super) async fn bloated_tables(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_as!(
        Sighting,
        r#"SELECT table_name AS "subject!", vacuum_due AS "value!",
            format('%s dead rows of %s, last vacuumed at %s', dead_rows, rows_estimated, last_vacuum_at) AS details
        FROM database_table
        WHERE vacuum_due >= $1::double precision AND dead_rows > 100000
        ORDER BY table_name LIMIT 1000"#,
        threshold
    )
    .fetch_all(db)
    .await
}

/// Slots that hold back so many bytes of the log.
pub(super) async fn slots_hold_wal(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_as!(
        Sighting,
        r#"SELECT slot_name AS "subject!", held_bytes::double precision AS "value!",
            concat_ws(', ', CASE WHEN active THEN 'active' ELSE 'inactive' END, wal_status) AS details
        FROM database_slot
        WHERE held_bytes >= $1::double precision
        ORDER BY slot_name LIMIT 1000"#,
        threshold
    )
    .fetch_all(db)
    .await
}

/// Whether the log could not be archived for so many minutes.
pub(super) async fn archive_failing(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_as!(
        Sighting,
        r#"SELECT 'server' AS "subject!", extract(epoch FROM now() - coalesce(last_archived_time, stats_reset))::double precision / 60 AS "value!",
            last_failed_wal AS details
        FROM pg_stat_archiver
        WHERE last_failed_time > coalesce(last_archived_time, stats_reset)
            AND coalesce(last_archived_time, stats_reset) < now() - make_interval(secs => $1::double precision * 60)"#,
        threshold
    )
    .fetch_all(db)
    .await
}

/// Whether more than this share of the connections is used.
pub(super) async fn connections_scarce(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_file_as!(Sighting, "queries/alert_connections.sql", threshold)
        .fetch_all(db)
        .await
}
