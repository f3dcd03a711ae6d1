//! Rollups: aggregates that are maintained incrementally.
//!
//! 1. **Note.** Statement triggers on the stored tables append the showtimes of a statement to the
//!    log `dirty_showtime`, in the storing transaction. So late, corrected and moved data of any
//!    writer is noticed. Two statements that change no row a trigger could see append by
//!    themselves: `finish_jobs.sql`, for a look around the start that saw no change, and the mapping
//!    of codes. The log has no key, so writers never wait for each other.
//! 2. **Spread.** [`mark_dirty_buckets`] takes entries of the log and marks, for each rollup that reads stored
//!    rows, the bucket of the showtime.
//! 3. **Refresh.** [`refresh`] deletes the rows of marked buckets and computes them again, each
//!    bucket as a whole. Then it marks the buckets of the rollups above in which changed rows fall,
//!    as they were and as they are.
//!
//! No clock and no sequence says how far a rollup has read: what a refresh did not see, it did not
//! unmark. Each call is one transaction; it may be stopped, repeated, and run by several processes.
//! Nothing waits for the disk: a crash takes the marks and the refresh back together.
//!
//! The view of a rollup is exact at any moment: it reads clean buckets from the table and computes
//! dirty ones, so it is slow only while much is dirty. A new rollup marks all of the past and is
//! filled by the same refresh. A rollup whose query fails, or takes longer for one bucket than a
//! statement may, is set aside with its error, and its view fails with it; the others go on.
//!
//! **Whose rights** (invariant 12). `fullhouse.create_rollup` runs as its caller: it stores the
//! query as a view in a schema that is dropped at the end of the transaction. That is the only
//! statement with text of a user in it, because parsing alone can run code.
//! `adopt_rollup_draft` runs as the owner and takes no text: it reads the parse tree that Postgres
//! stored, whose nodes, functions and dependencies must be known, and requires that the caller may
//! read all that the query reads. From then on the query runs as the role `rollup_runner`, which
//! owns nothing else; the functions refuse to run as another role.
//!
//! **Whose locks.** No function that an analyst may call takes a lock for which the leader waits or
//! which it skips: `create_rollup` leaves the marking to the first refresh, `refresh_rollup` adds a
//! request, and `drop_rollup` leaves the tables to the leader.
//!
//! It cannot be checked that a row is made of the showtimes of its bucket alone; the comment of
//! `create_rollup` says so. The views show all rows to everybody who may read them: they are for
//! analysts, not for partners.

use sqlx::PgExecutor;

/// Entries of the log that one call of [`mark_dirty_buckets`] takes; each has the showtimes of a statement.
pub const MAX_ENTRIES: i32 = 2_000;

/// Takes entries of the log, and marks the buckets into which they fall; returns how many it took:
/// fewer than [`MAX_ENTRIES`] if none is left. Before that it takes up the requested rollups, and
/// removes the tables of dropped rollups.
///
/// It takes nothing while another process does the same or marks a whole rollup: try again later.
///
/// # Errors
///
/// If the statement fails; nothing is taken then.
pub async fn mark_dirty_buckets(db: impl PgExecutor<'_>) -> Result<i32, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT mark_dirty_buckets($1) AS "taken!" FROM set_config('synchronous_commit', 'off', true)"#,
        MAX_ENTRIES
    )
    .fetch_one(db)
    .await
}

/// The rollups that have marked buckets, and the rollups that read them, each after its parent.
///
/// # Errors
///
/// If the statement fails.
pub async fn due(db: impl PgExecutor<'_>) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT name AS "name!" FROM rollups_due() AS due (name)"#)
        .fetch_all(db)
        .await
}

/// Computes marked buckets of a rollup again, `most` at most; returns how many, or `None` if
/// another process refreshes it, or it is set aside or gone. The first call for a rollup that was
/// made or taken up marks all of its buckets.
///
/// # Errors
///
/// If the statement fails, which may be the query of the rollup: nothing is changed then.
pub async fn refresh(
    db: impl PgExecutor<'_>,
    rollup: &str,
    most: i32,
) -> Result<Option<i32>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT refresh_buckets($1, $2) FROM set_config('synchronous_commit', 'off', true)",
        rollup,
        most
    )
    .fetch_one(db)
    .await
}

/// Sets a rollup aside because its query failed. `rollup_status` shows the error, and after a week
/// it no longer holds partitions.
///
/// # Errors
///
/// If the statement fails.
pub async fn set_aside(
    db: impl PgExecutor<'_>,
    rollup: &str,
    error: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!("SELECT set_rollup_aside($1, $2)", rollup, error)
        .execute(db)
        .await?;
    Ok(())
}

/// Writes down how far each rollup has read, so that nothing is dropped before.
///
/// # Errors
///
/// If the statement fails.
pub async fn record_progress(db: impl PgExecutor<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!("SELECT record_rollup_progress()")
        .execute(db)
        .await?;
    Ok(())
}

/// A rollup, for a person and for metrics: a row of the view `rollup_status`.
#[derive(Debug, Clone, PartialEq)]
pub struct Rollup {
    /// Its name.
    pub name: String,
    /// `current`, `behind`, `backfill` or `set aside`.
    pub state: String,
    /// Entries of the log, and buckets, that it has not read yet.
    pub entries: i64,
    /// Age of the oldest of these, in seconds.
    pub lag_seconds: f64,
    /// Why it was set aside.
    pub last_error: Option<String>,
}

/// Reads the view `rollup_status`, in the order of names.
///
/// # Errors
///
/// If the statement fails.
pub async fn status(db: impl PgExecutor<'_>) -> Result<Vec<Rollup>, sqlx::Error> {
    sqlx::query_as!(
        Rollup,
        r#"SELECT
            name AS "name!", state AS "state!", entries AS "entries!",
            lag_seconds AS "lag_seconds!", last_error
        FROM rollup_status
        ORDER BY name"#
    )
    .fetch_all(db)
    .await
}
