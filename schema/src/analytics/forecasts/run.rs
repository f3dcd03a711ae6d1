//! Runs: one for each origin.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{PgConnection, PgExecutor};

use super::release::RELEASE_DAYS;

/// What a run read and made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunRecord {
    /// Finished showtimes that were known.
    pub finished_showtimes: i32,
    /// Earlier forecasts that were known with what came.
    pub past_forecasts: i32,
    /// Showtimes that were forecast.
    pub showtimes: i32,
    /// Works by territory and day that were forecast.
    pub work_days: i32,
    /// Works before their release that were forecast.
    pub openings: i32,
    /// Targets that were refused.
    pub refusals: i32,
}

/// Takes the lock of forecasts until the transaction ends; `false` if another coordinator has it.
///
/// # Errors
///
/// If the statement fails.
pub async fn lock(db: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT pg_try_advisory_xact_lock(hashtextextended('fullhouse forecasts', 0)) AS "locked!""#
    )
    .fetch_one(db)
    .await
}

/// The latest origin that was run, and the time of the database.
///
/// # Errors
///
/// If the statement fails.
pub async fn latest_origin(
    db: impl PgExecutor<'_>,
) -> Result<(Option<DateTime<Utc>>, DateTime<Utc>), sqlx::Error> {
    let row = sqlx::query!(r#"SELECT max(origin) AS origin, now() AS "now!" FROM forecast_run"#)
        .fetch_one(db)
        .await?;
    Ok((row.origin, row.now))
}

/// Stores a run; returns its key, or `None` if there is one of the same origin.
///
/// # Errors
///
/// If the statement fails.
pub async fn insert_run(
    db: impl PgExecutor<'_>,
    origin: DateTime<Utc>,
    inputs_until: DateTime<Utc>,
    model: &str,
    record: &RunRecord,
) -> Result<Option<i32>, sqlx::Error> {
    sqlx::query_scalar!(
        "INSERT INTO forecast_run (origin, inputs_until, model, finished_showtimes, past_forecasts, showtimes,
            work_days, openings, refusals)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (origin) DO NOTHING
        RETURNING forecast_run_id",
        origin,
        inputs_until,
        model,
        record.finished_showtimes,
        record.past_forecasts,
        record.showtimes,
        record.work_days,
        record.openings,
        record.refusals
    )
    .fetch_optional(db)
    .await
}

/// Deletes up to `limit` forecasts with an origin before `before_at`, and all refusals of these origins
/// and presales that no later origin compares with; returns how many forecasts.
///
/// # Errors
///
/// If the statement fails.
pub async fn delete_old(
    db: impl PgExecutor<'_>,
    before_at: DateTime<Utc>,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    let released_before = before_at.date_naive() - TimeDelta::days(RELEASE_DAYS);
    let done = sqlx::query_file!(
        "queries/delete_old_forecasts.sql",
        before_at,
        limit,
        released_before
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
