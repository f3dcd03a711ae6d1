//! Export: which days are due, what was exported, and the rows themselves.
//!
//! A day is UTC. It is complete some time after its end, when every transaction that began in it
//! has ended. If rows of it are stored later, triggers note the day in the log `late_day`, in the
//! storing transaction; [`note_late`] gives it another revision, and [`due`] names it again. A
//! clock would not do: transactions do not commit in the order of their times. A revision is read
//! before the rows, so rows that arrive meanwhile lead to another export, never to a gap. A day is
//! also due again if a code that occurs in it means something else now (invariant 6).

pub mod events;
pub mod read;
pub mod showtimes;

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::enums::SeatStatus;

/// A place to which days are exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Key.
    pub place_id: i32,
    /// Identity that distinguishes it from places of other databases.
    pub identity: Uuid,
}

/// A day that is to be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueDay {
    /// The day, UTC.
    pub on_day: NaiveDate,
    /// How often something was stored of it after its end; what is read now is this or newer.
    pub revision: i32,
}

/// A seat code that occurs in what was exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UsedCode {
    /// The source that says it.
    pub source_id: i32,
    /// The number that snapshots store for it.
    pub code_index: i16,
    /// The status that it meant; `None` if it was not mapped.
    pub status: Option<SeatStatus>,
}

/// The exported files of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The day and the revision that was read.
    pub day: DueDay,
    /// Rows in all files.
    pub row_count: i64,
    /// Size of all files.
    pub bytes: i64,
    /// Names below the place.
    pub files: Vec<String>,
    /// The codes that occur.
    pub codes: Vec<UsedCode>,
}

/// The files of a day, as they were written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownDay {
    /// The data set.
    pub data_set: String,
    /// The day, UTC.
    pub on_day: NaiveDate,
    /// Names below the place.
    pub files: Vec<String>,
}

/// Takes the log of days of which something was stored late; returns how many were noticed.
///
/// # Errors
///
/// If the statement fails; nothing is taken then.
pub async fn note_late(db: impl PgExecutor<'_>) -> Result<u64, sqlx::Error> {
    let noted = sqlx::query_file!("queries/record_late_days.sql")
        .execute(db)
        .await?;
    Ok(noted.rows_affected())
}

/// The place at an address, if anything was ever exported there.
///
/// # Errors
///
/// If the statement fails.
pub async fn find_place(
    db: impl PgExecutor<'_>,
    address: &str,
) -> Result<Option<Place>, sqlx::Error> {
    sqlx::query_as!(
        Place,
        "SELECT place_id, identity FROM export_place WHERE address = $1",
        address
    )
    .fetch_optional(db)
    .await
}

/// The place at an address, made if it is new.
///
/// # Errors
///
/// If the statement fails.
pub async fn place(db: impl PgExecutor<'_>, address: &str) -> Result<Place, sqlx::Error> {
    sqlx::query_as!(
        Place,
        // Updated where it is known: only then does a conflict return the row.
        "INSERT INTO export_place (address) VALUES ($1)
        ON CONFLICT (address) DO UPDATE SET address = excluded.address
        RETURNING place_id, identity",
        address
    )
    .fetch_one(db)
    .await
}

/// Holds a place for `holder` for so long from now; returns `false` while another holds it.
///
/// # Errors
///
/// If the statement fails.
pub async fn hold(
    db: impl PgExecutor<'_>,
    place_id: i32,
    holder: Uuid,
    lease: Duration,
) -> Result<bool, sqlx::Error> {
    let held = sqlx::query!(
        "UPDATE export_place
        SET holder = $2, held_until = clock_timestamp() + make_interval(secs => $3)
        WHERE place_id = $1
            AND (holder IS NULL OR holder = $2 OR held_until < clock_timestamp())",
        place_id,
        holder,
        lease.as_secs_f64()
    )
    .execute(db)
    .await?;
    Ok(held.rows_affected() == 1)
}

/// Whether `holder` holds a place; nobody else takes it until the transaction has ended.
///
/// # Errors
///
/// If the statement fails.
pub async fn is_held(
    transaction: &mut PgConnection,
    place_id: i32,
    holder: Uuid,
) -> Result<bool, sqlx::Error> {
    let held = sqlx::query!(
        "SELECT place_id FROM export_place WHERE place_id = $1 AND holder = $2 FOR UPDATE",
        place_id,
        holder
    )
    .fetch_optional(transaction)
    .await?;
    Ok(held.is_some())
}

/// Lets go of a place, if `holder` holds it.
///
/// # Errors
///
/// If the statement fails; others wait for the lease to end then.
pub async fn release(
    db: impl PgExecutor<'_>,
    place_id: i32,
    holder: Uuid,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE export_place SET holder = NULL, held_until = NULL
        WHERE place_id = $1 AND holder = $2",
        place_id,
        holder
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The days of a data set that are to be exported to a place, the oldest first; all complete
/// days to one that is not known, such as 0.
///
/// # Errors
///
/// If the statement fails.
pub async fn due(
    db: impl PgExecutor<'_>,
    place_id: i32,
    data_set: &str,
) -> Result<Vec<DueDay>, sqlx::Error> {
    sqlx::query_as!(
        DueDay,
        r#"SELECT on_day AS "on_day!", revision AS "revision!" FROM days_to_export($1, $2)"#,
        place_id,
        data_set
    )
    .fetch_all(db)
    .await
}

/// Writes down what was exported of a day.
///
/// # Errors
///
/// If the statement fails.
pub async fn store_day(
    db: impl PgExecutor<'_>,
    place_id: i32,
    data_set: &str,
    exported: &Exported,
) -> Result<(), sqlx::Error> {
    let codes = &exported.codes;
    let source_ids: Vec<i32> = codes.iter().map(|code| code.source_id).collect();
    let code_indexes: Vec<i16> = codes.iter().map(|code| code.code_index).collect();
    let statuses: Vec<Option<SeatStatus>> = codes.iter().map(|code| code.status).collect();
    sqlx::query_file!(
        "queries/store_exported_day.sql",
        place_id,
        data_set,
        exported.day.on_day,
        exported.day.revision,
        exported.row_count,
        exported.bytes,
        &exported.files,
        &source_ids,
        &code_indexes,
        &statuses as &[Option<SeatStatus>]
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The Iceberg table of a data set, after its last commit.
#[derive(Debug, Clone, PartialEq)]
pub struct TableRow {
    /// When it was committed.
    pub committed_at: DateTime<Utc>,
    /// The present snapshot; `None` before the first row.
    pub snapshot_id: Option<i64>,
    /// Its rows.
    pub total_rows: i64,
    /// Its files.
    pub total_files: i64,
    /// Number of the metadata file.
    pub version: i64,
    /// Snapshots that can still be read.
    pub snapshots: i32,
    /// Address of the metadata file.
    pub metadata_location: String,
    /// Address of the one before.
    pub previous_location: Option<String>,
    /// What is in the metadata file.
    pub metadata: Value,
}

/// The last published version of each table at a place, by data set.
///
/// # Errors
///
/// If the statement fails.
pub async fn published_versions(
    db: impl PgExecutor<'_>,
    place_id: i32,
) -> Result<Vec<(String, i64)>, sqlx::Error> {
    let published = sqlx::query!(
        "SELECT data_set, version FROM export_table WHERE place_id = $1",
        place_id
    );
    let published = published.fetch_all(db).await?;
    Ok(published
        .into_iter()
        .map(|row| (row.data_set, row.version))
        .collect())
}

/// Publishes the last commit of a table to readers of the catalogs.
///
/// # Errors
///
/// If the statement fails.
pub async fn publish_table(
    db: impl PgExecutor<'_>,
    place_id: i32,
    data_set: &str,
    table: &TableRow,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "queries/store_export_table.sql",
        place_id,
        data_set,
        table.committed_at,
        table.snapshot_id,
        table.total_rows,
        table.total_files,
        table.version,
        table.snapshots,
        table.metadata_location,
        table.previous_location,
        table.metadata
    )
    .execute(db)
    .await?;
    Ok(())
}

/// All days that were exported to a place.
///
/// # Errors
///
/// If the statement fails.
pub async fn known_days(
    db: impl PgExecutor<'_>,
    place_id: i32,
) -> Result<Vec<KnownDay>, sqlx::Error> {
    sqlx::query_as!(
        KnownDay,
        "SELECT data_set, on_day, files FROM exported_day WHERE place_id = $1
        ORDER BY data_set, on_day",
        place_id
    )
    .fetch_all(db)
    .await
}

/// Forgets that a day was exported: it is due again.
///
/// # Errors
///
/// If the statement fails.
pub async fn forget_day(
    db: impl PgExecutor<'_>,
    place_id: i32,
    data_set: &str,
    on_day: NaiveDate,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM exported_day WHERE place_id = $1 AND data_set = $2 AND on_day = $3",
        place_id,
        data_set,
        on_day
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes down that the export has read a partitioned table until the beginning of a day, so
/// that retention drops nothing that comes later.
///
/// # Errors
///
/// If the statement fails.
pub async fn record_progress(
    db: impl PgExecutor<'_>,
    parent: &str,
    until_on: NaiveDate,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO partition_reader (read_until, parent, reader)
        SELECT $2::date::timestamp AT TIME ZONE 'UTC', retention.parent, 'export'
        FROM retention
        WHERE retention.parent = $1
        ON CONFLICT (parent, reader) DO UPDATE SET read_until = excluded.read_until",
        parent,
        until_on
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The first day that is not complete yet, UTC.
///
/// # Errors
///
/// If the statement fails.
pub async fn first_incomplete_day(db: impl PgExecutor<'_>) -> Result<NaiveDate, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT ((now() - interval '15 minutes') AT TIME ZONE 'UTC')::date AS "on_day!""#
    )
    .fetch_one(db)
    .await
}
