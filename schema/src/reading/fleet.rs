//! The fleet: its pods and the background passes of its coordinators.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::ReadError;

/// A pod that runs, or that ended within the last hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodStatus {
    /// Its number.
    pub pod_id: i32,
    /// Host or pod name.
    pub name: String,
    /// Version of its program.
    pub version: String,
    /// Jobs that it can run at a time.
    pub agents: i32,
    /// Jobs under way at its last heartbeat.
    pub agents_busy: i32,
    /// Whether it claims no more and will end.
    pub draining: bool,
    /// When it registered.
    pub started_at: DateTime<Utc>,
    /// Its last heartbeat.
    pub heartbeat_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why it ended.
    pub end_reason: Option<String>,
    /// Why it stalls.
    pub stall: Option<String>,
}

/// Reads at most `limit` pods: those that run first, then those that ended last.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn pods(db: &mut PgConnection, limit: i64) -> Result<Vec<PodStatus>, ReadError> {
    let rows = sqlx::query_as!(
        PodStatus,
        "SELECT pod_id, name, version, agents, agents_busy, draining, started_at, heartbeat_at,
            ended_at, end_reason, stall
        FROM pod
        WHERE ended_at IS NULL OR ended_at > now() - interval '1 hour'
        ORDER BY ended_at DESC NULLS FIRST, name, pod_id
        LIMIT $1",
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// The last run of a background pass of a coordinator.
#[derive(Debug, Clone, PartialEq)]
pub struct PassStatus {
    /// Name of the pass.
    pub pass: String,
    /// Name of the coordinator.
    pub coordinator: String,
    /// When the last run ended.
    pub run_at: DateTime<Utc>,
    /// When a run last found something to do.
    pub worked_at: Option<DateTime<Utc>>,
    /// Time that the last run took, in seconds.
    pub took_seconds: f32,
    /// Failures in a row.
    pub failures: i32,
    /// What the last run that found something to do did.
    pub report: Option<String>,
    /// Why the last run failed.
    pub error: Option<String>,
}

/// Reads the last run of every pass: those that fail first, then by the time of their last work.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn passes(db: &mut PgConnection) -> Result<Vec<PassStatus>, ReadError> {
    let rows = sqlx::query_as!(
        PassStatus,
        "SELECT pass, coordinator, run_at, worked_at, took_seconds, failures, report, error
        FROM background_pass
        WHERE run_at > now() - interval '1 day'
        ORDER BY failures = 0, worked_at DESC NULLS LAST, pass, coordinator
        LIMIT 100"
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// Who leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leader {
    /// Name of the coordinator.
    pub name: String,
    /// When its term began.
    pub elected_at: DateTime<Utc>,
    /// Whether its lease has run out.
    pub is_expired: bool,
    /// Why the fleet stalls, as the leader judges.
    pub stall: Option<String>,
}

/// Reads who leads, if a coordinator ever did.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn leader(db: &mut PgConnection) -> Result<Option<Leader>, ReadError> {
    let row = sqlx::query_as!(
        Leader,
        r#"SELECT name, elected_at, expires_at < now() AS "is_expired!", stall FROM leader"#
    )
    .fetch_optional(db)
    .await?;
    Ok(row)
}

/// The longest wait in the queue.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct QueueAge {
    /// The database's clock.
    pub now: DateTime<Utc>,
    /// Seconds that the oldest row of the queue has waited.
    pub longest_wait_seconds: f64,
}

/// Reads the database's clock and the longest wait in the queue.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn queue_age(db: &mut PgConnection) -> Result<QueueAge, ReadError> {
    let row = sqlx::query_as!(
        QueueAge,
        r#"SELECT now() AS "now!",
            coalesce(extract(epoch FROM now() - min(enqueued_at)), 0)::float8
                AS "longest_wait_seconds!"
        FROM queue"#
    )
    .fetch_one(db)
    .await?;
    Ok(row)
}
