//! The size of the fleet: the agents that exist, and the number that could be kept busy.
//!
//! The leader computes the second number: for a limit key with waiting tasks, its rate times the
//! time that a job keeps its agent (Little's law), but no more than its jobs and tasks; for other
//! keys, the agents that are busy. The number is smoothed, with some to spare, and stored in
//! `agents_wanted`; the view `fleet_wanted` and a metric show it to autoscalers.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

use crate::leader::Term;

/// Stores how many agents could be kept busy, if the number changed; stores nothing if `term` is
/// over.
///
/// # Errors
///
/// If the statement fails.
pub async fn store_wanted(
    db: impl PgExecutor<'_>,
    term: Term,
    agents: i32,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!("queries/store_wanted.sql", term.holder, term.epoch, agents)
        .execute(db)
        .await?;
    Ok(())
}

/// The agents that exist and the agents that are wanted: a row of the view `fleet_wanted`.
#[derive(Debug, Clone, PartialEq)]
pub struct FleetWanted {
    /// Agents that could be kept busy.
    pub agents_wanted: i32,
    /// Pods that have as many.
    pub pods_wanted: i32,
    /// Pods that live and claim.
    pub pods: i32,
    /// Pods that end.
    pub draining: i32,
    /// Agents of the pods that claim.
    pub agents: i32,
    /// Of these busy at the last heartbeats.
    pub agents_busy: i32,
}

/// Reads the view `fleet_wanted`.
///
/// # Errors
///
/// If the statement fails.
pub async fn wanted(db: impl PgExecutor<'_>) -> Result<FleetWanted, sqlx::Error> {
    sqlx::query_as!(
        FleetWanted,
        r#"SELECT agents_wanted AS "agents_wanted!", pods_wanted AS "pods_wanted!", pods AS "pods!",
            draining AS "draining!", agents AS "agents!", agents_busy AS "agents_busy!"
        FROM fleet_wanted"#
    )
    .fetch_one(db)
    .await
}

/// A pod that lives.
#[derive(Debug, Clone, PartialEq)]
pub struct LivingPod {
    /// Its row.
    pub pod_id: i32,
    /// Host or pod name.
    pub name: String,
    /// Version of its program.
    pub version: String,
    /// Jobs that it can run at a time.
    pub agents: i32,
    /// Jobs under way at its last heartbeat.
    pub agents_busy: i32,
    /// Whether it claims no more.
    pub draining: bool,
    /// When it registered.
    pub started_at: DateTime<Utc>,
    /// Rest of its lease, in seconds.
    pub lease_left_seconds: f64,
}

/// Every pod that lives, by name.
///
/// # Errors
///
/// If the statement fails.
pub async fn pods(db: impl PgExecutor<'_>) -> Result<Vec<LivingPod>, sqlx::Error> {
    sqlx::query_as!(
        LivingPod,
        r#"SELECT pod_id, name, version, agents, agents_busy, draining, started_at,
            extract(epoch FROM lease_expires_at - now())::double precision AS "lease_left_seconds!"
        FROM pod
        WHERE ended_at IS NULL
        ORDER BY name, pod_id"#
    )
    .fetch_all(db)
    .await
}
