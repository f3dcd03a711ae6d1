//! Materialised views: which is due, who refreshes it, how it ended.
//!
//! A refresh is claimed in one transaction and run in a second, which holds a lock on its
//! row in `refresh_execution` until it ends. So an execution without an end whose row is
//! not locked has lost its coordinator or its connection, through any pooler, and
//! [`give_up`] ends it: the view is then due as before.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{PgExecutor, PgPool};

/// A refresh that this process is to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// Its row.
    pub execution_id: i64,
    /// The view.
    pub view_name: String,
    /// Time after which the refresh is cut off.
    pub maximum_duration: Duration,
}

/// How a refresh ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The view is new.
    Refreshed,
    /// The refresh took too long, or a person cancelled it.
    Terminated,
    /// The database refused; `refresh_status` says why.
    Failed,
    /// The execution was given up before it began.
    Superseded,
}

/// Claims the refresh that is due longest, or that of `view`, whether due or not, in the
/// name of `by`; `None` where nothing is due, or it runs already.
///
/// # Errors
///
/// If the statement fails.
pub async fn claim(
    db: impl PgExecutor<'_>,
    by: &str,
    view: Option<&str>,
) -> Result<Option<Execution>, sqlx::Error> {
    let claimed = sqlx::query_file!("queries/claim_refresh.sql", by, view)
        .fetch_optional(db)
        .await?;
    Ok(claimed.map(|row| Execution {
        execution_id: row.execution_id,
        view_name: row.view_name,
        maximum_duration: Duration::from_millis(u64::try_from(row.maximum_millis).unwrap_or(1)),
    }))
}

/// Runs a refresh that was claimed; takes as long as that takes.
///
/// # Errors
///
/// If the connection is lost; the execution is given up within some minutes then.
pub async fn run(db: &PgPool, execution: &Execution) -> Result<Outcome, sqlx::Error> {
    let mut transaction = db.begin().await?;
    sqlx::query!(
        "SELECT set_config('statement_timeout', $1, true)",
        execution.maximum_duration.as_millis().max(1).to_string()
    )
    .fetch_one(&mut *transaction)
    .await?;
    let word = sqlx::query_scalar!(
        r#"SELECT refresh_view($1) AS "outcome!""#,
        execution.execution_id
    )
    .fetch_one(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(match word.as_str() {
        "refreshed" => Outcome::Refreshed,
        "terminated" => Outcome::Terminated,
        "superseded" => Outcome::Superseded,
        _ => Outcome::Failed,
    })
}

/// Ends executions that began at least a minute ago and that no process runs any more; returns
/// their views. Deletes executions that ended 30 days ago.
///
/// # Errors
///
/// If the statement fails.
pub async fn give_up(db: impl PgExecutor<'_>) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"WITH lost AS MATERIALIZED (
            SELECT execution_id
            FROM refresh_execution
            WHERE ended_at IS NULL AND started_at < now() - interval '1 minute'
            FOR UPDATE SKIP LOCKED
        ),
        forgotten AS (
            DELETE FROM refresh_execution WHERE ended_at < now() - interval '30 days'
        )
        UPDATE refresh_execution
        SET ended_at = now(), succeeded = false, error = 'its coordinator, or the connection, is gone'
        FROM lost
        WHERE refresh_execution.execution_id = lost.execution_id
        RETURNING view_name"#
    )
    .fetch_all(db)
    .await
}

/// A row of the view `refresh_status`.
#[derive(Debug, Clone, PartialEq)]
pub struct RefreshStatus {
    /// The materialised view.
    pub view_name: String,
    /// Seconds between the beginnings of two refreshes.
    pub refresh_every_seconds: f64,
    /// When a refresh last succeeded.
    pub last_success_at: Option<DateTime<Utc>>,
    /// How long that took, in seconds.
    pub last_duration_seconds: Option<f64>,
    /// Since when one runs.
    pub running_since: Option<DateTime<Utc>>,
    /// The coordinator that runs it.
    pub running_by: Option<String>,
    /// Why the last one failed.
    pub error: Option<String>,
}

/// Every materialised view that is refreshed by schedule, by name.
///
/// # Errors
///
/// If the statement fails.
pub async fn statuses(db: impl PgExecutor<'_>) -> Result<Vec<RefreshStatus>, sqlx::Error> {
    sqlx::query_as!(
        RefreshStatus,
        r#"SELECT view_name AS "view_name!",
            extract(epoch FROM refresh_every)::double precision AS "refresh_every_seconds!",
            last_success_at,
            extract(epoch FROM last_duration)::double precision AS last_duration_seconds,
            running_since, running_by, error
        FROM refresh_status
        ORDER BY view_name"#
    )
    .fetch_all(db)
    .await
}
