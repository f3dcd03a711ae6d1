//! Who runs which statement in the database now, and of which job.

use serde::Serialize;
use sqlx::PgPool;

/// A session of the database.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SessionActivity {
    /// Number of its process, which `pg_terminate_backend` takes.
    pub pid: i32,
    /// Its role.
    pub role_name: Option<String>,
    /// What its client calls itself, such as `agent pod-7 job 4711`.
    pub application: String,
    /// `active`, `idle in transaction`, `idle`, or `background`.
    pub state: String,
    /// What it waits for; empty if nothing.
    pub waits_for: String,
    /// How long its statement has run, or how long it has been in its state.
    pub state_seconds: Option<f64>,
    /// How long its transaction is open.
    pub transaction_seconds: Option<f64>,
    /// The job whose transaction it is, if it is of one job.
    pub job_id: Option<i64>,
    /// The source of that job, while it runs.
    pub source: Option<String>,
    /// Its step.
    pub step: Option<String>,
    /// The key of its task.
    pub key: Option<String>,
    /// The sessions that block it, each by its number and application.
    pub blocked_by: Vec<String>,
    /// What its statement does, or the beginning of its text. The last one, if it is idle.
    pub statement: String,
}

/// Reads the other sessions of this database, the oldest transaction first; idle sessions are
/// included if `with_idle`.
///
/// A role that is not in `pg_monitor` does not see the statements of other roles.
///
/// # Errors
///
/// If the statement fails.
pub async fn sessions(db: &PgPool, with_idle: bool) -> Result<Vec<SessionActivity>, sqlx::Error> {
    sqlx::query_file_as!(
        SessionActivity,
        "queries/read_database_activity.sql",
        with_idle
    )
    .fetch_all(db)
    .await
}
