//! Facts about rollups, partitions, exports, forecasts, anomalies, events and regions.

use sqlx::PgConnection;

use super::Sighting;

/// Rollups that were set aside so many hours ago.
pub(super) async fn rollups_aside(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_as!(
        Sighting,
        r#"SELECT name AS "subject!", extract(epoch FROM now() - failed_at)::double precision / 3600 AS "value!",
            last_error AS details
        FROM rollup
        WHERE failed_at <= now() - make_interval(secs => $1::double precision * 3600)
        ORDER BY name LIMIT 1000"#,
        threshold
    )
    .fetch_all(db)
    .await
}

/// Tables with partitions for fewer days.
pub(super) async fn partitions_missing(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_file_as!(Sighting, "queries/alert_partitions_missing.sql", threshold)
        .fetch_all(db)
        .await
}

/// Tables whose default partition has rows.
pub(super) async fn partition_defaults(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_as!(
        Sighting,
        r#"SELECT table_name AS "subject!", 1::double precision AS "value!", NULL::text AS details
        FROM partition_supply()
        WHERE default_has_rows AND $1::double precision <= 1
        ORDER BY table_name"#,
        threshold
    )
    .fetch_all(db)
    .await
}

/// Data sets of which a day has waited for so many days.
pub(super) async fn exports_behind(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_file_as!(Sighting, "queries/alert_exports_behind.sql", threshold)
        .fetch_all(db)
        .await
}

/// Data sets with at least so many days that failed three times.
pub(super) async fn data_sets_failed(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_file_as!(Sighting, "queries/alert_data_sets_failed.sql", threshold)
        .fetch_all(db)
        .await
}

/// Data sets with at least so many days that are late.
pub(super) async fn data_sets_late(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_file_as!(Sighting, "queries/alert_data_sets_late.sql", threshold)
        .fetch_all(db)
        .await
}

/// Whether the last forecasts were made so many hours ago.
pub(super) async fn forecasts_late(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_as!(
        Sighting,
        r#"SELECT 'fleet' AS "subject!", extract(epoch FROM now() - max(made_at))::double precision / 3600 AS "value!",
            NULL::text AS details
        FROM forecast_run
        HAVING max(made_at) < now() - make_interval(secs => $1::double precision * 3600)"#,
        threshold
    )
    .fetch_all(db)
    .await
}

/// Open anomalies with at least this score.
pub(super) async fn anomalies_open(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_file_as!(Sighting, "queries/alert_anomalies_open.sql", threshold)
        .fetch_all(db)
        .await
}

/// Clients of whose events more than this share was rejected.
pub(super) async fn event_rejects(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_file_as!(Sighting, "queries/alert_event_rejects.sql", threshold)
        .fetch_all(db)
        .await
}

/// Clients that have sent nothing for so many hours.
pub(super) async fn event_silence(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_file_as!(Sighting, "queries/alert_event_silence.sql", threshold)
        .fetch_all(db)
        .await
}

/// Regions whose receiver has lacked files for so many minutes.
pub(super) async fn region_gaps(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_as!(
        Sighting,
        r#"SELECT name AS "subject!", extract(epoch FROM now() - gap_since)::double precision / 60 AS "value!",
            format('%s files, the first is %s', gap_files, gap) AS details
        FROM region
        WHERE gap_since < now() - make_interval(secs => $1::double precision * 60)
        ORDER BY name LIMIT 1000"#,
        threshold
    )
    .fetch_all(db)
    .await
}

/// Regions that have not sent or received all for so many hours.
pub(super) async fn regions_late(
    db: &mut PgConnection,
    threshold: f64,
) -> Result<Vec<Sighting>, sqlx::Error> {
    sqlx::query_as!(
        Sighting,
        r#"SELECT name AS "subject!", error AS details,
            extract(epoch FROM now() - coalesce(succeeded_at, created_at))::double precision / 3600 AS "value!"
        FROM region
        WHERE coalesce(succeeded_at, created_at) < now() - make_interval(secs => $1::double precision * 3600)
        ORDER BY name LIMIT 1000"#,
        threshold
    )
    .fetch_all(db)
    .await
}
