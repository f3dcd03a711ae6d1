//! Forecasts and their accuracy, for people.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgExecutor;

/// A forecast as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// When it was made.
    pub origin: DateTime<Utc>,
    /// The business day.
    pub business_on: NaiveDate,
    /// The territory.
    pub territory: String,
    /// Seats sold at the origin.
    pub sold: Option<i32>,
    /// The median.
    pub median: f32,
    /// The interval that covers 80 %.
    pub within_80: (f32, f32),
    /// The interval that covers 95 %.
    pub within_95: (f32, f32),
    /// What baselines said.
    pub baselines: Vec<f32>,
}

/// A forecast as the views give it.
struct ShownRow {
    origin: DateTime<Utc>,
    business_on: NaiveDate,
    territory: String,
    sold: Option<i32>,
    median: f32,
    low_80: f32,
    high_80: f32,
    low_95: f32,
    high_95: f32,
    baselines: Vec<f32>,
}

impl From<ShownRow> for Shown {
    fn from(row: ShownRow) -> Self {
        Self {
            origin: row.origin,
            business_on: row.business_on,
            territory: row.territory,
            sold: row.sold,
            median: row.median,
            within_80: (row.low_80, row.high_80),
            within_95: (row.low_95, row.high_95),
            baselines: row.baselines,
        }
    }
}

/// The newest forecast of a work for a territory and day, as a chart draws it.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkDayQuantiles {
    /// When it was made.
    pub origin: DateTime<Utc>,
    /// The business day.
    pub business_on: NaiveDate,
    /// ISO 3166 code of the territory.
    pub territory: String,
    /// Not exceeded with the probabilities of `QUANTILE_LEVELS` of the package `forecast`.
    pub quantiles: Vec<f32>,
}

/// The newest forecasts of a work for business days from `from_on` on, by territory and day.
///
/// # Errors
///
/// If the statement fails.
pub async fn quantiles_of_work(
    db: impl PgExecutor<'_>,
    work_id: i32,
    from_on: NaiveDate,
) -> Result<Vec<WorkDayQuantiles>, sqlx::Error> {
    sqlx::query_as!(
        WorkDayQuantiles,
        r#"SELECT origin AS "origin!", business_on AS "business_on!", territory AS "territory!",
            quantiles AS "quantiles!"
        FROM forecast_work_day
        WHERE work_id = $1 AND business_on >= $2
        ORDER BY territory, business_on"#,
        work_id,
        from_on
    )
    .fetch_all(db)
    .await
}

/// The newest forecast of a showtime.
///
/// # Errors
///
/// If the statement fails.
pub async fn of_showtime(
    db: impl PgExecutor<'_>,
    showtime_id: i32,
) -> Result<Option<Shown>, sqlx::Error> {
    let row = sqlx::query_as!(
        ShownRow,
        r#"SELECT origin AS "origin!", business_on AS "business_on!", territory AS "territory!", sold,
            median AS "median!", low_80 AS "low_80!", high_80 AS "high_80!", low_95 AS "low_95!",
            high_95 AS "high_95!", baselines AS "baselines!"
        FROM forecast_showtime WHERE showtime_id = $1"#,
        showtime_id
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(Shown::from))
}

/// The newest forecasts of a work by territory, for business days from `from_on` on.
///
/// # Errors
///
/// If the statement fails.
pub async fn of_work(
    db: impl PgExecutor<'_>,
    work_id: i32,
    from_on: NaiveDate,
) -> Result<Vec<Shown>, sqlx::Error> {
    let rows = sqlx::query_as!(
        ShownRow,
        r#"SELECT origin AS "origin!", business_on AS "business_on!", territory AS "territory!", sold,
            median AS "median!", low_80 AS "low_80!", high_80 AS "high_80!", low_95 AS "low_95!",
            high_95 AS "high_95!", baselines AS "baselines!"
        FROM forecast_work_day WHERE work_id = $1 AND business_on >= $2 ORDER BY territory, business_on"#,
        work_id,
        from_on
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Shown::from).collect())
}

/// Why the newest run did not forecast a work, or anything at all.
///
/// # Errors
///
/// If the statement fails.
pub async fn refusals(
    db: impl PgExecutor<'_>,
    work_id: Option<i32>,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT concat_ws(' ', refused.target, refused.territory) || ': ' || refused.reason AS "text!"
        FROM forecast_refusal AS refused
        WHERE refused.forecast_run_id = (SELECT forecast_run_id FROM forecast_run ORDER BY origin DESC LIMIT 1)
            AND (refused.work_id IS NULL OR refused.work_id = $1)
        ORDER BY 1"#,
        work_id
    )
    .fetch_all(db)
    .await
}

/// The accuracy of forecasts of one target and number of days ahead.
#[derive(Debug, Clone, PartialEq)]
pub struct AccuracyRow {
    /// As in the table `forecast`.
    pub target: String,
    /// Days ahead.
    pub days: i16,
    /// How many were scored.
    pub forecasts: i64,
    /// WAPE of the forecasts and of each baseline; `None` where nothing came.
    pub wapes: [Option<f64>; 5],
    /// Shares within the intervals of 80 and 95 %.
    pub coverage: [f64; 2],
}

/// The accuracy of forecasts for business days from `from_on` on.
///
/// # Errors
///
/// If the statement fails.
pub async fn accuracy(
    db: impl PgExecutor<'_>,
    from_on: NaiveDate,
) -> Result<Vec<AccuracyRow>, sqlx::Error> {
    let rows = sqlx::query_file!("queries/read_forecast_accuracy.sql", from_on)
        .fetch_all(db)
        .await?;
    let accuracy = rows.into_iter().map(|row| AccuracyRow {
        target: row.target,
        days: row.days,
        forecasts: row.forecasts,
        wapes: [
            row.wape,
            row.last_week,
            row.level_curve,
            row.additive_pickup,
            row.multiplicative_pickup,
        ],
        coverage: [row.coverage_80, row.coverage_95],
    });
    Ok(accuracy.collect())
}
