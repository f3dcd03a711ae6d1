//! The present state of the fleet, for people who watch it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

/// Queue, claims and pods at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FleetLoad {
    /// Tasks in the queue.
    pub queued: i64,
    /// Claims under way.
    pub running: i64,
    /// Name of the coordinator that leads.
    pub leader: Option<String>,
    /// Living pods.
    pub pods: i64,
    /// Jobs that they can run at a time.
    pub agents: i64,
    /// Jobs that they ran at their last heartbeats.
    pub agents_busy: i64,
}

/// Reads queue, claims and pods.
///
/// # Errors
///
/// If the statement fails.
pub async fn fleet_load(db: impl PgExecutor<'_>) -> Result<FleetLoad, sqlx::Error> {
    sqlx::query_file_as!(FleetLoad, "queries/read_fleet_load.sql")
        .fetch_one(db)
        .await
}

/// Jobs that ended in a span of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EndedJobs {
    /// All of them.
    pub jobs: i64,
    /// Of these, failed ones.
    pub failed: i64,
    /// Snapshots that they stored.
    pub snapshots: i64,
    /// Seat records in them.
    pub seat_records: i64,
}

/// Counts the jobs of the last `window`, at the cost of reading them.
///
/// # Errors
///
/// If the statement fails.
pub async fn ended_jobs(
    db: impl PgExecutor<'_>,
    window: Duration,
) -> Result<EndedJobs, sqlx::Error> {
    sqlx::query_file_as!(
        EndedJobs,
        "queries/read_ended_job_counts.sql",
        window.as_secs_f64()
    )
    .fetch_one(db)
    .await
}

/// Totals of a span of time, and the showtimes on sale now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Snapshots stored.
    pub snapshots: i64,
    /// Seat records in them.
    pub seat_records: i64,
    /// Showtimes that have not started and were seen.
    pub showtimes: i64,
    /// Their seats sold, as seen last.
    pub sold: i64,
    /// Their seats.
    pub seats: i64,
}

/// Reads what was stored after `after` and not after `until`.
///
/// The whole past takes a scan of it; a watcher adds up short times instead.
///
/// # Errors
///
/// If the statement fails.
pub async fn totals(
    db: impl PgExecutor<'_>,
    after: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Totals, sqlx::Error> {
    sqlx::query_file_as!(Totals, "queries/read_totals.sql", after, until)
        .fetch_one(db)
        .await
}

/// One failure, for the panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentError {
    /// When it ended.
    pub finished_at: DateTime<Utc>,
    /// Its source.
    pub source: String,
    /// Its step.
    pub step: String,
    /// The job.
    pub job_id: i64,
    /// Why it failed.
    pub error: Option<String>,
}

/// The last `limit` failures of the last ten minutes, the newest first.
///
/// # Errors
///
/// If the statement fails.
pub async fn recent_errors(
    db: impl PgExecutor<'_>,
    limit: i64,
) -> Result<Vec<RecentError>, sqlx::Error> {
    sqlx::query_as!(
        RecentError,
        "SELECT job.finished_at, source.name AS source, step.name AS step, job.job_id, job.error
        FROM job
        INNER JOIN step ON step.step_id = job.step_id
        INNER JOIN source ON source.source_id = step.source_id
        WHERE job.outcome IN ('failed', 'lost') AND job.finished_at > now() - interval '10 minutes'
        ORDER BY job.finished_at DESC
        LIMIT $1",
        limit
    )
    .fetch_all(db)
    .await
}
