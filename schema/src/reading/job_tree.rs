//! The tree of a job: the jobs that led to it, and the tasks that it discovered.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

use super::{Counted, MAX_COUNT, ReadError};

/// A job that led to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Ancestor {
    /// 1 for the job that discovered the task, 2 for the one that discovered its task, and so on.
    pub generation: i32,
    /// The job.
    pub job_id: i64,
    /// Its source.
    pub source: String,
    /// Its step.
    pub step: String,
    /// The key of its task, if the task still exists.
    pub key: Option<String>,
    /// How it ended.
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

/// Reads the jobs that led to a job, its parent first.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn ancestors(db: &mut PgConnection, job_id: i64) -> Result<Vec<Ancestor>, ReadError> {
    let rows = sqlx::query_as!(
        Ancestor,
        r#"SELECT generation AS "generation!", job_id AS "job_id!", source AS "source!", step AS "step!", key,
            outcome::text AS "outcome!", finished_at AS "finished_at!", pod,
            definition_version AS "definition_version!", request_url, error, log AS "log!"
        FROM job_lineage($1)
        WHERE generation > 0
        ORDER BY generation
        LIMIT 16"#,
        job_id
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// A task that a job discovered, and its last job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Descendant {
    /// The task.
    pub task_id: i64,
    /// Its step.
    pub step: String,
    /// Its key.
    pub key: String,
    /// Start of the showtime that it watches.
    pub starts_at: Option<DateTime<Utc>>,
    /// When it ended for good.
    pub retired_at: Option<DateTime<Utc>>,
    /// Its last job.
    pub last_job_id: Option<i64>,
    /// How that ended.
    pub last_outcome: Option<String>,
    /// When.
    pub last_finished_at: Option<DateTime<Utc>>,
}

/// Reads at most `limit` tasks that a job discovered.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn descendants(
    db: &mut PgConnection,
    job_id: i64,
    limit: i64,
) -> Result<Vec<Descendant>, ReadError> {
    let rows = sqlx::query_file_as!(Descendant, "queries/read_descendants.sql", job_id, limit)
        .fetch_all(db)
        .await?;
    Ok(rows)
}

/// Counts the tasks that a job discovered.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn count_descendants(db: &mut PgConnection, job_id: i64) -> Result<Counted, ReadError> {
    let rows = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!"
        FROM (SELECT FROM task WHERE discovered_by = $1 LIMIT $2) AS discovered"#,
        job_id,
        MAX_COUNT + 1
    )
    .fetch_one(db)
    .await?;
    Ok(Counted::of(rows))
}
