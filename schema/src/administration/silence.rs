//! Silences: alerts about which no messages are sent for a time.
//!
//! Patterns are as people write them: `*` stands for any text. The table has them as patterns of LIKE.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{PgConnection, PgExecutor};
use utoipa::ToSchema;

use crate::reading::ReadError;

/// A silence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Silence {
    /// Its number.
    pub silence_id: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub until_at: DateTime<Utc>,
    /// The condition, in which `*` stands for any text.
    pub condition: String,
    /// The subject, in which `*` stands for any text.
    pub subject: String,
    /// Why.
    pub reason: String,
    /// Who made it.
    pub created_by: String,
}

/// Silences the alerts whose condition and subject are like these patterns; returns the number of the
/// silence.
///
/// # Errors
///
/// If the statement fails.
pub async fn create(
    db: impl PgExecutor<'_>,
    condition: &str,
    subject: &str,
    lasts: Duration,
    reason: &str,
    who: &str,
) -> Result<i32, sqlx::Error> {
    sqlx::query_scalar!(
        "INSERT INTO alert_silence (until_at, condition, subject, reason, created_by)
        VALUES (now() + make_interval(secs => $3), $1, $2, $4, $5)
        RETURNING silence_id",
        like(condition),
        like(subject),
        lasts.as_secs_f64(),
        reason,
        who
    )
    .fetch_one(db)
    .await
}

/// Ends a silence now; returns whether it was in force.
///
/// # Errors
///
/// If the statement fails.
pub async fn end(db: impl PgExecutor<'_>, silence_id: i32) -> Result<bool, sqlx::Error> {
    let ended = sqlx::query!(
        "UPDATE alert_silence SET until_at = now() WHERE silence_id = $1 AND until_at > now()",
        silence_id
    )
    .execute(db)
    .await?;
    Ok(ended.rows_affected() > 0)
}

/// Lists at most `limit` silences that are in force, the newest first; `before` is the number of the
/// last one of the page before.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn list(
    db: &mut PgConnection,
    before: Option<i32>,
    limit: i64,
) -> Result<Vec<Silence>, ReadError> {
    let mut rows = sqlx::query_as!(
        Silence,
        "SELECT silence_id, created_at, until_at, condition, subject, reason, created_by
        FROM alert_silence
        WHERE until_at > now() AND ($1::integer IS NULL OR silence_id < $1)
        ORDER BY silence_id DESC
        LIMIT $2",
        before,
        limit
    )
    .fetch_all(db)
    .await?;
    for row in &mut rows {
        row.condition = shown(&row.condition);
        row.subject = shown(&row.subject);
    }
    Ok(rows)
}

/// Makes a pattern of LIKE of one in which `*` stands for any text.
fn like(pattern: &str) -> String {
    let mut like = String::new();
    for letter in pattern.chars() {
        match letter {
            '*' => like.push('%'),
            '%' | '_' | '\\' => like.extend(['\\', letter]),
            other => like.push(other),
        }
    }
    like
}

/// Shows a pattern of LIKE as a person wrote it.
fn shown(like: &str) -> String {
    let mut pattern = String::new();
    let mut letters = like.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '%' => pattern.push('*'),
            '\\' => pattern.extend(letters.next()),
            other => pattern.push(other),
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_star_stands_for_any_text() {
        assert_eq!(like("source_*"), r"source\_%");
        assert_eq!(shown(&like(r"100% \ a_b*")), r"100% \ a_b*");
    }
}
