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
    let reals = |of: &dyn Fn(&NewForecast) -> f64| -> Vec<f32> {
        forecasts.iter().map(|one| real(of(one))).collect()
    };
    let words: Vec<String> = forecasts
        .iter()
        .map(|one| one.target.word().to_owned())
        .collect();
    let territories: Vec<String> = forecasts.iter().map(|one| letters(one.territory)).collect();
    let caps: Vec<Option<f32>> = forecasts
        .iter()
        .map(|one| (one.predictive.cap < 1e9).then(|| real(one.predictive.cap)))
        .collect();
    sqlx::query_file!(
        "queries/store_forecasts.sql",
        run_id,
        &words,
        &forecasts
            .iter()
            .map(|one| one.target_on)
            .collect::<Vec<NaiveDate>>(),
        &forecasts
            .iter()
            .map(|one| one.showtime_id)
            .collect::<Vec<Option<i32>>>() as &[Option<i32>],
        &forecasts
            .iter()
            .map(|one| one.work_id)
            .collect::<Vec<i32>>(),
        &territories,
        &forecasts
            .iter()
            .map(|one| one.sold)
            .collect::<Vec<Option<i32>>>() as &[Option<i32>],
        &forecasts
            .iter()
            .map(|one| i16::try_from(one.days).unwrap_or(i16::MAX))
            .collect::<Vec<i16>>(),
        &forecasts.iter().map(|one| one.phase).collect::<Vec<i16>>(),
        &reals(&|one| one.lead_hours),
        &reals(&|one| one.level),
        &reals(&|one| one.presale),
        &reals(&|one| one.unlisted),
        &reals(&|one| one.predictive.floor),
        &reals(&|one| one.predictive.mean),
        &reals(&|one| one.predictive.variance),
        &caps as &[Option<f32>],
        &forecasts
            .iter()
            .map(|one| array(&one.quantiles))
            .collect::<Vec<String>>(),
        &forecasts
            .iter()
            .map(|one| array(&one.baselines))
            .collect::<Vec<String>>()
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
    let words: Vec<String> = refusals.iter().map(|one| one.0.word().to_owned()).collect();
    let of_works: Vec<Option<i32>> = refusals.iter().map(|one| one.1.map(|key| key.0)).collect();
    let territories: Vec<Option<String>> = refusals
        .iter()
        .map(|one| one.1.map(|key| letters(key.1)))
        .collect();
    let reasons: Vec<String> = refusals.iter().map(|one| one.2.to_string()).collect();
    sqlx::query!(
        "INSERT INTO forecast_refusal (forecast_run_id, target, work_id, territory, reason)
        SELECT $1, target, work_id, territory, reason
        FROM unnest($2::text[], $3::integer[], $4::text[], $5::text[]) AS wanted (target, work_id, territory, reason)
        ON CONFLICT DO NOTHING",
        run_id,
        &words,
        &of_works as &[Option<i32>],
        &territories as &[Option<String>],
        &reasons
    )
    .execute(db)
    .await?;
    Ok(())
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
