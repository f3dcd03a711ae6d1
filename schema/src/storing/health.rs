//! Health of sources: what the leader judged, written when it changes.
//!
//! Each change has its job and its reason (`source_change`). The view `source_history` adds the
//! states and definition versions of the source. A new leader continues from what is stored here.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use crate::{enums::Health, leader::Term};

/// How the reason begins where a step is degraded by status codes alone that nothing maps: a condition of
/// alerts of its own says so.
pub const UNMAPPED_CODES: &str = "status codes that nothing maps";

/// A change of the health of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The step.
    pub step_id: i32,
    /// The job after which it changed.
    pub job_id: i64,
    /// Its present health.
    pub health: Health,
    /// Why, unless it is healthy.
    pub reason: Option<String>,
}

/// Writes down in the name of `term` the health of a step, and that of its source: the worst of
/// its steps. Returns whether anything changed by that; nothing does if the term is over.
///
/// # Errors
///
/// If the statement fails.
pub async fn store(
    db: impl PgExecutor<'_>,
    term: Term,
    judged: &Judged,
) -> Result<bool, sqlx::Error> {
    let written = sqlx::query_file!(
        "queries/store_health.sql",
        term.holder,
        term.epoch,
        judged.step_id,
        judged.health as Health,
        judged.reason,
        judged.job_id
    )
    .fetch_optional(db)
    .await?;
    Ok(written.is_some())
}

/// A change of a source at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceChange {
    /// When it was written down.
    pub at: DateTime<Utc>,
    /// The step whose health changed; `None` for the whole source.
    pub step: Option<String>,
    /// The new health or state, or the version of the definition, in one word or two.
    pub new_state: String,
    /// Why.
    pub reason: Option<String>,
    /// The job after which it changed.
    pub job_id: Option<i64>,
}

/// The last `most` changes of a source, the newest first.
///
/// # Errors
///
/// If the statement fails.
pub async fn history(
    db: impl PgExecutor<'_>,
    source: &str,
    most: i64,
) -> Result<Vec<SourceChange>, sqlx::Error> {
    sqlx::query_as!(
        SourceChange,
        r#"SELECT at AS "at!", step, new_state AS "new_state!", reason, job_id
        FROM source_history
        WHERE source = $1
        ORDER BY at DESC, job_id DESC NULLS LAST
        LIMIT $2"#,
        source,
        most
    )
    .fetch_all(db)
    .await
}

/// Codes of a source that nothing maps, in the order in which they were seen first.
///
/// # Errors
///
/// If the statement fails.
pub async fn unmapped_codes(
    db: impl PgExecutor<'_>,
    source_id: i32,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT code FROM seat_code WHERE source_id = $1 AND status IS NULL ORDER BY code_index",
        source_id
    )
    .fetch_all(db)
    .await
}

/// Drops quarantined answers beyond the last `most` of each step, and those older than
/// a week; returns how many went.
///
/// # Errors
///
/// If the statement fails.
pub async fn bound_quarantine(db: impl PgExecutor<'_>, most: i64) -> Result<u64, sqlx::Error> {
    let dropped = sqlx::query!(
        "DELETE FROM quarantine
        WHERE at < now() - interval '7 days'
            OR job_id IN (
                SELECT job_id
                FROM (
                    SELECT job_id, row_number() OVER (PARTITION BY step_id ORDER BY at DESC, job_id DESC) AS place
                    FROM quarantine
                ) AS ranked
                WHERE place > $1)",
        most
    )
    .execute(db)
    .await?;
    Ok(dropped.rows_affected())
}
