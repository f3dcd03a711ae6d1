//! Whether work goes on: what the judgement of a stall asks the database.

use std::time::Duration;

use sqlx::PgExecutor;

use crate::leader::Term;

/// The progress of the fleet at one moment; lately is within the time that was asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Progress {
    /// Whether this session may write: neither is the server a standby nor the session read-only.
    pub takes_writes: bool,
    /// Name of the coordinator that leads, or led last.
    pub leader: Option<String>,
    /// Why the fleet does not go on, as the leader sees it.
    pub leader_stall: Option<String>,
    /// Seconds since the leader's lease ran out; negative while it holds.
    pub leaderless_seconds: Option<f64>,
    /// Living pods.
    pub pods: i64,
    /// Agents without a job, of the pods that claim.
    pub free_agents: i64,
    /// Pods that say that they do not go on.
    pub stalled_pods: i64,
    /// The message of one of them.
    pub pod_stall: Option<String>,
    /// Tasks that can be claimed now.
    pub waiting: i64,
    /// Claims under way.
    pub running: i64,
    /// Of these, jobs that run for much longer than their step allows.
    pub overdue: i64,
    /// Number of the oldest job that is queued or running.
    pub first_job_id: Option<i64>,
    /// Seconds since the oldest claim under way.
    pub oldest_claim_seconds: Option<f64>,
    /// Whether a job has ended lately.
    pub has_ended_lately: bool,
    /// Whether a task was claimed lately, or a job has ended.
    pub has_claimed_lately: bool,
}

/// Reads the progress of the fleet.
///
/// Jobs with a number below `from_job_id` are left out. A caller that reads often passes the
/// [`first_job_id`](Progress::first_job_id) of the read before, so as not to pass the dead rows
/// below it each time, and 0 now and then.
///
/// # Errors
///
/// If the statement fails.
pub async fn read(
    db: impl PgExecutor<'_>,
    lately: Duration,
    from_job_id: i64,
) -> Result<Progress, sqlx::Error> {
    sqlx::query_file_as!(
        Progress,
        "queries/read_progress.sql",
        lately.as_secs_f64(),
        from_job_id
    )
    .fetch_one(db)
    .await
}

/// Writes down why the fleet does not go on, or that it does, in the name of `term`.
///
/// # Errors
///
/// If the statement fails.
pub async fn note_of_leader(
    db: impl PgExecutor<'_>,
    term: Term,
    stall: Option<&str>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE leader SET stall = $3 WHERE holder = $1 AND epoch = $2 AND stall IS DISTINCT FROM $3",
        term.holder,
        term.epoch,
        stall
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes down why a pod does not go on, or that it does.
///
/// # Errors
///
/// If the statement fails.
pub async fn note_of_pod(
    db: impl PgExecutor<'_>,
    pod_id: i32,
    stall: Option<&str>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE pod SET stall = $2 WHERE pod_id = $1 AND stall IS DISTINCT FROM $2",
        pod_id,
        stall
    )
    .execute(db)
    .await?;
    Ok(())
}
