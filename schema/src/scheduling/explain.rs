//! Reads the state of one task for `coordinator explain`.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

/// A task and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The task.
    pub task_id: i64,
    /// Its key.
    pub key: String,
    /// Its step.
    pub step_id: i32,
    /// When it ended for good.
    pub retired_at: Option<DateTime<Utc>>,
    /// The last value of its gate.
    pub gate: Option<String>,
    /// When it was placed in the queue, if it is there.
    pub queued_at: Option<DateTime<Utc>>,
    /// When it was claimed, if it runs.
    pub claimed_at: Option<DateTime<Utc>>,
    /// Its last job.
    pub last_job_id: Option<i64>,
    /// How that ended.
    pub last_outcome: Option<String>,
    /// When.
    pub last_finished_at: Option<DateTime<Utc>>,
    /// Jobs of the same limit that are queued.
    pub queued_beside: i64,
    /// Why its limit is paused, if it is, and until when.
    pub paused_until: Option<DateTime<Utc>>,
}

/// The number of the task with this key, if there is one.
///
/// # Errors
///
/// If the statement fails.
pub async fn find(
    db: impl PgExecutor<'_>,
    source: &str,
    step: &str,
    key: &str,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT task.task_id
        FROM task
        INNER JOIN step ON step.step_id = task.step_id
        INNER JOIN source ON source.source_id = step.source_id
        WHERE source.name = $1 AND step.name = $2 AND task.key = $3",
        source,
        step,
        key
    )
    .fetch_optional(db)
    .await
}

/// Reads the state of a task; `None` if there is none with this number.
///
/// # Errors
///
/// If the statement fails.
pub async fn standing(
    db: impl PgExecutor<'_>,
    task_id: i64,
) -> Result<Option<Standing>, sqlx::Error> {
    sqlx::query_as!(
        Standing,
        r#"SELECT
            task.task_id,
            task.key,
            task.step_id,
            task.retired_at,
            task.gate,
            queue.enqueued_at AS "queued_at?",
            running.claimed_at AS "claimed_at?",
            last.job_id AS "last_job_id?",
            last.outcome::text AS last_outcome,
            last.finished_at AS "last_finished_at?",
            (SELECT count(*) FROM queue AS other WHERE other.limit_key_id = step.limit_key_id)
                AS "queued_beside!",
            limit_key.paused_until
        FROM task
        INNER JOIN step ON step.step_id = task.step_id
        INNER JOIN limit_key ON limit_key.limit_key_id = step.limit_key_id
        LEFT JOIN queue ON queue.task_id = task.task_id
        LEFT JOIN running ON running.task_id = task.task_id
        LEFT JOIN LATERAL (
            SELECT job.job_id, job.outcome, job.finished_at
            FROM job
            WHERE job.task_id = task.task_id
            ORDER BY job.finished_at DESC
            LIMIT 1
        ) AS last ON true
        WHERE task.task_id = $1"#,
        task_id
    )
    .fetch_optional(db)
    .await
}
