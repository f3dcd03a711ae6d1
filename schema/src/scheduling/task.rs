//! Single tasks, as persons see them and what they ask of them.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use crate::{enums::RequestedAction, leader::Term, schedule::Task};

/// Requests that the leader takes in one statement: their answer fits into the buffers of a
/// connection, so that a leader which stops reading keeps no lock.
const MAX_REQUESTS: i32 = 500;

/// A task, for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The task.
    pub task_id: i64,
    /// Its source.
    pub source: String,
    /// Its step.
    pub step: String,
    /// Its key.
    pub key: String,
    /// Since when it is isolated.
    pub isolated_at: Option<DateTime<Utc>>,
    /// Since when it is retired.
    pub retired_at: Option<DateTime<Utc>>,
    /// Whether it is queued or running.
    pub is_out: bool,
    /// Why its source or its limit key runs nothing now.
    pub hindrance: Option<String>,
}

/// The task with this id.
///
/// # Errors
///
/// If the statement fails.
pub async fn by_id(db: impl PgExecutor<'_>, task_id: i64) -> Result<Option<Found>, sqlx::Error> {
    sqlx::query_file_as!(Found, "queries/find_task.sql", Some(task_id), "", "", "")
        .fetch_optional(db)
        .await
}

/// The task of this source and step with this key.
///
/// # Errors
///
/// If the statement fails.
pub async fn by_key(
    db: impl PgExecutor<'_>,
    source: &str,
    step: &str,
    key: &str,
) -> Result<Option<Found>, sqlx::Error> {
    sqlx::query_file_as!(
        Found,
        "queries/find_task.sql",
        None::<i64>,
        source,
        step,
        key
    )
    .fetch_optional(db)
    .await
}

/// Asks the leader to do something to a task; returns the number of the request.
///
/// # Errors
///
/// If the statement fails.
pub async fn ask(
    db: impl PgExecutor<'_>,
    task_id: i64,
    action: RequestedAction,
    reason: Option<&str>,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        "INSERT INTO task_request (task_id, action, reason) VALUES ($1, $2, $3) RETURNING request_id",
        task_id,
        action as RequestedAction,
        reason
    )
    .fetch_one(db)
    .await
}

/// Returns the requests of `request_ids` that the leader has not taken yet.
///
/// # Errors
///
/// If the statement fails.
pub async fn waiting(
    db: impl PgExecutor<'_>,
    request_ids: &[i64],
) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT request_id FROM task_request WHERE request_id = ANY ($1)",
        request_ids
    )
    .fetch_all(db)
    .await
}

/// Whether persons ask for anything.
///
/// # Errors
///
/// If the statement fails.
pub async fn is_asked(db: impl PgExecutor<'_>) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM task_request) AS "asked!""#)
        .fetch_one(db)
        .await
}

/// A task of which something was asked, as it is now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RequestedTask {
    /// The task.
    pub task: Task,
    /// Whether it may be placed: it is neither retired nor isolated.
    pub is_scheduled: bool,
    /// The last request.
    pub action: RequestedAction,
}

/// The operator requests that were applied.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Done {
    /// The tasks.
    pub asked: Vec<RequestedTask>,
    /// Jobs that were taken out of the queue. Jobs that ran are in the history.
    pub unqueued: Vec<i64>,
}

/// Does what persons ask for, in the name of `term`; nothing if the term is over.
///
/// At most 500 requests at a time: what is left is taken by the next call.
///
/// # Errors
///
/// If the statement fails; nothing is done then, unless only the answer was lost.
pub async fn take_requests(db: impl PgExecutor<'_>, term: Term) -> Result<Done, sqlx::Error> {
    let rows = sqlx::query_file!(
        "queries/take_requests.sql",
        term.holder,
        term.epoch,
        MAX_REQUESTS
    )
    .fetch_all(db)
    .await?;
    let unqueued = rows.iter().filter_map(|row| row.unqueued_job_id).collect();
    let asked = rows
        .into_iter()
        .map(|row| RequestedTask {
            task: Task {
                task_id: row.task_id,
                step_id: row.step_id,
                due_at: row.due_at,
                starts_at: row.starts_at,
                failures: row.failures,
                deaths: row.deaths,
                gated: row.gated,
                gate_changed_at: row.gate_changed_at,
                film_id: row.film_id,
                cinema_id: row.cinema_id,
                looked_at: row.looked_at,
                sales: row.sales,
                exposure: row.exposure,
                sold: row.sold,
                missing_since: row.missing_since,
                misses: row.misses,
            },
            is_scheduled: row.is_scheduled,
            action: row.action,
        })
        .collect();
    Ok(Done { asked, unqueued })
}

/// How many tasks are isolated.
///
/// # Errors
///
/// If the statement fails.
pub async fn count_isolated(db: impl PgExecutor<'_>) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT count(*) AS "isolated!" FROM task WHERE isolated_at IS NOT NULL"#)
        .fetch_one(db)
        .await
}

/// A task that runs no more until a person lets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// The task.
    pub task_id: i64,
    /// Its source.
    pub source: String,
    /// Its step.
    pub step: String,
    /// Its key.
    pub key: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Why.
    pub why: String,
    /// Its last job that was lost, if it is isolated.
    pub last_job_id: Option<i64>,
}

/// The tasks that were isolated, or retired by a person; the latest first.
///
/// # Errors
///
/// If the statement fails.
pub async fn stopped(
    db: impl PgExecutor<'_>,
    source: Option<&str>,
) -> Result<Vec<Stopped>, sqlx::Error> {
    sqlx::query_file_as!(Stopped, "queries/read_stopped_tasks.sql", source)
        .fetch_all(db)
        .await
}
