//! Regions as operators declare them.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};

/// A region as its file declares it.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRegion<'a> {
    /// Its name.
    pub name: &'a str,
    /// `send` or `receive`.
    pub direction: &'a str,
    /// The directory, or `s3://bucket/prefix`.
    pub place: &'a str,
    /// `zstd` or `gzip`.
    pub compression: &'a str,
    /// The clients whose events are sent or received.
    pub clients: &'a [String],
    /// The regions whose reports are read.
    pub receivers: &'a [String],
    /// What is sent of every event besides its listed fields.
    pub context: &'a [String],
    /// Of each event that is sent, the fields, each `free` or `pseudonym`.
    pub events: &'a Value,
    /// Whether all events and fields are sent, with the ids of users.
    pub is_archive: bool,
    /// The first day that is sent; `None` for the present hour.
    pub since: Option<NaiveDate>,
    /// The file.
    pub body: &'a str,
    /// A new random key of pseudonyms, for a region that is new.
    pub key: &'a [u8],
}

/// What of a region cannot change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// `send` or `receive`.
    pub direction: String,
    /// The directory, or `s3://bucket/prefix`.
    pub place: String,
    /// Whether the ids of users are sent.
    pub is_archive: bool,
}

/// What became of a region that was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegionChange {
    /// It is new.
    Made,
    /// It is changed.
    Changed,
    /// It is as it was.
    Unchanged,
}

/// A region for people: as the view `region_status` has it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RegionStatus {
    /// Its name.
    pub name: String,
    /// `send` or `receive`.
    pub direction: String,
    /// The directory, or `s3://bucket/prefix`.
    pub place: String,
    /// The clients whose events are sent or received.
    pub clients: Vec<String>,
    /// Events that were received before are in files.
    pub done_until: Option<DateTime<Utc>>,
    /// The last file that was written or applied.
    pub last_path: Option<String>,
    /// When a file was last written or applied.
    pub last_at: Option<DateTime<Utc>>,
    /// Files.
    pub files: i64,
    /// Events in them.
    pub events: i64,
    /// Their size.
    pub bytes: i64,
    /// Files that must be written again.
    pub stale_files: i64,
    /// Erased users whose files are not marked yet.
    pub open_erasures: i64,
    /// Files that the receiver lacks.
    pub gap_files: i32,
    /// Since when.
    pub gap_since: Option<DateTime<Utc>>,
    /// The first of them, and why.
    pub gap: Option<String>,
    /// When all was last written, or a new manifest applied.
    pub succeeded_at: Option<DateTime<Utc>>,
    /// Why the last try failed.
    pub error: Option<String>,
}

/// Finds what of a region cannot change, if there is one of this name.
///
/// # Errors
///
/// If the statement fails.
pub async fn fixed(db: impl PgExecutor<'_>, name: &str) -> Result<Option<Fixed>, sqlx::Error> {
    sqlx::query_as!(
        Fixed,
        "SELECT direction, place, is_archive FROM region WHERE name = $1",
        name
    )
    .fetch_optional(db)
    .await
}

/// Makes a region with its key, or changes it.
///
/// # Errors
///
/// If a value is refused by a constraint, or a statement fails; run it in a transaction.
pub async fn apply(
    db: &mut PgConnection,
    region: &NewRegion<'_>,
) -> Result<RegionChange, sqlx::Error> {
    let stored = sqlx::query_file!(
        "queries/store_region.sql",
        region.name,
        region.direction,
        region.place,
        region.compression,
        region.clients,
        region.receivers,
        region.context,
        region.events,
        region.is_archive,
        region.since,
        region.body
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(stored) = stored else {
        return Ok(RegionChange::Unchanged);
    };
    if !stored.is_new {
        return Ok(RegionChange::Changed);
    }
    sqlx::query!(
        "INSERT INTO region_key (region_id, pseudonym_key) VALUES ($1, $2)",
        stored.region_id,
        region.key
    )
    .execute(db)
    .await?;
    Ok(RegionChange::Made)
}

/// Removes a region with its key and all that is known of its files; `false` if there is none.
///
/// # Errors
///
/// If the statement fails.
pub async fn remove(db: impl PgExecutor<'_>, name: &str) -> Result<bool, sqlx::Error> {
    let removed = sqlx::query!("DELETE FROM region WHERE name = $1", name)
        .execute(db)
        .await?;
    Ok(removed.rows_affected() > 0)
}

/// The file that declares a region.
///
/// # Errors
///
/// If the statement fails.
pub async fn body(db: impl PgExecutor<'_>, name: &str) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!("SELECT body FROM region WHERE name = $1", name)
        .fetch_optional(db)
        .await
}

/// Lists regions, in order of their names; only that of `name`, if one is given.
///
/// # Errors
///
/// If the statement fails.
pub async fn list(
    db: impl PgExecutor<'_>,
    name: Option<&str>,
) -> Result<Vec<RegionStatus>, sqlx::Error> {
    sqlx::query_file_as!(RegionStatus, "queries/read_region_status.sql", name)
        .fetch_all(db)
        .await
}
