//! Keys with which clients send events: only their hashes are stored.

use std::time::Duration;

use sqlx::PgExecutor;
use uuid::Uuid;

use super::client::interval;

/// What a new key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewKey<'a> {
    /// The client that sends with it.
    pub client_id: i16,
    /// Its name, for people.
    pub name: &'a str,
    /// SHA-256 of its text.
    pub hash: &'a [u8; 32],
    /// Whether it is shipped in apps and pages, where anyone can read it.
    pub is_public: bool,
    /// `off`, `warn` or `enforce`.
    pub schema_mode: &'a str,
    /// Events a second that it may send to each receiver.
    pub events_per_second: i32,
    /// Origins that may send with a public key.
    pub origins: &'a [String],
    /// Events that a public key may send; empty allows all.
    pub events: &'a [String],
    /// How long it is valid; `None` for ever.
    pub expires_in: Option<Duration>,
}

/// A key with its client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidKey {
    /// Its number.
    pub key_id: i32,
    /// Its client.
    pub client_id: i16,
    /// The name of its client.
    pub client: String,
    /// IANA name of the time zone in which days of the client begin.
    pub time_zone: String,
    /// Seconds for which an event with a known message id is a duplicate, at least.
    pub duplicate_window_seconds: i64,
    /// Makes a message key of a message id of its client.
    pub message_mask: Uuid,
    /// Whether it is shipped in apps and pages.
    pub is_public: bool,
    /// `off`, `warn` or `enforce`.
    pub schema_mode: String,
    /// Events a second that it may send to each receiver.
    pub events_per_second: i32,
    /// Origins that may send with it.
    pub origins: Vec<String>,
    /// Events that it may send; empty allows all.
    pub events: Vec<String>,
}

/// Stores a key; returns its number.
///
/// # Errors
///
/// If a value is outside of its bounds: only a public key has origins, and it has one at least.
pub async fn create(db: impl PgExecutor<'_>, key: &NewKey<'_>) -> Result<i32, sqlx::Error> {
    sqlx::query_scalar!(
        "INSERT INTO event_key (
            client_id, name, key_hash, is_public, schema_mode, events_per_second, origins, events, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now() + $9::interval)
        RETURNING key_id",
        key.client_id,
        key.name,
        key.hash.as_slice(),
        key.is_public,
        key.schema_mode,
        key.events_per_second,
        key.origins,
        key.events,
        key.expires_in.map(interval)
    )
    .fetch_one(db)
    .await
}

/// Lists the origins from which some public key may be used now.
///
/// # Errors
///
/// If the statement fails.
pub async fn public_origins(db: impl PgExecutor<'_>) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT DISTINCT unnest(origins) AS "origin!"
        FROM event_key
        WHERE is_public AND revoked_at IS NULL AND coalesce(expires_at > now(), true)"#
    )
    .fetch_all(db)
    .await
}

/// Revokes a key; returns `false` if there is none with this number that is not revoked.
///
/// # Errors
///
/// If the statement fails.
pub async fn revoke(db: impl PgExecutor<'_>, key_id: i32) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "UPDATE event_key SET revoked_at = now() WHERE key_id = $1 AND revoked_at IS NULL",
        key_id
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Finds a key that may be used now by the hash of its text.
///
/// # Errors
///
/// If the statement fails.
pub async fn find(
    db: impl PgExecutor<'_>,
    hash: &[u8; 32],
) -> Result<Option<ValidKey>, sqlx::Error> {
    sqlx::query_as!(
        ValidKey,
        r#"SELECT event_key.key_id, event_key.client_id, event_client.name AS client,
            event_client.time_zone,
            extract(epoch FROM event_client.duplicate_window)::bigint AS "duplicate_window_seconds!",
            event_client.message_mask, event_key.is_public, event_key.schema_mode, event_key.events_per_second,
            event_key.origins, event_key.events
        FROM event_key
        INNER JOIN event_client ON event_client.client_id = event_key.client_id
        WHERE event_key.key_hash = $1
            AND event_key.revoked_at IS NULL
            AND coalesce(event_key.expires_at > now(), true)"#,
        hash.as_slice()
    )
    .fetch_optional(db)
    .await
}

/// Finds keys by their numbers, also those that may not be used any more.
///
/// # Errors
///
/// If the statement fails.
pub async fn of_numbers(
    db: impl PgExecutor<'_>,
    key_ids: &[i32],
) -> Result<Vec<ValidKey>, sqlx::Error> {
    sqlx::query_as!(
        ValidKey,
        r#"SELECT event_key.key_id, event_key.client_id, event_client.name AS client,
            event_client.time_zone,
            extract(epoch FROM event_client.duplicate_window)::bigint AS "duplicate_window_seconds!",
            event_client.message_mask, event_key.is_public, event_key.schema_mode, event_key.events_per_second,
            event_key.origins, event_key.events
        FROM event_key
        INNER JOIN event_client ON event_client.client_id = event_key.client_id
        WHERE event_key.key_id = ANY($1)"#,
        key_ids
    )
    .fetch_all(db)
    .await
}

/// Notes that keys are in use, at most once a minute each.
///
/// # Errors
///
/// If the statement fails.
pub async fn note_use(db: impl PgExecutor<'_>, key_ids: &[i32]) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE event_key SET last_used_at = now()
        WHERE key_id = ANY($1) AND coalesce(last_used_at < now() - interval '1 minute', true)",
        key_ids
    )
    .execute(db)
    .await?;
    Ok(())
}
