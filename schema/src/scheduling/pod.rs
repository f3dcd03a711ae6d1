//! Pods: their registration, heartbeat and end. A pod's lease covers all its claims.

use std::time::Duration;

use sqlx::PgExecutor;

/// A pod that registers.
#[derive(Debug, Clone)]
pub struct NewPod<'a> {
    /// Host or pod name.
    pub name: &'a str,
    /// Version of its program.
    pub version: &'a str,
    /// Jobs that it can run at a time.
    pub agents: i32,
    /// How long it may be silent before its claims are given to others.
    pub lease: Duration,
}

/// Registers a pod; returns its id, which is good for one run of it.
///
/// # Errors
///
/// If the statement fails.
pub async fn register(db: impl PgExecutor<'_>, pod: &NewPod<'_>) -> Result<i32, sqlx::Error> {
    sqlx::query_scalar!(
        "INSERT INTO pod (name, version, agents, lease_expires_at)
        VALUES ($1, $2, $3, now() + make_interval(secs => $4))
        RETURNING pod_id",
        pod.name,
        pod.version,
        pod.agents,
        pod.lease.as_secs_f64()
    )
    .fetch_one(db)
    .await
}

/// Renews the pod's lease; returns `false` if the leader has ended the pod.
///
/// Its claims then belong to others, and it must register again.
///
/// # Errors
///
/// If the statement fails; the lease then runs on as it was.
pub async fn beat(
    db: impl PgExecutor<'_>,
    pod_id: i32,
    lease: Duration,
    agents_busy: i32,
    draining: bool,
) -> Result<bool, sqlx::Error> {
    let renewed = sqlx::query!(
        "UPDATE pod
        SET heartbeat_at = now(),
            lease_expires_at = now() + make_interval(secs => $2),
            agents_busy = $3,
            draining = $4
        WHERE pod_id = $1 AND ended_at IS NULL",
        pod_id,
        lease.as_secs_f64(),
        agents_busy,
        draining
    )
    .execute(db)
    .await?;
    Ok(renewed.rows_affected() == 1)
}

/// Ends a pod that has drained.
///
/// # Errors
///
/// If the statement fails; the lease then runs out by itself.
pub async fn end(db: impl PgExecutor<'_>, pod_id: i32) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE pod SET ended_at = now(), end_reason = 'drained', agents_busy = 0
        WHERE pod_id = $1 AND ended_at IS NULL",
        pod_id
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Jobs that the living pods that still claim can run at a time.
///
/// # Errors
///
/// If the statement fails.
pub async fn capacity(db: impl PgExecutor<'_>) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT coalesce(sum(agents), 0) AS "agents!"
        FROM pod
        WHERE ended_at IS NULL AND NOT draining"#
    )
    .fetch_one(db)
    .await
}

/// The result of one pass of [`rescue`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rescued {
    /// Pods that were found dead.
    pub pods: i64,
    /// Claims that were given back as lost.
    pub claims: i64,
    /// Tasks that were isolated by it.
    pub isolated: i64,
}

/// Ends the pods whose lease ran out and gives their claims back (invariant 2); a task
/// whose pod died `deaths_to_isolate` times in a row is isolated.
///
/// # Errors
///
/// If the statement fails; nothing is ended then.
pub async fn rescue(
    db: impl PgExecutor<'_>,
    deaths_to_isolate: i32,
) -> Result<Rescued, sqlx::Error> {
    sqlx::query_file_as!(Rescued, "queries/rescue_claims.sql", deaths_to_isolate)
        .fetch_one(db)
        .await
}
