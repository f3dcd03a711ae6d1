//! Forecasts of the admissions of showtimes.
//!
//! The rest that is still to be sold is negative binomial: gamma-Poisson level × booking curve (see
//! `calibration`), capped at the seats. What is sold for a work before its release moves
//! the level of all of its showtimes first, as the level of a new work is hardly known.

use chrono::{NaiveDate, TimeDelta};

use crate::{
    calibration::Calibration,
    distribution::Predictive,
    history::{Known, KnownShowtime, Map},
    level::Levels,
    past::{PastForecast, Phase},
    real::real,
    refusal::Refusal,
};

/// Levels of the quantiles that a forecast gives.
pub const QUANTILE_LEVELS: [f64; 7] = [0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975];
/// Finished showtimes below which nothing is forecast.
pub const MIN_FINISHED: usize = 200;
/// Sales that move the level of a new work half the way, and of one that is running.
const NEW_WORK_SALES: f64 = 25.0;
const RUNNING_WORK_SALES: f64 = 250.0;
/// Most admissions of a showtime without a known number of seats.
const MAX_SEATS: f64 = 1_500.0;

/// A forecast of one showtime.
#[derive(Debug, Clone, PartialEq)]
pub struct ShowtimeForecast {
    /// The showtime.
    pub showtime: i32,
    /// Its business day.
    pub on: NaiveDate,
    /// Whole days from the origin to it.
    pub days: i64,
    /// Hours from the origin to the start.
    pub lead_hours: f64,
    /// Phase of the work.
    pub phase: Phase,
    /// Level before any sales.
    pub level: f64,
    /// What was sold for the work, against what was expected by then.
    pub presale: f64,
    /// Seats sold at the origin, if they were known.
    pub sold: Option<u16>,
    /// The distribution before its recalibration.
    pub predictive: Predictive,
    /// Mean of the admissions.
    pub mean: f64,
    /// Quantiles at [`QUANTILE_LEVELS`].
    pub quantiles: [f64; 7],
}

impl ShowtimeForecast {
    /// The median, which has the least absolute error.
    #[must_use]
    pub fn median(&self) -> f64 {
        self.quantiles[3]
    }

    /// The forecast as a later one learns from it.
    #[must_use]
    pub fn with_outcome(&self, admissions: u16) -> PastForecast {
        PastForecast {
            on: self.on,
            days: self.days,
            lead_hours: self.lead_hours,
            phase: self.phase,
            level: self.level,
            presale: self.presale,
            sold: self.sold,
            predictive: self.predictive,
            rank: self.predictive.rank(f64::from(admissions)),
            admissions,
        }
    }
}

/// Forecasts of showtimes at one origin.
#[derive(Debug)]
pub struct ShowtimeForecaster<'a> {
    known: &'a Known<'a>,
    levels: Levels,
    calibration: Calibration,
    presales: Map<i32, f64>,
}

impl<'a> ShowtimeForecaster<'a> {
    /// Learns from everything that was known at the origin.
    ///
    /// # Errors
    ///
    /// [`Refusal::TooFewShowtimes`] if too few showtimes are over.
    pub fn fit(known: &'a Known<'a>) -> Result<Self, Refusal> {
        let finished = known.finished().count();
        if finished < MIN_FINISHED {
            return Err(Refusal::TooFewShowtimes {
                found: finished,
                needed: MIN_FINISHED,
            });
        }
        let mut forecaster = Self {
            known,
            levels: Levels::fit(known),
            calibration: Calibration::fit(known),
            presales: Map::default(),
        };
        forecaster.presales = forecaster.presale_factors();
        Ok(forecaster)
    }

    /// What was known.
    #[must_use]
    pub fn known(&self) -> &'a Known<'a> {
        self.known
    }

    /// The levels that it works with.
    pub(crate) fn levels(&self) -> &Levels {
        &self.levels
    }

    fn presale(&self, work: i32) -> f64 {
        self.presales.get(&work).copied().unwrap_or(1.0)
    }

    /// Forecasts all showtimes that start within `days` days.
    #[must_use]
    pub fn forecast(&self, days: i64) -> Vec<ShowtimeForecast> {
        let until = self.known.origin().at + TimeDelta::days(days);
        let rows = self.known.upcoming();
        rows.filter(|row| row.listing.starts_at <= until)
            .map(|row| self.showtime(row))
            .collect()
    }

    /// What was sold for each work over what was expected to be sold by now, shrunk to 1.
    fn presale_factors(&self) -> Map<i32, f64> {
        let mut sums: Map<i32, (f64, f64)> = Map::default();
        for row in self.known.upcoming() {
            let Some(sold) = row.sold else { continue };
            let level = self.levels.level(&row.listing, self.known);
            let lesson = self
                .calibration
                .lesson(self.lead_hours(row), self.phase(row));
            let sum = sums.entry(row.listing.work).or_default();
            sum.0 += f64::from(sold);
            sum.1 += level * lesson.sold_share;
        }
        sums.into_iter()
            .map(|(work, (sold, expected))| {
                let strength = if self.levels.knows_work(work) {
                    RUNNING_WORK_SALES
                } else {
                    NEW_WORK_SALES
                };
                (
                    work,
                    ((strength + sold) / (strength + expected)).clamp(0.05, 20.0),
                )
            })
            .collect()
    }

    fn showtime(&self, row: &KnownShowtime) -> ShowtimeForecast {
        let (lead_hours, phase) = (self.lead_hours(row), self.phase(row));
        let lesson = self.calibration.lesson(lead_hours, phase);
        let presale = self.presale(row.listing.work);
        let level = self.levels.level(&row.listing, self.known);
        let rest = lesson.rest(level, presale, row.sold);
        let floor = row.sold.map_or(0.0, f64::from);
        let predictive = Predictive {
            floor,
            mean: rest,
            variance: lesson.variance(rest),
            cap: row.listing.seats.map_or(MAX_SEATS, f64::from).max(floor),
        };
        let levels = self
            .calibration
            .recalibrate(lead_hours, &predictive, &QUANTILE_LEVELS);
        let quantiles = predictive.quantiles(&levels);
        ShowtimeForecast {
            showtime: row.listing.showtime,
            on: row.listing.on,
            days: self.known.origin().days_to(row.listing.on),
            lead_hours,
            phase,
            level,
            presale,
            sold: row.sold,
            predictive,
            mean: predictive.capped_mean(),
            quantiles: std::array::from_fn(|place| quantiles[place]),
        }
    }

    fn lead_hours(&self, row: &KnownShowtime) -> f64 {
        let lead = row.listing.starts_at - self.known.origin().at;
        real(lead.num_minutes()) / 60.0
    }

    fn phase(&self, row: &KnownShowtime) -> Phase {
        if !self.levels.knows_work(row.listing.work) {
            Phase::New
        } else if row.listing.week().is_none_or(|week| week == 0) {
            Phase::Opening
        } else {
            Phase::Running
        }
    }
}
