//! Sealing: the events of a day that is over, packed by name into blocks, column by column.
//!
//! A day is sealed when no client looks for duplicates in it any more: message ids are not kept. The
//! function `seal_events` packs some thousand events of one name into a row of `event_block`, unpacks
//! them, compares, and deletes the originals, in one transaction; the view `event_sealed` reads them.
//! The emptied partition of `event` is dropped as that of any sealed table.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

/// What came of a try to seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// So many events are in a block now.
    Sealed(u64),
    /// There are none.
    Nothing,
    /// Unpacked, they would differ from what they were; they stay live.
    Refused,
}

/// What was sealed of several days and names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SealedEvents {
    /// Blocks that were made.
    pub blocks: u64,
    /// Events in them.
    pub events: u64,
    /// Days and numbers of names of which some events could not be sealed; they stay live.
    pub refused: BTreeSet<(DateTime<Utc>, i32)>,
}

/// Begins of the days (UTC) whose events can be sealed, the oldest first.
///
/// # Errors
///
/// If the statement fails.
pub async fn due_days(db: impl PgExecutor<'_>) -> Result<Vec<DateTime<Utc>>, sqlx::Error> {
    // An hour beyond the widest window, as it is measured from when a transaction begins.
    sqlx::query_scalar!(
        r#"SELECT from_at AS "from_at!"
        FROM partition_status
        WHERE parent = 'event'
            AND until_at < now() - interval '1 hour' - (SELECT max(duplicate_window) FROM event_client)
            AND NOT is_empty(partition::regclass)
        ORDER BY from_at"#
    )
    .fetch_all(db)
    .await
}

/// Numbers of the names of events that are live and were received on the day that begins at `day`.
///
/// # Errors
///
/// If the statement fails.
pub async fn names_of_day(
    db: impl PgExecutor<'_>,
    day: DateTime<Utc>,
) -> Result<Vec<i32>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT DISTINCT name_id
        FROM event
        WHERE received_at >= $1 AND received_at < $1 + interval '24 hours'
        ORDER BY name_id",
        day
    )
    .fetch_all(db)
    .await
}

/// Seals the first events of a name and a day, as many as a block holds.
///
/// # Errors
///
/// If the statement fails; the events stay live.
pub async fn seal(
    db: impl PgExecutor<'_>,
    day: DateTime<Utc>,
    name_id: i32,
) -> Result<Attempt, sqlx::Error> {
    let sealed = sqlx::query_scalar!("SELECT seal_events($1, $2)", day, name_id)
        .fetch_one(db)
        .await?;
    Ok(match sealed {
        None => Attempt::Refused,
        Some(0) => Attempt::Nothing,
        Some(events) => Attempt::Sealed(events.unsigned_abs().into()),
    })
}
