//! Received files: which were applied, and for whom events are stored.

use std::{collections::HashSet, time::Duration};

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::events::store::Sender;

/// A client whose events are received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivingClient {
    /// Key.
    pub client_id: i16,
    /// IANA name of its time zone.
    pub time_zone: String,
    /// Its duplicate window, in seconds.
    pub window_seconds: i64,
    /// Makes a message key of a message id.
    pub message_mask: Uuid,
}

impl ReceivingClient {
    /// The client as one that sends.
    #[must_use]
    pub fn sender(&self) -> Sender<'_> {
        Sender {
            client_id: self.client_id,
            time_zone: &self.time_zone,
            duplicate_window: Duration::from_secs(self.window_seconds.unsigned_abs()),
            message_mask: self.message_mask,
        }
    }
}

/// A file that was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedFile<'a> {
    /// Its number.
    pub sequence: i64,
    /// Its size.
    pub bytes: i64,
    /// Events that were stored, or users that were erased.
    pub events: i32,
    /// Events that had been stored before.
    pub duplicates: i32,
    /// Its name below the place.
    pub path: &'a str,
}

/// Finds a client; `None` if there is none of that name.
///
/// # Errors
///
/// If the statement fails.
pub async fn client(
    db: impl PgExecutor<'_>,
    name: &str,
) -> Result<Option<ReceivingClient>, sqlx::Error> {
    sqlx::query_as!(
        ReceivingClient,
        r#"SELECT client_id, time_zone, extract(epoch FROM duplicate_window)::bigint AS "window_seconds!", message_mask
        FROM event_client WHERE name = $1"#,
        name
    )
    .fetch_optional(db)
    .await
}

/// The numbers of the files that were applied.
///
/// # Errors
///
/// If the statement fails.
pub async fn applied(db: impl PgExecutor<'_>, region_id: i32) -> Result<HashSet<i64>, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        "SELECT sequence FROM region_applied WHERE region_id = $1",
        region_id
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().collect())
}

/// Whether a file was applied; the row of its region must be locked.
///
/// # Errors
///
/// If the statement fails.
pub async fn is_applied(
    db: &mut PgConnection,
    region_id: i32,
    sequence: i64,
) -> Result<bool, sqlx::Error> {
    let found = sqlx::query_scalar!(
        "SELECT sequence FROM region_applied WHERE region_id = $1 AND sequence = $2",
        region_id,
        sequence
    )
    .fetch_optional(db)
    .await?;
    Ok(found.is_some())
}

/// Records that a file is applied, in the transaction that stores its events.
///
/// # Errors
///
/// If the statement fails, or the file was applied before.
pub async fn record(
    db: &mut PgConnection,
    region_id: i32,
    file: &AppliedFile<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO region_applied (region_id, sequence, bytes, events, duplicates, path)
        VALUES ($1, $2, $3, $4, $5, $6)",
        region_id,
        file.sequence,
        file.bytes,
        file.events,
        file.duplicates,
        file.path
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Remembers that the sender erased a user, by a hash of its pseudonym.
///
/// # Errors
///
/// If the statement fails.
pub async fn suppress(
    db: &mut PgConnection,
    region_id: i32,
    client_id: i16,
    user_hash: &[u8],
    erased_at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO region_suppressed AS known (region_id, client_id, user_hash, erased_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (region_id, client_id, user_hash)
        DO UPDATE SET erased_at = greatest(known.erased_at, excluded.erased_at)",
        region_id,
        client_id,
        user_hash,
        erased_at
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A user that the sender erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppressed {
    /// Hash of its pseudonym.
    pub user_hash: Vec<u8>,
    /// When.
    pub erased_at: DateTime<Utc>,
}

/// Finds which of some users the sender has erased.
///
/// # Errors
///
/// If the statement fails.
pub async fn suppressed(
    db: &mut PgConnection,
    region_id: i32,
    client_id: i16,
    user_hashes: &[Vec<u8>],
) -> Result<Vec<Suppressed>, sqlx::Error> {
    sqlx::query_as!(
        Suppressed,
        "SELECT user_hash, erased_at FROM region_suppressed
        WHERE region_id = $1 AND client_id = $2 AND user_hash = ANY ($3)",
        region_id,
        client_id,
        user_hashes
    )
    .fetch_all(db)
    .await
}
