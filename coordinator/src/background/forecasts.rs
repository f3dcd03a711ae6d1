//! Forecasts admissions: of showtimes, of works by territory and day, and of works before their
//! release.
//!
//! A pass settles the admissions of showtimes that are over, scores earlier forecasts by them
//! (`scoring`), and, if the last origin is long enough ago, makes forecasts from what is known now
//! (`making`) and deletes old ones. What a run reads is bounded by [`MAX_SHOWTIMES`]. It holds no
//! transaction while it computes, and stores in one: it may be stopped anywhere. Two leaders at a time
//! do no harm: only one of them stores.

mod making;
mod scoring;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use schema::forecasts::{self, RunRecord};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use super::BackgroundPass;
pub use making::make_forecasts;
pub use schema::forecasts::MAX_SHOWTIMES;
pub use scoring::score_forecasts;

/// Forecasts are deleted after so many days.
const KEPT_DAYS: i64 = 60;
/// Rows that one statement deletes.
const DELETED_AT_ONCE: i64 = 50_000;
/// Statements of one pass that delete.
const MAX_DELETIONS: usize = 20;

/// Forecasts admissions.
#[derive(Debug)]
pub struct Forecasting {
    every: Duration,
    stop: CancellationToken,
}

impl Forecasting {
    /// Makes forecasts at origins that are `every` apart, until `stop`.
    #[must_use]
    pub const fn new(every: Duration, stop: CancellationToken) -> Self {
        Self { every, stop }
    }
}

/// The result of one pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forecasted {
    /// Showtimes whose admissions were settled.
    pub settled: u64,
    /// Forecasts that were scored.
    pub scored: u64,
    /// Forecasts of showtimes that were made, if it was time for a run.
    pub showtimes: i32,
    /// Forecasts of works by territory and day.
    pub work_days: i32,
    /// Forecasts of works before their release.
    pub openings: i32,
    /// What was refused, with a reason.
    pub refusals: i32,
    /// Old forecasts that were deleted.
    pub deleted: u64,
}

impl BackgroundPass for Forecasting {
    type Report = Forecasted;
    type Error = sqlx::Error;
    const NAME: &'static str = "forecasts";
    const EVERY: Duration = Duration::from_mins(10);

    async fn pass(&mut self, db: &PgPool) -> Result<Forecasted, sqlx::Error> {
        let (latest, now) = forecasts::latest_origin(db).await?;
        let mut report = Forecasted::default();
        (report.settled, report.scored) = score_forecasts(db, now, &self.stop).await?;
        let every = TimeDelta::from_std(self.every).unwrap_or(TimeDelta::MAX);
        if self.stop.is_cancelled() || latest.is_some_and(|latest| now < latest + every) {
            return Ok(report);
        }
        if let Some(made) = Box::pin(make_forecasts(db, now)).await? {
            let RunRecord {
                showtimes,
                work_days,
                openings,
                refusals,
                ..
            } = made;
            report = Forecasted {
                showtimes,
                work_days,
                openings,
                refusals,
                ..report
            };
        }
        report.deleted = delete_old(db, now, &self.stop).await?;
        Ok(report)
    }
}

async fn delete_old(
    db: &PgPool,
    now: DateTime<Utc>,
    stop: &CancellationToken,
) -> Result<u64, sqlx::Error> {
    let before_at = now - TimeDelta::days(KEPT_DAYS);
    let mut deleted = 0;
    for _ in 0..MAX_DELETIONS {
        let some = forecasts::delete_old(db, before_at, DELETED_AT_ONCE).await?;
        deleted += some;
        if some == 0 || stop.is_cancelled() {
            break;
        }
    }
    Ok(deleted)
}
