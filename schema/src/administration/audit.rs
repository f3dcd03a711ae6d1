//! What people changed: who, how, when and why.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};

use crate::reading::ReadError;

/// An action of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry<'a> {
    /// `cli`, `api` or `page`.
    pub how: &'a str,
    /// What was done, such as `source.pause`.
    pub action: &'a str,
    /// Who did it.
    pub who: &'a str,
    /// What was changed, such as `source/bhd`.
    pub subject: &'a str,
    /// The reason that the person gave.
    pub reason: Option<&'a str>,
    /// Values of the action.
    pub details: Value,
}

/// Records an action; returns its number.
///
/// # Errors
///
/// If the statement fails.
pub async fn record(db: impl PgExecutor<'_>, entry: &NewEntry<'_>) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        "INSERT INTO audit (how, action, who, subject, reason, details)
        VALUES ($1, $2, $3, $4, $5, $6)
        RETURNING audit_id",
        entry.how,
        entry.action,
        entry.who,
        entry.subject,
        entry.reason,
        entry.details
    )
    .fetch_one(db)
    .await
}

/// A recorded action.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its number; rises with time.
    pub audit_id: i64,
    /// When it was done.
    pub at: DateTime<Utc>,
    /// `cli`, `api` or `page`.
    pub how: String,
    /// What was done.
    pub action: String,
    /// Who did it.
    pub who: String,
    /// What was changed.
    pub subject: String,
    /// The reason that the person gave.
    pub reason: Option<String>,
    /// Values of the action.
    pub details: Value,
}

/// Which actions to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter<'a> {
    /// Only of this subject.
    pub subject: Option<&'a str>,
    /// Only this action.
    pub action: Option<&'a str>,
    /// Only those before the one of this number.
    pub before: Option<i64>,
}

/// Lists at most `limit` actions, the newest first.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn list(
    db: &mut PgConnection,
    filter: &Filter<'_>,
    limit: i64,
) -> Result<Vec<Entry>, ReadError> {
    let rows = sqlx::query_file_as!(
        Entry,
        "queries/read_audit.sql",
        filter.subject,
        filter.action,
        filter.before,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}
