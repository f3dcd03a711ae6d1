//! The database itself: sizes, partitions, statements, exports, rollups, refreshes.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

use super::ReadError;

/// A table, its partitions together.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TableSize {
    /// Schema and name.
    pub table_name: String,
    /// Partitions; 0 if it has none.
    pub partitions: i64,
    /// Bytes with indexes.
    pub total_bytes: i64,
    /// Bytes of indexes.
    pub index_bytes: i64,
    /// Rows, as the statistics estimate them.
    pub rows_estimated: i64,
    /// Dead rows.
    pub dead_rows: i64,
    /// Bytes of the partition of yesterday, or of the newest one before today.
    pub day_bytes: Option<i64>,
    /// When it was last vacuumed; of partitions, the latest.
    pub last_vacuum_at: Option<DateTime<Utc>>,
}

/// Reads at most `limit` tables, the largest first.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn tables(db: &mut PgConnection, limit: i64) -> Result<Vec<TableSize>, ReadError> {
    let rows = sqlx::query_file_as!(TableSize, "queries/read_table_sizes.sql", limit)
        .fetch_all(db)
        .await?;
    Ok(rows)
}

/// A partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PartitionRow {
    /// The partitioned table.
    pub parent: String,
    /// The partition.
    pub partition: String,
    /// Begin of its span; `None` for the default partition.
    pub from_at: Option<DateTime<Utc>>,
    /// End of its span.
    pub until_at: Option<DateTime<Utc>>,
    /// Bytes with indexes.
    pub bytes: i64,
    /// Rows, as the statistics estimate them.
    pub rows_estimated: i64,
    /// Where it is.
    pub tablespace: String,
    /// What is due: `drop`, `move` or `pack`.
    pub due: Option<String>,
    /// Why a partition that is old enough is not dropped.
    pub held_because: Option<String>,
}

/// Reads at most `limit` partitions: those with something due first, then the newest.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn partitions(db: &mut PgConnection, limit: i64) -> Result<Vec<PartitionRow>, ReadError> {
    let rows = sqlx::query_as!(
        PartitionRow,
        r#"SELECT parent AS "parent!", partition AS "partition!", from_at, until_at, bytes AS "bytes!",
            rows_estimated AS "rows_estimated!", tablespace AS "tablespace!", due, held_because
        FROM partition_status
        ORDER BY due IS NULL AND held_because IS NULL, parent, from_at DESC NULLS LAST
        LIMIT $1"#,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// A statement and the time that it took.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct StatementRow {
    /// How often it ran.
    pub calls: i64,
    /// Seconds that it took in all.
    pub total_seconds: f64,
    /// Its share of the time of all statements.
    pub share: f64,
    /// Milliseconds for each call.
    pub mean_millis: f64,
    /// Rows.
    pub rows: i64,
    /// Share of the blocks that were in the cache.
    pub hit_share: Option<f64>,
    /// Its text, cut.
    pub statement: String,
}

/// Reads at most `limit` statements, those that took most time first; none without
/// `pg_stat_statements`.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn statements(db: &mut PgConnection, limit: i64) -> Result<Vec<StatementRow>, ReadError> {
    let rows = sqlx::query_as!(
        StatementRow,
        r#"SELECT calls AS "calls!", total_seconds AS "total_seconds!", coalesce(share, 0) AS "share!",
            mean_millis AS "mean_millis!", rows AS "rows!", hit_share, left(statement, 2000) AS "statement!"
        FROM database_statement
        ORDER BY share DESC NULLS LAST
        LIMIT $1"#,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// A data set of a place of export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExportRow {
    /// Directory or bucket.
    pub address: String,
    /// The data set.
    pub data_set: String,
    /// Days that were exported.
    pub days: i64,
    /// The last of them.
    pub last_on: Option<NaiveDate>,
    /// Rows of all days.
    pub row_count: i64,
    /// Bytes of all days.
    pub bytes: i64,
    /// When the last day was exported.
    pub exported_at: Option<DateTime<Utc>>,
    /// Complete days that are to be exported.
    pub days_waiting: i64,
    /// Whether a process is writing there.
    pub is_under_way: bool,
    /// Snapshots of its Iceberg table that can be read.
    pub snapshots: i32,
    /// Address of the metadata of that table; `None` before the first export.
    pub metadata_location: Option<String>,
}

/// Reads the exports.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn exports(db: &mut PgConnection) -> Result<Vec<ExportRow>, ReadError> {
    let rows = sqlx::query_as!(
        ExportRow,
        r#"SELECT address AS "address!", data_set AS "data_set!", days AS "days!", last_on,
            row_count AS "row_count!", bytes AS "bytes!", exported_at, days_waiting AS "days_waiting!",
            coalesce(is_under_way, false) AS "is_under_way!", coalesce(snapshots, 0) AS "snapshots!",
            metadata_location
        FROM export_status
        LEFT JOIN export_table_status USING (address, data_set)
        ORDER BY address, data_set
        LIMIT 500"#
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// A rollup.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RollupRow {
    /// Its name.
    pub name: String,
    /// `current`, `behind`, `backfill` or `set aside`.
    pub state: String,
    /// Entries and buckets that are not processed yet.
    pub entries: i64,
    /// Age of the oldest of them.
    pub lag_seconds: f64,
    /// Share of the past that is computed.
    pub backfill_share: f64,
    /// Rows, as the statistics estimate them.
    pub rows_estimated: i64,
    /// Bytes with indexes.
    pub bytes: i64,
    /// When it was last refreshed.
    pub refreshed_at: Option<DateTime<Utc>>,
    /// Why it failed.
    pub last_error: Option<String>,
    /// The rollup that it reads.
    pub parent: Option<String>,
    /// Who made it.
    pub made_by: String,
}

/// Reads the rollups: those that are not current first.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn rollups(db: &mut PgConnection) -> Result<Vec<RollupRow>, ReadError> {
    let rows = sqlx::query_as!(
        RollupRow,
        r#"SELECT name AS "name!", state AS "state!", entries AS "entries!", lag_seconds AS "lag_seconds!",
            backfill_share::float8 AS "backfill_share!", rows_estimated AS "rows_estimated!",
            bytes AS "bytes!", refreshed_at, last_error, parent, made_by::text AS "made_by!"
        FROM rollup_status
        ORDER BY state <> 'set aside', state = 'current', name
        LIMIT 500"#
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}
