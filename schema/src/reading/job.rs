//! One job: ended, running or queued, with its log lines and what it stored.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

use super::ReadError;

/// Log lines of a job that are read at most.
pub const MAX_LOG_LINES: i64 = 1_000;

/// A job that ended.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct JobDetail {
    /// The job.
    pub job_id: i64,
    /// Its task.
    pub task_id: i64,
    /// The key of its task, if the task still exists.
    pub key: Option<String>,
    /// Its source.
    pub source: String,
    /// Its step.
    pub step: String,
    /// Kind of rows that the step gives.
    pub yields: String,
    /// `cinema_id` for showtimes, `showtime_id` for seats.
    pub subject_id: Option<i32>,
    /// The job whose conversation it continued.
    pub previous_job_id: Option<i64>,
    /// The job that discovered its task.
    pub parent_job_id: Option<i64>,
    /// When the leader placed it in the queue.
    pub enqueued_at: DateTime<Utc>,
    /// When a pod claimed it.
    pub claimed_at: DateTime<Utc>,
    /// When its answer was complete: the time of its data.
    pub observed_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: DateTime<Utc>,
    /// The pod that ran it.
    pub pod: Option<String>,
    /// The version of the definition that it ran by.
    pub definition_version: i32,
    /// Microseconds from request sent to body complete.
    pub fetch_micros: Option<i32>,
    /// Bytes of the body after decompression.
    pub response_bytes: Option<i32>,
    /// Rows extracted.
    pub row_count: Option<i32>,
    /// Rows of its answer that could not be read; 0 if their number is unknown.
    pub missing: Option<i32>,
    /// Wait that the source asked for, in seconds.
    pub retry_after_seconds: Option<i32>,
    /// `succeeded`, `failed`, `lost`, `returned`, `continued` or `cancelled`.
    pub outcome: String,
    /// Why it failed, in one word.
    pub error_class: Option<String>,
    /// Status code of the answer.
    pub http_status: Option<i16>,
    /// Requests that it sent.
    pub requests: i16,
    /// 1 for a first run, one more for each failure in a row.
    pub attempt: i16,
    /// Seats whose code is not mapped.
    pub unmapped: Option<i16>,
    /// Seats sold.
    pub sold: Option<i16>,
    /// Whether the answer differed from the last one.
    pub changed: Option<bool>,
    /// The request, secrets removed.
    pub request_url: Option<String>,
    /// Why it failed, for a person.
    pub error: Option<String>,
    /// Whether the body of its answer is archived.
    pub has_body: bool,
}

/// Reads a job that ended; `None` if the history does not have it.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn ended(db: &mut PgConnection, job_id: i64) -> Result<Option<JobDetail>, ReadError> {
    let row = sqlx::query_file_as!(JobDetail, "queries/read_job.sql", job_id)
        .fetch_optional(db)
        .await?;
    Ok(row)
}

/// A job that runs, or a task in the queue that will be this job.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct JobAhead {
    /// The job.
    pub job_id: i64,
    /// Its task.
    pub task_id: i64,
    /// The key of its task.
    pub key: String,
    /// Its source.
    pub source: String,
    /// Its step.
    pub step: String,
    /// When the leader placed it in the queue.
    pub enqueued_at: DateTime<Utc>,
    /// When a pod claimed it; `None` while it is queued.
    pub claimed_at: Option<DateTime<Utc>>,
    /// The pod that runs it, or the only one that may claim it.
    pub pod: Option<String>,
    /// When the lease of that pod runs out, if it runs.
    pub lease_expires_at: Option<DateTime<Utc>>,
    /// When its permits run out, if it is queued.
    pub expires_at: Option<DateTime<Utc>>,
    /// 1 for a first run, one more for each failure in a row.
    pub attempt: i16,
    /// The database's clock.
    pub now: DateTime<Utc>,
}

/// Reads a job that runs or is queued.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn ahead(db: &mut PgConnection, job_id: i64) -> Result<Option<JobAhead>, ReadError> {
    let row = sqlx::query_file_as!(JobAhead, "queries/read_job_ahead.sql", job_id)
        .fetch_optional(db)
        .await?;
    Ok(row)
}

/// A log line of a job.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct LogLine {
    /// When it was written.
    pub logged_at: DateTime<Utc>,
    /// `info`, `warn` or `error`.
    pub level: String,
    /// What happened.
    pub message: String,
    /// Values of the message by name.
    pub fields: Option<serde_json::Value>,
}

/// Reads the log lines of a job that ended at `finished_at`, the first [`MAX_LOG_LINES`].
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn log(
    db: &mut PgConnection,
    job_id: i64,
    finished_at: DateTime<Utc>,
) -> Result<Vec<LogLine>, ReadError> {
    // Lines are written with the end of their job; the span leaves out all other partitions.
    let rows = sqlx::query_as!(
        LogLine,
        r#"SELECT logged_at, level::text AS "level!", message, fields
        FROM job_log
        WHERE job_id = $1
            AND logged_at > $2::timestamptz - interval '1 day'
            AND logged_at < $2::timestamptz + interval '1 hour'
        ORDER BY logged_at
        LIMIT $3"#,
        job_id,
        finished_at,
        MAX_LOG_LINES
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// A snapshot that a job stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct JobSnapshot {
    /// The showtime.
    pub showtime_id: i32,
    /// Title of the film.
    pub film: String,
    /// Name of the cinema.
    pub cinema: String,
    /// IANA zone of the cinema.
    pub timezone: String,
    /// When it starts.
    pub starts_at: DateTime<Utc>,
    /// Whether the job stored a snapshot: not if nothing had changed, or if it is sealed by now.
    pub is_stored: bool,
    /// Seats sold in it.
    pub sold: Option<i16>,
    /// Seats in it.
    pub seats: Option<i32>,
    /// Whether the job stored other prices.
    pub has_prices: bool,
}

/// Reads the showtime that a job of seats or prices looked at, and what it stored of it.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn stored_snapshot(
    db: &mut PgConnection,
    showtime_id: i32,
    observed_at: DateTime<Utc>,
    job_id: i64,
) -> Result<Option<JobSnapshot>, ReadError> {
    let row = sqlx::query_file_as!(
        JobSnapshot,
        "queries/read_stored_snapshot.sql",
        showtime_id,
        observed_at,
        job_id
    )
    .fetch_optional(db)
    .await?;
    Ok(row)
}

/// A showtime that a job discovered or changed last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct JobShowtime {
    /// The showtime.
    pub showtime_id: i32,
    /// Title of the film.
    pub film: String,
    /// When it starts.
    pub starts_at: DateTime<Utc>,
    /// IANA zone of the cinema.
    pub timezone: String,
    /// Whether the job saw it first; else it saw it change.
    pub is_new: bool,
}

/// Reads at most `limit` showtimes of a cinema that a job discovered or changed last.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn stored_showtimes(
    db: &mut PgConnection,
    cinema_id: i32,
    job_id: i64,
    limit: i64,
) -> Result<Vec<JobShowtime>, ReadError> {
    let rows = sqlx::query_as!(
        JobShowtime,
        r#"SELECT showtime.showtime_id, film.title AS film, showtime.starts_at, cinema.timezone,
            showtime.discovered_by = $2 AS "is_new!"
        FROM showtime
        INNER JOIN cinema ON cinema.cinema_id = showtime.cinema_id
        INNER JOIN film ON film.film_id = showtime.film_id
        WHERE showtime.cinema_id = $1 AND (showtime.discovered_by = $2 OR showtime.changed_by = $2)
        ORDER BY showtime.starts_at, showtime.showtime_id
        LIMIT $3"#,
        cinema_id,
        job_id,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}
