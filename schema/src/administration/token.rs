//! Tokens for the HTTP API: only their hashes are stored.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{PgExecutor, postgres::types::PgInterval};

/// A token, for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its number.
    pub token_id: i32,
    /// Its name.
    pub name: String,
    /// `read`, `operate` or `admin`.
    pub scope: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends, if it does.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was used last, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// A token that may be used now.
#[derive(Debug, Clone, PartialEq)]
pub struct ValidToken {
    /// Its number.
    pub token_id: i32,
    /// Its name.
    pub name: String,
    /// `read`, `operate` or `admin`.
    pub scope: String,
    /// Seconds until it ends, by the clock of the database.
    pub seconds_left: Option<f64>,
    /// Whether its last use was noted less than a minute ago.
    pub is_noted: bool,
}

/// Stores a token by the hash of its text; returns `false` if another one of this name is valid.
///
/// # Errors
///
/// If the statement fails; among others for a scope that is none.
pub async fn create(
    db: impl PgExecutor<'_>,
    name: &str,
    scope: &str,
    hash: &[u8; 32],
    expires_in: Option<Duration>,
) -> Result<bool, sqlx::Error> {
    let expires_in = expires_in.map(|expires_in| PgInterval {
        months: 0,
        days: 0,
        microseconds: i64::try_from(expires_in.as_micros()).unwrap_or(i64::MAX),
    });
    let done = sqlx::query!(
        "INSERT INTO api_token (name, scope, token_hash, expires_at)
        VALUES ($1, $2, $3, now() + $4::interval)
        ON CONFLICT (name) WHERE revoked_at IS NULL DO NOTHING",
        name,
        scope,
        hash.as_slice(),
        expires_in
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Lists all tokens: the valid ones first, then by name.
///
/// # Errors
///
/// If the statement fails.
pub async fn list(db: impl PgExecutor<'_>) -> Result<Vec<Token>, sqlx::Error> {
    sqlx::query_as!(
        Token,
        "SELECT token_id, name, scope, created_at, expires_at, last_used_at, revoked_at
        FROM api_token
        ORDER BY revoked_at IS NOT NULL, name, token_id"
    )
    .fetch_all(db)
    .await
}

/// Revokes the token of this name; returns `false` if there is none that is not revoked.
///
/// # Errors
///
/// If the statement fails.
pub async fn revoke(db: impl PgExecutor<'_>, name: &str) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "UPDATE api_token SET revoked_at = now() WHERE name = $1 AND revoked_at IS NULL",
        name
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Finds a token that may be used now by the hash of its text.
///
/// # Errors
///
/// If the statement fails.
pub async fn find(
    db: impl PgExecutor<'_>,
    hash: &[u8; 32],
) -> Result<Option<ValidToken>, sqlx::Error> {
    sqlx::query_as!(
        ValidToken,
        r#"SELECT token_id, name, scope,
            extract(epoch FROM expires_at - now())::float8 AS seconds_left,
            coalesce(last_used_at > now() - interval '1 minute', false) AS "is_noted!"
        FROM api_token
        WHERE token_hash = $1 AND revoked_at IS NULL AND coalesce(expires_at > now(), true)"#,
        hash.as_slice()
    )
    .fetch_optional(db)
    .await
}

/// Notes that a token is used, unless that was noted less than a minute ago.
///
/// # Errors
///
/// If the statement fails.
pub async fn note_use(db: impl PgExecutor<'_>, token_id: i32) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE api_token SET last_used_at = now()
        WHERE token_id = $1 AND coalesce(last_used_at < now() - interval '1 minute', true)",
        token_id
    )
    .execute(db)
    .await?;
    Ok(())
}
