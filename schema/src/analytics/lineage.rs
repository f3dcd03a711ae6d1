//! The lineage of a job: the job, the job that discovered its task, and so on up to
//! the root, each with its log lines.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

/// One job of a lineage.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// Its log lines, each with its level.
    pub log: Vec<String>,
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
            log AS "log!"
        FROM job_lineage($1)
        ORDER BY generation"#,
        job_id
    )
    .fetch_all(db)
    .await
}
