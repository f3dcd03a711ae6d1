//! Jobs that ended, from which the schedule learns.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use crate::{
    enums::{ErrorClass, Outcome},
    queue::Queued,
};

/// A job that ended, as the schedule learns from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedJob {
    /// Order in which jobs ended.
    pub ended_seq: i64,
    /// The job.
    pub job_id: i64,
    /// Its task.
    pub task_id: i64,
    /// The pod that ran it.
    pub pod_id: i32,
    /// Its step.
    pub step_id: i32,
    /// Seats whose code nothing maps, if there were any.
    pub unmapped: Option<i16>,
    /// Rows that could not be read; `None` of an answer that was read as a whole.
    pub missing: Option<i32>,
    /// Seats sold, if it saw seats.
    pub sold: Option<i16>,
    /// Why the answer could not be used, if that is why it failed.
    pub error: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// 1 for a first run, one more for each failure in a row.
    pub attempt: i16,
    /// Why it failed.
    pub error_class: Option<ErrorClass>,
    /// Whether its seats differed from the last.
    pub changed: Option<bool>,
    /// The wait that the source asked for, in seconds.
    pub retry_after_seconds: Option<i32>,
    /// Rows extracted.
    pub row_count: Option<i32>,
    /// Microseconds from its last request to the end of the answer.
    pub fetch_micros: Option<i32>,
    /// Status code of the answer.
    pub http_status: Option<i16>,
    /// Requests that it sent; unknown of one that was lost.
    pub requests: i16,
    /// Of a lost one: runs of its task in a row, up to this, whose pod died.
    pub deaths: Option<i16>,
    /// When its answer was complete, if it had one.
    pub observed_at: Option<DateTime<Utc>>,
    /// When a pod claimed it.
    pub claimed_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: DateTime<Utc>,
}

/// Reads up to `limit` jobs that ended with a number from `from_seq` on, other than those in `seen`.
///
/// # Errors
///
/// If the statement fails.
pub async fn read_ended(
    db: impl PgExecutor<'_>,
    from_seq: i64,
    seen: &[i64],
    limit: i64,
) -> Result<Vec<EndedJob>, sqlx::Error> {
    sqlx::query_file_as!(
        EndedJob,
        "queries/read_ended_jobs.sql",
        from_seq,
        seen,
        limit
    )
    .fetch_all(db)
    .await
}

/// Jobs of `job_ids` that ended: for those whose number was missed.
///
/// # Errors
///
/// If the statement fails.
pub async fn find_ended(
    db: impl PgExecutor<'_>,
    job_ids: &[i64],
) -> Result<Vec<EndedJob>, sqlx::Error> {
    sqlx::query_as!(
        EndedJob,
        r#"SELECT ended_seq, job_id, task_id, pod_id, step_id, unmapped, missing,
            CASE WHEN error_class IN ('malformed', 'unexpected') THEN left(error, 400) END AS error,
            outcome AS "outcome: Outcome", attempt,
            error_class AS "error_class: ErrorClass", changed, sold, retry_after_seconds, row_count,
            fetch_micros, http_status, requests,
            CASE WHEN outcome = 'lost' THEN (SELECT task.deaths FROM task WHERE task.task_id = job.task_id) END AS deaths,
            observed_at, claimed_at, finished_at
        FROM job
        WHERE job_id = ANY ($1) AND finished_at > now() - interval '1 day'"#,
        job_ids
    )
    .fetch_all(db)
    .await
}

/// The jobs of those `asked` that are neither queued nor running nor in the history: the
/// database crashed, which empties the queue, or lost the answer to a claim with its pod.
///
/// # Errors
///
/// If the statement fails.
pub async fn find_vanished(
    db: impl PgExecutor<'_>,
    asked: &[Queued],
) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_file_scalar!(
        "queries/find_vanished.sql",
        &asked.iter().map(|row| row.job_id).collect::<Vec<_>>(),
        &asked.iter().map(|row| row.task_id).collect::<Vec<_>>()
    )
    .fetch_all(db)
    .await
}

/// The number that the next job to end will get, at least.
///
/// # Errors
///
/// If the statement fails.
pub async fn next_ended_seq(db: impl PgExecutor<'_>) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT last_value + 1 AS "next!" FROM job_ended_seq"#)
        .fetch_one(db)
        .await
}
