//! Answers of a source that could not be used, and the last one that could.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

use super::ReadError;

/// An answer in quarantine, without its body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct HeldAnswer {
    /// The job that got it.
    pub job_id: i64,
    /// When that ended.
    pub at: DateTime<Utc>,
    /// Its step.
    pub step: String,
    /// Bytes of the body as it came.
    pub body_bytes: i32,
    /// Why it could not be used.
    pub reason: String,
    /// The request, secrets removed.
    pub url: Option<String>,
    /// Content type by the header of the answer.
    pub content_type: Option<String>,
}

/// Reads the answers of a source in quarantine before `before` (when a job ended, and the job), the
/// newest first.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn held(
    db: &mut PgConnection,
    source: &str,
    before: Option<(DateTime<Utc>, i64)>,
    limit: i64,
) -> Result<Vec<HeldAnswer>, ReadError> {
    let (before_at, before_job) = before.unzip();
    let rows = sqlx::query_as!(
        HeldAnswer,
        "SELECT quarantine.job_id, quarantine.at, step.name AS step, quarantine.body_bytes,
            quarantine.reason, quarantine.url, quarantine.content_type
        FROM quarantine
        INNER JOIN step ON step.step_id = quarantine.step_id
        INNER JOIN source ON source.source_id = step.source_id
        WHERE source.name = $1
            AND ($2::timestamptz IS NULL OR (quarantine.at, quarantine.job_id) < ($2, $3::bigint))
        ORDER BY quarantine.at DESC, quarantine.job_id DESC
        LIMIT $4",
        source,
        before_at,
        before_job,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// The body of an answer in quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldBody {
    /// Its source.
    pub source: String,
    /// Its step.
    pub step: String,
    /// Its task.
    pub task_id: i64,
    /// When its job ended.
    pub at: DateTime<Utc>,
    /// Why it could not be used.
    pub reason: String,
    /// The request, secrets removed.
    pub url: Option<String>,
    /// Content type by the header of the answer.
    pub content_type: Option<String>,
    /// Bytes of the body as it came.
    pub body_bytes: i32,
    /// The body, gzip; cut if it was long.
    pub body: Vec<u8>,
}

/// Reads the answer of a job, if it is in quarantine.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn held_body(db: &mut PgConnection, job_id: i64) -> Result<Option<HeldBody>, ReadError> {
    let row = sqlx::query_as!(
        HeldBody,
        "SELECT source.name AS source, step.name AS step, quarantine.task_id, quarantine.at,
            quarantine.reason, quarantine.url, quarantine.content_type, quarantine.body_bytes,
            quarantine.body
        FROM quarantine
        INNER JOIN step ON step.step_id = quarantine.step_id
        INNER JOIN source ON source.source_id = step.source_id
        WHERE quarantine.job_id = $1",
        job_id
    )
    .fetch_optional(db)
    .await?;
    Ok(row)
}

/// The last answer of a task that could be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct GoodAnswer {
    /// The job that got it.
    pub job_id: i64,
    /// When that ended.
    pub finished_at: DateTime<Utc>,
    /// The version of the definition that it ran by.
    pub definition_version: i32,
    /// Bytes of the body after decompression.
    pub response_bytes: Option<i32>,
    /// Rows extracted.
    pub row_count: Option<i32>,
    /// The request, secrets removed.
    pub request_url: Option<String>,
    /// SHA-256 of its archived body.
    #[serde(skip)]
    pub body_hash: Option<Vec<u8>>,
}

/// Reads the last answer of a task before `before` that could be used: among its last 200 jobs.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn last_good(
    db: &mut PgConnection,
    task_id: i64,
    before: DateTime<Utc>,
) -> Result<Option<GoodAnswer>, ReadError> {
    let row = sqlx::query_file_as!(GoodAnswer, "queries/read_last_good.sql", task_id, before)
        .fetch_optional(db)
        .await?;
    Ok(row)
}
