//! Rejected events for people: the newest first, and one as it was sent.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::ReadError;

/// Letters of a rejected event at most; it has 64 KiB.
pub const MAX_BODY_LETTERS: i32 = 65_536;

/// A rejected event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectRow {
    /// Its number.
    pub reject_id: i64,
    /// When it was rejected.
    pub rejected_at: DateTime<Utc>,
    /// When it was last checked again and rejected again.
    pub tried_at: Option<DateTime<Utc>>,
    /// When it was checked again and was sound; none while it is rejected.
    pub replayed_at: Option<DateTime<Utc>>,
    /// Who replayed it.
    pub replayed_by: Option<String>,
    /// The name of its client.
    pub client: String,
    /// The number of the key that sent it.
    pub key_id: i32,
    /// The name of that key.
    pub key: String,
    /// The name of the event, where that could be read.
    pub event: Option<String>,
    /// The version of its schema.
    pub schema: Option<String>,
    /// JSON pointer to what is wrong; empty for the whole of it.
    pub pointer: String,
    /// What is wrong.
    pub reason: String,
    /// The event as it came, perhaps cut.
    pub body: String,
    /// Whether the body is cut.
    pub is_cut: bool,
}

/// Reads at most `limit` rejected events, the newest first, before one of them; of one client, if it is
/// named. Bodies are cut behind `letters`.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn list(
    db: &mut PgConnection,
    client: Option<&str>,
    before: Option<i64>,
    limit: i64,
    letters: i32,
) -> Result<Vec<RejectRow>, ReadError> {
    let rows = sqlx::query_file_as!(
        RejectRow,
        "queries/read_event_rejects.sql",
        client,
        before,
        limit,
        None::<i64>,
        letters
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// Reads a rejected event as a whole.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn one(db: &mut PgConnection, reject_id: i64) -> Result<Option<RejectRow>, ReadError> {
    let row = sqlx::query_file_as!(
        RejectRow,
        "queries/read_event_rejects.sql",
        None::<&str>,
        None::<i64>,
        1_i64,
        reject_id,
        MAX_BODY_LETTERS
    )
    .fetch_optional(db)
    .await?;
    Ok(row)
}
