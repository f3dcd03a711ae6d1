//! What a reader adds up over time: the jobs that ended lately, and the tasks of each source.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::ReadError;

/// Seconds of a span.
pub const SPAN_SECONDS: i32 = 5;

/// Jobs of one source that ended in one span of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedInSpan {
    /// The source.
    pub source_id: i32,
    /// Number of the span: its beginning in seconds since the epoch, by [`SPAN_SECONDS`].
    pub span: i64,
    /// Jobs that ended.
    pub ended: i64,
    /// Of these, those that succeeded.
    pub succeeded: i64,
    /// Of these, those that failed.
    pub failed: i64,
    /// Snapshots that they stored.
    pub snapshots: i64,
    /// Seat records in them.
    pub seat_records: i64,
    /// When the last of them succeeded.
    pub last_success_at: Option<DateTime<Utc>>,
}

/// Reads the jobs that ended from `since` on, at most six minutes ago; `since` is the beginning of a
/// span.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn ended_since(
    db: &mut PgConnection,
    since: DateTime<Utc>,
) -> Result<Vec<EndedInSpan>, ReadError> {
    let rows = sqlx::query_file_as!(
        EndedInSpan,
        "queries/read_ended_jobs_by_source.sql",
        since,
        SPAN_SECONDS
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// Counts the tasks of each source that are not retired, at the cost of an index of all of them.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn active_tasks(db: &mut PgConnection) -> Result<Vec<(i32, i64)>, ReadError> {
    let rows = sqlx::query!(
        r#"SELECT step.source_id, sum(counted.active)::bigint AS "active!"
        FROM (
            SELECT step_id, count(*) AS active FROM task WHERE retired_at IS NULL GROUP BY step_id
        ) AS counted
        INNER JOIN step ON step.step_id = counted.step_id
        GROUP BY step.source_id"#
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.source_id, row.active))
        .collect())
}
