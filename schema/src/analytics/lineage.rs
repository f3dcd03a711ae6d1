//! The lineage of a job: the job, the job that discovered its task, and so on up to
//! the root, each with its log lines.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgExecutor;

/// One job of a lineage.
#[derive(Debug, Clone, PartialEq)]
pub struct LineageJob {
    /// 0 for the job itself, 1 for its parent, and so on.
    pub generation: i32,
    /// The job.
    pub job_id: i64,
    /// Its source.
    pub source: String,
    /// Its step.
    pub step: String,
    /// The key of its task; `None` if the task is gone.
    pub key: Option<String>,
    /// How it ended, in one word.
    pub outcome: String,
    /// When it ended.
    pub finished_at: DateTime<Utc>,
    /// The pod that ran it.
    pub pod: Option<String>,
    /// The version of the definition that it ran by.
    pub definition_version: i32,
    /// The request, secrets removed.
    pub request_url: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// Status code of the answer.
    pub http_status: Option<i16>,
    /// Bytes of the body after decompression.
    pub response_bytes: Option<i32>,
    /// SHA-256 of the archived body.
    pub body_hash: Option<Vec<u8>>,
    /// Its log lines: a list of objects with `level`, `message` and `fields`.
    pub log: Value,
}

/// Returns the story of a job; nothing if the history does not have it.
///
/// # Errors
///
/// If the statement fails.
pub async fn job_lineage(
    db: impl PgExecutor<'_>,
    job_id: i64,
) -> Result<Vec<LineageJob>, sqlx::Error> {
    sqlx::query_as!(
        LineageJob,
        r#"SELECT
            generation AS "generation!",
            job_id AS "job_id!",
            source AS "source!",
            step AS "step!",
            key,
            outcome::text AS "outcome!",
            finished_at AS "finished_at!",
            pod,
            definition_version AS "definition_version!",
            request_url,
            error,
            http_status,
            response_bytes,
            body_hash,
            log_lines AS "log!"
        FROM job_lineage($1)
        ORDER BY generation"#,
        job_id
    )
    .fetch_all(db)
    .await
}

/// One request of a conversation, by the job that sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRequest {
    /// From 1.
    pub position: i32,
    /// The job.
    pub job_id: i64,
    /// Its purpose in one word; `None` if the job sent none.
    pub kind: Option<String>,
    /// The request, secrets removed.
    pub url: Option<String>,
    /// How the job ended, in one word.
    pub outcome: String,
    /// Status code of the answer.
    pub http_status: Option<i16>,
    /// Bytes of the body after decompression.
    pub response_bytes: Option<i32>,
    /// What the cache of the pod did, in one word.
    pub cache_result: Option<String>,
    /// Requests before this one that were not sent, because their answers were known.
    pub first_hits: Option<i16>,
    /// When the leader placed the job in the queue.
    pub enqueued_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: DateTime<Utc>,
    /// Microseconds in the queue.
    pub queued_micros: i64,
    /// Microseconds of the wait for the rate limiter of the pod.
    pub wait_micros: Option<i32>,
    /// Microseconds to connect; `None` where a connection was used again.
    pub connect_micros: Option<i32>,
    /// Microseconds from there to the head of the answer.
    pub first_byte_micros: Option<i32>,
    /// Microseconds from there to the end of the body.
    pub body_micros: Option<i32>,
    /// Microseconds from bytes to rows.
    pub extract_micros: Option<i32>,
    /// Microseconds from the complete result until it was written.
    pub store_micros: Option<i32>,
    /// SHA-256 of the archived body.
    pub body_hash: Option<Vec<u8>>,
}

impl JobRequest {
    /// Returns its phases that took place, in the order of time, each with its microseconds.
    pub fn phases(&self) -> impl Iterator<Item = (&'static str, i64)> {
        let later = [
            ("wait", self.wait_micros),
            ("connect", self.connect_micros),
            ("first byte", self.first_byte_micros),
            ("body", self.body_micros),
            ("extract", self.extract_micros),
            ("store", self.store_micros),
        ];
        let later = later.into_iter();
        let later = later.filter_map(|(name, micros)| Some((name, i64::from(micros?))));
        std::iter::once(("queued", self.queued_micros)).chain(later)
    }
}

/// Returns the requests of the whole conversation of a job, in order.
///
/// # Errors
///
/// If the statement fails.
pub async fn job_requests(
    db: impl PgExecutor<'_>,
    job_id: i64,
) -> Result<Vec<JobRequest>, sqlx::Error> {
    sqlx::query_file_as!(JobRequest, "queries/read_job_requests.sql", job_id)
        .fetch_all(db)
        .await
}
