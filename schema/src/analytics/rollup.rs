//! Rollups: totals that are kept up with what is stored.
//!
//! Storing leaves each showtime in the log `dirty_showtime`, by triggers, in its own
//! transaction. [`spread`] takes entries from there and marks the buckets in which they fall;
//! [`refresh`] computes marked buckets again, as a whole, and marks those of the rollups above.
//! Both are one transaction each and may be stopped, repeated, and run by several processes:
//! what is marked stays marked until a refresh is committed that has seen it. Nobody waits for
//! the disk there: what a crash takes back was taken from the log and put into the rollup at once.
//!
//! How it is done stands in the migrations `0011_rollup.sql` and `0021_rollup_runner.sql`; analysts
//! call `fullhouse.create_rollup`, `fullhouse.drop_rollup` and `fullhouse.refresh_rollup`, none of
//! which locks what these functions lock. The queries run with the rights of the role
//! `rollup_runner`, whoever calls.

use sqlx::PgExecutor;

/// Entries of the log that one call of [`spread`] takes; each has the showtimes of a statement.
pub const SPREAD: i32 = 2_000;

/// Takes entries of the log, and marks the buckets in which they fall; returns how many it took,
/// fewer than [`SPREAD`] where it left none of those that it saw. Before that it takes up rollups
/// that were asked for, and removes the tables of those that were dropped.
///
/// It takes nothing where another process is at it or marks all of a rollup: ask again later.
///
/// # Errors
///
/// If the statement fails; nothing is taken then.
pub async fn spread(db: impl PgExecutor<'_>) -> Result<i32, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT spread_dirty($1) AS "taken!" FROM set_config('synchronous_commit', 'off', true)"#,
        SPREAD
    )
    .fetch_one(db)
    .await
}

/// The rollups that have marked buckets, and those above them, each after the one that it reads.
///
/// # Errors
///
/// If the statement fails.
pub async fn due(db: impl PgExecutor<'_>) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT name AS "name!" FROM rollups_due() AS due (name)"#)
        .fetch_all(db)
        .await
}

/// Computes marked buckets of a rollup again, at most so many; returns how many, or `None`
/// where another process is at it or the rollup is set aside or gone. The first call for a rollup
/// that was made or taken up marks all of its buckets.
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

/// Stops keeping a rollup up, because of an error of its query. Its view says so, and after a
/// week it no longer holds partitions.
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
pub async fn note_read(db: impl PgExecutor<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!("SELECT note_rollups_read()")
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
