//! Messages to receivers: the outbox.
//!
//! A message is written in the transaction that finds the fact. It is sent afterwards: [`claim`] takes
//! it for a time, and [`sent`] or [`failed`] says how it went. A sender that dies in between has sent
//! it or not; another sends it again under the same id. So each message arrives at least once.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::reading::ReadError;

/// A message to write.
#[derive(Debug, Clone, PartialEq)]
pub struct NewMessage<'a> {
    /// Name of the receiver.
    pub receiver: &'a str,
    /// `new`, `still` or `resolved`.
    pub kind: &'a str,
    /// The alerts that it is about.
    pub alert_ids: &'a [i64],
    /// What it says.
    pub content: Value,
}

/// A message that is to be sent now.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    /// Its id, which stays the same.
    pub message_id: Uuid,
    /// `new`, `still` or `resolved`.
    pub kind: String,
    /// How often it is sent, this time included.
    pub tries: i32,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// What it says.
    pub content: Value,
    /// The time of the database.
    pub now: DateTime<Utc>,
}

/// Writes a message, in the transaction that finds the fact.
///
/// `now` replaces the clock of the database in tests; pass `None` elsewhere.
///
/// # Errors
///
/// If the statement fails.
pub async fn write(
    db: &mut PgConnection,
    message: &NewMessage<'_>,
    now: Option<DateTime<Utc>>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO message (created_at, next_try_at, kind, receiver, alert_ids, content)
        VALUES (coalesce($5::timestamptz, now()), coalesce($5::timestamptz, now()), $1, $2, $3, $4)",
        message.kind,
        message.receiver,
        message.alert_ids,
        message.content,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes the oldest message that waits for a receiver, if it is time to send it; for `lease` no other
/// sender takes it.
///
/// # Errors
///
/// If the statement fails.
pub async fn claim(
    db: impl PgExecutor<'_>,
    receiver: &str,
    lease: Duration,
    now: Option<DateTime<Utc>>,
) -> Result<Option<Claimed>, sqlx::Error> {
    sqlx::query_file_as!(
        Claimed,
        "queries/claim_message.sql",
        receiver,
        lease.as_secs_f64(),
        now
    )
    .fetch_optional(db)
    .await
}

/// Notes that the receiver took a message.
///
/// # Errors
///
/// If the statement fails; the message is then sent again.
pub async fn sent(db: impl PgExecutor<'_>, message_id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE message SET sent_at = now() WHERE message_id = $1 AND sent_at IS NULL AND expired_at IS NULL",
        message_id
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Notes that the receiver did not take a message, and why; it is sent again after `wait`, or given
/// up if that is `None`.
///
/// # Errors
///
/// If the statement fails.
pub async fn failed(
    db: impl PgExecutor<'_>,
    message_id: Uuid,
    error: &str,
    wait: Option<Duration>,
    now: Option<DateTime<Utc>>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE message
        SET last_error = left($2, 500),
            next_try_at = coalesce($4::timestamptz, now()) + make_interval(secs => coalesce($3::double precision, 0)),
            expired_at = CASE WHEN $3::double precision IS NULL THEN coalesce($4::timestamptz, now()) END
        WHERE message_id = $1 AND sent_at IS NULL AND expired_at IS NULL",
        message_id,
        error,
        wait.map(|wait| wait.as_secs_f64()),
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What waits for a receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiverBacklog {
    /// Name of the receiver.
    pub receiver: String,
    /// Messages that wait.
    pub waiting: i64,
    /// When the oldest of them was written.
    pub waiting_since: Option<DateTime<Utc>>,
    /// When the next of them is tried.
    pub next_try_at: Option<DateTime<Utc>>,
    /// When it last took one.
    pub last_sent_at: Option<DateTime<Utc>>,
    /// Messages that were given up within the time that was asked for.
    pub given_up: i64,
    /// Why the oldest that waits was not taken.
    pub last_error: Option<String>,
}

/// Reads what waits for each receiver that ever got a message, and what was given up within `age`.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn backlogs(
    db: &mut PgConnection,
    age: Duration,
) -> Result<Vec<ReceiverBacklog>, ReadError> {
    let rows = sqlx::query_file_as!(
        ReceiverBacklog,
        "queries/read_message_receivers.sql",
        age.as_secs_f64()
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// Gives up the messages that have waited for `age`; returns the number for each receiver.
///
/// # Errors
///
/// If the statement fails.
pub async fn expire(
    db: impl PgExecutor<'_>,
    age: Duration,
    now: Option<DateTime<Utc>>,
) -> Result<Vec<(String, i64)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"WITH expired AS (
            UPDATE message SET expired_at = coalesce($2::timestamptz, now())
            WHERE sent_at IS NULL AND expired_at IS NULL
                AND created_at <= coalesce($2::timestamptz, now()) - make_interval(secs => $1)
            RETURNING receiver
        )
        SELECT receiver AS "receiver!", count(*) AS "messages!" FROM expired GROUP BY receiver ORDER BY receiver"#,
        age.as_secs_f64(),
        now
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.receiver, row.messages))
        .collect())
}
