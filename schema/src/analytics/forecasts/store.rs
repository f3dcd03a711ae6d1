//! Storing what was forecast.

use chrono::NaiveDate;
use forecast::{Predictive, Refusal, Territory};
use sqlx::PgExecutor;

/// What is forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A showtime.
    Showtime,
    /// A work in a territory on a day.
    WorkDay,
    /// The first seven days of a work in a territory.
    Opening,
}

impl Target {
    /// The word by which it is stored.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Showtime => "showtime",
            Self::WorkDay => "work_day",
            Self::Opening => "opening",
        }
    }
}

/// A forecast to be stored; see the columns of the table `forecast`.
#[derive(Debug, Clone, PartialEq)]
pub struct NewForecast {
    /// What it is of.
    pub target: Target,
    /// The business day; of an opening the first.
    pub target_on: NaiveDate,
    /// The showtime, of a showtime.
    pub showtime_id: Option<i32>,
    /// The work.
    pub work_id: i32,
    /// The territory.
    pub territory: Territory,
    /// Seats sold at the origin, if they were known.
    pub sold: Option<i32>,
    /// Days from the origin to the business day.
    pub days: i64,
    /// Number of the phase.
    pub phase: i16,
    /// Hours from the origin to the start.
    pub lead_hours: f64,
    /// What was expected before the target's own sales.
    pub level: f64,
    /// Seats sold of the work, against what was expected.
    pub presale: f64,
    /// Expected of showtimes that were not listed.
    pub unlisted: f64,
    /// The distribution.
    pub predictive: Predictive,
    /// Its quantiles after the recalibration.
    pub quantiles: [f64; 7],
    /// What baselines said.
    pub baselines: Vec<f64>,
}

/// The two letters of a territory.
pub(super) fn letters(territory: Territory) -> String {
    String::from_utf8_lossy(&territory.to_be_bytes()).into_owned()
}

/// Stores forecasts of a run.
///
/// # Errors
///
/// If the statement fails.
pub async fn store(
    db: impl PgExecutor<'_>,
    run_id: i32,
    forecasts: &[NewForecast],
) -> Result<(), sqlx::Error> {
    let reals = |of: fn(&NewForecast) -> f64| column(forecasts, |one| real(of(one)));
    sqlx::query_file!(
        "queries/store_forecasts.sql",
        run_id,
        &column(forecasts, |one| one.target.word().to_owned()),
        &column(forecasts, |one| one.target_on),
        &column(forecasts, |one| one.showtime_id) as &[Option<i32>],
        &column(forecasts, |one| one.work_id),
        &column(forecasts, |one| letters(one.territory)),
        &column(forecasts, |one| one.sold) as &[Option<i32>],
        &column(forecasts, |one| i16::try_from(one.days).unwrap_or(i16::MAX)),
        &column(forecasts, |one| one.phase),
        &reals(|one| one.lead_hours),
        &reals(|one| one.level),
        &reals(|one| one.presale),
        &reals(|one| one.unlisted),
        &reals(|one| one.predictive.floor),
        &reals(|one| one.predictive.mean),
        &reals(|one| one.predictive.variance),
        &column(forecasts, |one| cap(&one.predictive)) as &[Option<f32>],
        &column(forecasts, |one| array(&one.quantiles)),
        &column(forecasts, |one| array(&one.baselines))
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What was refused: the target, the work and territory if it is one, and why.
pub type Refused = (Target, Option<(i32, Territory)>, Refusal);

/// Stores what was refused.
///
/// # Errors
///
/// If a statement fails.
pub async fn store_refusals(
    db: impl PgExecutor<'_>,
    run_id: i32,
    refusals: &[Refused],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO forecast_refusal (forecast_run_id, target, work_id, territory, reason)
        SELECT $1, target, work_id, territory, reason
        FROM unnest($2::text[], $3::integer[], $4::text[], $5::text[]) AS wanted (target, work_id, territory, reason)
        ON CONFLICT DO NOTHING",
        run_id,
        &column(refusals, |one| one.0.word().to_owned()),
        &column(refusals, |one| one.1.map(|key| key.0)) as &[Option<i32>],
        &column(refusals, |one| one.1.map(|key| letters(key.1))) as &[Option<String>],
        &column(refusals, |one| one.2.to_string())
    )
    .execute(db)
    .await?;
    Ok(())
}

/// One column of rows, as a statement takes it.
pub(super) fn column<T, U>(rows: &[T], of: impl Fn(&T) -> U) -> Vec<U> {
    rows.iter().map(of).collect()
}

/// The cap of a distribution; `None` without a bound.
fn cap(predictive: &Predictive) -> Option<f32> {
    (predictive.cap < 1e9).then(|| real(predictive.cap))
}

/// As a number of the database; what it cannot hold becomes its largest.
#[allow(clippy::cast_possible_truncation)]
fn real(value: f64) -> f32 {
    (value as f32).clamp(-1e30, 1e30)
}

/// An array as text.
fn array(values: &[f64]) -> String {
    let values: Vec<String> = values
        .iter()
        .map(|value| format!("{:.3}", real(*value)))
        .collect();
    format!("{{{}}}", values.join(","))
}
