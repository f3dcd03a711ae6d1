//! Leadership: which coordinator schedules.
//!
//! The leader is one row with a lease that the clock of the database judges. The number of its term
//! is the epoch.
//!
//! Each statement by which a leader writes what it holds in memory takes a [`Term`]: it locks the
//! row in share mode and compares the epoch. So a takeover waits for such a statement that is under
//! way, and a deposed leader writes nothing. Each is one statement whose answer fits into the
//! buffers of a connection, so a leader that is stopped keeps no lock. Work that only looks at the
//! database and does what it finds there, such as the rescue, needs no term. The tests in
//! `tests/it/fence.rs`, here and in `coordinator`, hold the list of both. See
//! `queries/enqueue_tasks.sql`.

use std::time::Duration;

use sqlx::PgExecutor;
use uuid::Uuid;

/// One term of one leader: what its writes name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// The process that leads.
    pub holder: Uuid,
    /// Counts the terms.
    pub epoch: i64,
}

/// Takes or renews the leadership for `lease`; returns `None` if another leads.
///
/// # Errors
///
/// If the statement fails; leadership is then unchanged.
pub async fn lead(
    db: impl PgExecutor<'_>,
    holder: Uuid,
    name: &str,
    lease: Duration,
) -> Result<Option<Term>, sqlx::Error> {
    let epoch = sqlx::query_file_scalar!("queries/lead.sql", holder, name, lease.as_secs_f64())
        .fetch_optional(db)
        .await?;
    Ok(epoch.map(|epoch| Term { holder, epoch }))
}

/// Gives the leadership up, so that another need not wait for the lease to run out.
///
/// # Errors
///
/// If the statement fails; the lease then runs out by itself.
pub async fn resign(db: impl PgExecutor<'_>, term: Term) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE leader SET expires_at = now() - interval '1 second' WHERE holder = $1 AND epoch = $2",
        term.holder,
        term.epoch
    )
    .execute(db)
    .await?;
    Ok(())
}
