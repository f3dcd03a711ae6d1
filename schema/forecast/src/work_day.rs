//! Forecasts of a work by territory and day.
//!
//! Cinemas that have listed the day contribute the forecasts of their showtimes. For the others the
//! last week of the work in each cinema is carried on: weekday and holiday shape × weekly decay (module
//! `decay`) × weather. A new work that they do not show yet is scaled up from the cinemas that have
//! listed it, by their size. The spread of a total is learnt from earlier forecasts with what came, as
//! the errors of the showtimes of a day are correlated.

use chrono::{NaiveDate, TimeDelta};

use crate::{
    day_shape::DayShape,
    decay::{Decay, Run},
    distribution::Predictive,
    history::{Known, Map},
    opening::UsualRun,
    past::{PastTotal, Phase},
    programme::Listed,
    real::real,
    record::Territory,
    showtime::{QUANTILE_LEVELS, ShowtimeForecaster},
    total_calibration::TotalCalibration,
};

/// Days before the origin that are carried on.
const CARRIED_DAYS: i64 = 7;
/// Share of a territory that outweighs what new works usually draw.
const CREDIBLE_SHARE: f64 = 0.25;
/// Less than this is not forecast.
const MIN_EXPECTED: f64 = 1.0;

/// A forecast of one work, territory and day.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkDayForecast {
    /// The work.
    pub work: i32,
    /// The territory.
    pub territory: Territory,
    /// The business day.
    pub on: NaiveDate,
    /// Whole days from the origin to it.
    pub days: i64,
    /// Phase of the work.
    pub phase: Phase,
    /// Seats sold at the origin for the day.
    pub sold: u32,
    /// Expected of showtimes that are listed.
    pub listed: f64,
    /// Expected of showtimes that are not listed yet.
    pub unlisted: f64,
    /// The distribution before its recalibration.
    pub predictive: Predictive,
    /// Quantiles at [`QUANTILE_LEVELS`].
    pub quantiles: [f64; 7],
}

impl WorkDayForecast {
    /// The median, which has the least absolute error.
    #[must_use]
    pub fn median(&self) -> f64 {
        self.quantiles[3]
    }

    /// Mean of the admissions.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.predictive.floor + self.predictive.mean
    }

    /// The forecast as a later one learns from it.
    #[must_use]
    pub fn with_outcome(&self, admissions: u32) -> PastTotal {
        PastTotal {
            on: self.on,
            days: self.days,
            phase: self.phase,
            sold: self.sold,
            expected: self.listed + self.unlisted,
            rank: self.predictive.rank(f64::from(admissions)),
            admissions,
        }
    }
}

#[derive(Debug, Default, Clone, Copy)]
struct Sums {
    sold: u32,
    listed: f64,
    /// Of `listed`, what cinemas contribute that have listed the whole day.
    complete: f64,
    unlisted: f64,
}

/// What a work drew in a cinema and format in the last week.
#[derive(Debug, Default, Clone, Copy)]
struct Carried {
    admissions: f64,
    days: i64,
    distributor: i32,
    released_on: Option<NaiveDate>,
    territory: Territory,
}

/// Forecasts all works, territories and days from tomorrow to `days` ahead.
#[must_use]
pub fn forecast_work_days(forecaster: &ShowtimeForecaster<'_>, days: i64) -> Vec<WorkDayForecast> {
    let known = forecaster.known();
    let origin = known.origin();
    let shape = DayShape::fit(known, forecaster.levels());
    let decay = Decay::fit(known, forecaster.levels(), &shape);
    let listed = Listed::of(known);
    let calibration = TotalCalibration::fit(known);
    let mut sums: Map<(i32, Territory, NaiveDate), Sums> = Map::default();
    add_listed(forecaster, &listed, days, &mut sums);
    for ((work, cinema, format), carried) in carried(known) {
        let run: Run = (work, carried.territory, format);
        for ahead in 1..=days {
            let on = origin.on + TimeDelta::days(ahead);
            if listed.is_listed(cinema, on, origin.on) {
                continue;
            }
            let usual = |on| shape.share(known, forecaster.levels(), carried.territory, on);
            let before: f64 = (1..=carried.days)
                .map(|day| usual(origin.on - TimeDelta::days(day)))
                .sum();
            // From the middle of the days that are carried on.
            let weeks = f64::midpoint(2.0 * real(ahead), real(carried.days) + 1.0) / 7.0;
            let factor = decay.factor(run, carried.distributor, carried.released_on, on, weeks);
            let expected = carried.admissions / before.max(0.1) * usual(on) * factor;
            sums.entry((work, carried.territory, on))
                .or_default()
                .unlisted += expected;
        }
    }
    scale_up_new(forecaster, &listed, &shape, &mut sums);
    let rows = sums
        .into_iter()
        .filter(|(_, sums)| sums.listed + sums.unlisted >= MIN_EXPECTED);
    let mut forecasts: Vec<_> = rows
        .map(|((work, territory, on), sums)| {
            let days = origin.days_to(on);
            let phase = phase(forecaster, work);
            finish(&calibration, work, territory, on, days, phase, sums)
        })
        .collect();
    forecasts.sort_by_key(|forecast| (forecast.on, forecast.work, forecast.territory));
    forecasts
}

fn phase(forecaster: &ShowtimeForecaster<'_>, work: i32) -> Phase {
    if forecaster.levels().knows_work(work) {
        Phase::Running
    } else {
        Phase::New
    }
}

fn finish(
    calibration: &TotalCalibration,
    work: i32,
    territory: Territory,
    on: NaiveDate,
    days: i64,
    phase: Phase,
    sums: Sums,
) -> WorkDayForecast {
    let expected = sums.listed + sums.unlisted;
    let predictive = calibration.predictive(days, phase, sums.sold, expected);
    let levels = calibration.recalibrate(days, phase, expected, &QUANTILE_LEVELS);
    let quantiles = predictive.quantiles(&levels);
    WorkDayForecast {
        work,
        territory,
        on,
        days,
        phase,
        sold: sums.sold,
        listed: sums.listed,
        unlisted: sums.unlisted,
        predictive,
        quantiles: std::array::from_fn(|place| quantiles[place]),
    }
}

fn add_listed(
    forecaster: &ShowtimeForecaster<'_>,
    listed: &Listed,
    days: i64,
    sums: &mut Map<(i32, Territory, NaiveDate), Sums>,
) {
    let known = forecaster.known();
    let origin_on = known.origin().on;
    let rows: Map<i32, _> = known
        .upcoming()
        .map(|row| (row.listing.showtime, &row.listing))
        .collect();
    for forecast in forecaster.forecast(days + 1) {
        let Some(listing) = rows.get(&forecast.showtime) else {
            continue;
        };
        if !(1..=days).contains(&forecast.days) {
            continue;
        }
        let sum = sums
            .entry((listing.work, listing.territory, listing.on))
            .or_default();
        sum.listed += forecast.mean;
        sum.sold += u32::from(forecast.sold.unwrap_or(0));
        if listed.is_listed(listing.cinema, listing.on, origin_on) {
            sum.complete += forecast.mean;
        }
    }
}

/// Admissions of the last days by work, cinema and format.
fn carried(known: &Known<'_>) -> Map<(i32, i32, u8), Carried> {
    let origin_on = known.origin().on;
    let first = origin_on - TimeDelta::days(CARRIED_DAYS);
    let mut all: Map<(i32, i32, u8), Carried> = Map::default();
    for (listing, admissions) in known.finished() {
        if listing.on < first || listing.on >= origin_on {
            continue;
        }
        let carried = all
            .entry((listing.work, listing.cinema, listing.format))
            .or_default();
        carried.admissions += f64::from(admissions);
        let since = listing.released_on.map_or(CARRIED_DAYS, |on| {
            origin_on.signed_duration_since(on).num_days()
        });
        carried.days = since.clamp(1, CARRIED_DAYS);
        carried.distributor = listing.distributor;
        carried.released_on = listing.released_on;
        carried.territory = listing.territory;
    }
    all
}

/// Adds the expected admissions of works that are not shown yet in cinemas that have not listed the day.
fn scale_up_new(
    forecaster: &ShowtimeForecaster<'_>,
    listed: &Listed,
    shape: &DayShape,
    sums: &mut Map<(i32, Territory, NaiveDate), Sums>,
) {
    let known = forecaster.known();
    let origin_on = known.origin().on;
    let usual = UsualRun::fit(known, forecaster.levels(), shape);
    let territories: Map<i32, Territory> = known
        .showtimes()
        .iter()
        .map(|row| (row.listing.cinema, row.listing.territory))
        .collect();
    let released_on: Map<i32, NaiveDate> = known
        .upcoming()
        .filter_map(|row| Some((row.listing.work, row.listing.released_on?)))
        .collect();
    let mut shares: Map<(Territory, NaiveDate), f64> = Map::default();
    for ((work, territory, on), sum) in sums.iter_mut() {
        if forecaster.levels().knows_work(*work) {
            continue;
        }
        let listed_share = *shares.entry((*territory, *on)).or_insert_with(|| {
            let cinemas = listed
                .cinemas()
                .filter(|cinema| territories.get(cinema) == Some(territory));
            listed.share(cinemas, *on, origin_on)
        });
        let day = shape.share(known, forecaster.levels(), *territory, *on);
        let usual = usual
            .total(*territory, *on, released_on.get(work).copied())
            .map(|total| total * day);
        let scaled = if listed_share > 0.0 {
            sum.complete / listed_share
        } else {
            0.0
        };
        // Nearly complete days need no guess.
        let trust = if listed_share > 0.95 {
            1.0
        } else {
            listed_share / (listed_share + CREDIBLE_SHARE)
        };
        let total = usual.map_or(scaled, |usual| trust * scaled + (1.0 - trust) * usual);
        sum.unlisted += (total - sum.listed).max(0.0);
    }
}
