//! Scores earlier forecasts by what came.

use chrono::{DateTime, TimeDelta, Utc};
use forecast::{QUANTILE_LEVELS, pinball};
use schema::forecasts::{self, Unscored};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

/// Showtimes that started so long ago are still settled.
const SETTLED_DAYS: i64 = 50;
/// Their admissions are settled so long after their start.
const SETTLED_AFTER: TimeDelta = TimeDelta::hours(2);
/// A forecast is scored up to so many days after its business day; after that, never.
const SCORED_DAYS: i64 = 5;
/// Rows of one statement.
const BATCH: i64 = 20_000;
/// Batches of one pass: the past of a large fleet takes several passes.
const MAX_BATCHES: usize = 20;

/// Settles admissions and scores forecasts; returns how many of each.
///
/// # Errors
///
/// If a statement fails; the batches before are stored.
pub async fn score_forecasts(
    db: &PgPool,
    now: DateTime<Utc>,
    stop: &CancellationToken,
) -> Result<(u64, u64), sqlx::Error> {
    let from_at = now - TimeDelta::days(SETTLED_DAYS);
    let mut settled = 0;
    for _ in 0..MAX_BATCHES {
        let some = forecasts::settle(db, from_at, now - SETTLED_AFTER, BATCH).await?;
        settled += some;
        if some < BATCH.unsigned_abs() || stop.is_cancelled() {
            break;
        }
    }
    let today = now.date_naive();
    // A day is over everywhere two days later.
    let days = (
        today - TimeDelta::days(SCORED_DAYS),
        today - TimeDelta::days(2),
    );
    let mut scored = 0;
    for _ in 0..MAX_BATCHES {
        // The connection goes back to the pool before scores are computed.
        let unscored = {
            let mut connection = db.acquire().await?;
            forecasts::unscored(&mut connection, days, BATCH).await?
        };
        if unscored.is_empty() || stop.is_cancelled() {
            break;
        }
        scored += unscored.len() as u64;
        let judged =
            tokio::task::spawn_blocking(|| unscored.into_iter().map(score).collect::<Vec<_>>())
                .await
                .map_err(|error| sqlx::Error::Protocol(format!("scoring ended early: {error}")))?;
        forecasts::store_scores(db, &judged).await?;
    }
    Ok((settled, scored))
}

/// The rank of what came, the mean pinball loss and the CRPS.
#[allow(clippy::cast_possible_truncation)]
fn score(forecast: Unscored) -> (Unscored, [f32; 3]) {
    let came = f64::from(forecast.admissions);
    let quantiles = QUANTILE_LEVELS.iter().zip(&forecast.quantiles);
    let losses: f64 = quantiles
        .map(|(level, value)| pinball(*level, f64::from(*value), came))
        .sum();
    let scores = [
        forecast.predictive.rank(came),
        losses / 7.0,
        forecast.predictive.crps(came),
    ];
    (forecast, scores.map(|score| score as f32))
}
