//! Regions as the leader works on them: what each is, its lease, and how the last try ended.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::events::client::interval;

/// A region.
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    /// Key.
    pub region_id: i32,
    /// Its name.
    pub name: String,
    /// `send` or `receive`.
    pub direction: String,
    /// The directory, or `s3://bucket/prefix`.
    pub place: String,
    /// `zstd` or `gzip`.
    pub compression: String,
    /// The clients whose events are sent or received.
    pub clients: Vec<String>,
    /// The regions whose reports are read.
    pub receivers: Vec<String>,
    /// What is sent of every event besides its listed fields.
    pub context: Vec<String>,
    /// Of each event that is sent, the fields, each `free` or `pseudonym`.
    pub events: Value,
    /// Whether all events and fields are sent, with the ids of users.
    pub is_archive: bool,
    /// Number of the manifest that was last written or applied.
    pub generation: i64,
    /// Names the sender in its manifest.
    pub identity: Option<Uuid>,
    /// When its file was changed last; `None` if it never was.
    pub changed_at: Option<DateTime<Utc>>,
    /// Events that were received before are in files.
    pub done_until: Option<DateTime<Utc>>,
    /// Hours before were counted a second time.
    pub recounted_until: Option<DateTime<Utc>>,
}

/// How a try ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegionOutcome {
    /// Whether all was written, or a new manifest was read and applied.
    pub is_success: bool,
    /// Files that the receiver lacks; `None` if that is not known.
    pub gap_files: Option<i32>,
    /// The first of them, and why.
    pub gap: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
}

/// Every region, in order of their names.
///
/// # Errors
///
/// If the statement fails.
pub async fn all(db: impl PgExecutor<'_>) -> Result<Vec<Region>, sqlx::Error> {
    sqlx::query_as!(
        Region,
        "SELECT region_id, name, direction, place, compression, clients, receivers, context, events, is_archive,
            generation, identity, nullif(applied_at, created_at) AS changed_at, done_until, recounted_until
        FROM region
        ORDER BY name"
    )
    .fetch_all(db)
    .await
}

/// Takes or renews the lease of a region's writer; `false` while another process has it.
///
/// # Errors
///
/// If the statement fails.
pub async fn hold(
    db: impl PgExecutor<'_>,
    region_id: i32,
    holder: Uuid,
    lease: Duration,
) -> Result<bool, sqlx::Error> {
    let held = sqlx::query!(
        "UPDATE region SET holder = $2, held_until = now() + $3::interval
        WHERE region_id = $1 AND (holder = $2 OR held_until < now() OR held_until IS NULL)",
        region_id,
        holder,
        interval(lease)
    )
    .execute(db)
    .await?;
    Ok(held.rows_affected() > 0)
}

/// Gives the lease back.
///
/// # Errors
///
/// If the statement fails; the lease ends by itself then.
pub async fn release(
    db: impl PgExecutor<'_>,
    region_id: i32,
    holder: Uuid,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE region SET held_until = NULL WHERE region_id = $1 AND holder = $2",
        region_id,
        holder
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Locks the row of a region until the transaction ends; with a `holder`, only if that still has the lease.
/// `false` if it does not, or the region was removed.
///
/// # Errors
///
/// If the statement fails.
pub async fn lock(
    db: &mut PgConnection,
    region_id: i32,
    holder: Option<Uuid>,
) -> Result<bool, sqlx::Error> {
    let locked = sqlx::query_scalar!(
        "SELECT region_id FROM region
        WHERE region_id = $1 AND ($2::uuid IS NULL OR (holder = $2 AND held_until > now()))
        FOR UPDATE",
        region_id,
        holder
    )
    .fetch_optional(db)
    .await?;
    Ok(locked.is_some())
}

/// Stores how a try ended.
///
/// # Errors
///
/// If the statement fails.
pub async fn note(
    db: impl PgExecutor<'_>,
    region_id: i32,
    ended: &RegionOutcome,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "queries/note_region.sql",
        region_id,
        ended.is_success,
        ended.gap_files,
        ended.gap,
        ended.error
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Stores which manifest was read and applied.
///
/// # Errors
///
/// If the statement fails.
pub async fn note_manifest(
    db: impl PgExecutor<'_>,
    region_id: i32,
    identity: Uuid,
    generation: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE region SET identity = $2, generation = $3 WHERE region_id = $1",
        region_id,
        identity,
        generation
    )
    .execute(db)
    .await?;
    Ok(())
}
