//! What came, and the scores of forecasts beside it.

use chrono::{DateTime, NaiveDate, Utc};
use forecast::Predictive;
use sqlx::{PgConnection, PgExecutor};

use super::{past::predictive, store::column};

/// Settles the admissions of up to `limit` showtimes that started from `from_at` and before
/// `before_at`; returns how many. Fewer than `limit` means that none is left.
///
/// # Errors
///
/// If the statement fails.
pub async fn settle(
    db: impl PgExecutor<'_>,
    from_at: DateTime<Utc>,
    before_at: DateTime<Utc>,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query_file!("queries/settle_outcomes.sql", from_at, before_at, limit)
        .execute(db)
        .await?;
    Ok(done.rows_affected())
}

/// A forecast that is not scored yet, beside what came.
#[derive(Debug, Clone, PartialEq)]
pub struct Unscored {
    /// The forecast.
    pub forecast_id: i64,
    /// Its distribution before its recalibration.
    pub predictive: Predictive,
    /// Its quantiles.
    pub quantiles: Vec<f32>,
    /// What came.
    pub admissions: i32,
    /// From when that could be known.
    pub known_at: DateTime<Utc>,
}

/// Reads forecasts that are not scored although what came is known, up to `limit` of showtimes and as
/// many of works: of showtimes for business days from `days.0` on, of works for `days.0` to `days.1`.
///
/// # Errors
///
/// If a statement fails.
pub async fn unscored(
    db: &mut PgConnection,
    days: (NaiveDate, NaiveDate),
    limit: i64,
) -> Result<Vec<Unscored>, sqlx::Error> {
    let showtimes = sqlx::query_file_as!(
        UnscoredRow,
        "queries/read_unscored_showtimes.sql",
        days.0,
        limit
    )
    .fetch_all(&mut *db)
    .await?;
    let totals = sqlx::query_file_as!(
        UnscoredRow,
        "queries/read_unscored_totals.sql",
        days.0,
        days.1,
        limit
    )
    .fetch_all(db)
    .await?;
    let rows = showtimes.into_iter().chain(totals);
    Ok(rows.map(Unscored::from).collect())
}

/// A forecast that is not scored yet, as it is stored.
struct UnscoredRow {
    forecast_id: i64,
    floor: f32,
    mean: f32,
    variance: f32,
    cap: Option<f32>,
    quantiles: Vec<f32>,
    admissions: i32,
    known_at: DateTime<Utc>,
}

impl From<UnscoredRow> for Unscored {
    fn from(row: UnscoredRow) -> Self {
        Self {
            forecast_id: row.forecast_id,
            predictive: predictive((row.floor, row.mean, row.variance, row.cap)),
            quantiles: row.quantiles,
            admissions: row.admissions,
            known_at: row.known_at,
        }
    }
}

/// Stores scores: each forecast with its rank, pinball loss and CRPS.
///
/// # Errors
///
/// If the statement fails.
pub async fn store_scores(
    db: impl PgExecutor<'_>,
    scores: &[(Unscored, [f32; 3])],
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "queries/store_forecast_scores.sql",
        &column(scores, |(one, _)| one.forecast_id),
        &column(scores, |(one, _)| one.known_at),
        &column(scores, |(one, _)| one.admissions),
        &column(scores, |(_, score)| score[0]),
        &column(scores, |(_, score)| score[1]),
        &column(scores, |(_, score)| score[2])
    )
    .execute(db)
    .await?;
    Ok(())
}
