//! Forecasts of an announced work before its release, by comparable works.
//!
//! Three to five works that had been on sale as long before their release give the ratio of their
//! opening week to their sales at the same T minus n: a forecast by analogy (Green and Armstrong,
//! "Structured analogies for forecasting", 2007), as distributors make it. Works are matched on the
//! size of their sales and on their kind. Ratios are averaged as logarithms; the interval is
//! Student's for one more ratio, its spread shrunk to that of all works at the same T minus n.

use chrono::NaiveDate;
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::{
    history::Map,
    origin::{Origin, Recorded},
    real::real,
    record::Territory,
    refusal::Refusal,
    showtime::QUANTILE_LEVELS,
};

/// Comparable works that are needed, and that are used at most.
const MIN_COMPARABLES: usize = 3;
const MAX_COMPARABLES: usize = 5;
/// Seats sold without which a work is not forecast, and is not comparable.
const MIN_SOLD: u32 = 15;
/// Works that differ more than this are not comparable; 1 is a factor of e in sales.
const MAX_DISTANCE: f64 = 1.85;
/// The distance of works of different kinds.
const KIND_DISTANCE: f64 = 0.5;
/// Ratios that the spread of all works counts for.
const PRIOR_RATIOS: f64 = 3.0;
/// An interval of 80 % that is wider than this factor says nothing.
const MAX_WIDTH: u32 = 12;

/// An announced or released work in a territory.
#[derive(Debug, Clone, PartialEq)]
pub struct Release {
    /// The work.
    pub work: i32,
    /// The territory.
    pub territory: Territory,
    /// First day in the territory, if it is known.
    pub released_on: Option<NaiveDate>,
    /// Kind of the work, such as 0 for a feature and 1 for an event.
    pub kind: u8,
}

/// Seats sold for the opening week of a work, some days before its release.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Presale {
    /// The work.
    pub work: i32,
    /// The territory.
    pub territory: Territory,
    /// Days before the release.
    pub days: i64,
    /// Seats sold.
    pub sold: u32,
}

/// A work whose opening week is over.
#[derive(Debug, Clone, PartialEq)]
pub struct Opening {
    /// The work.
    pub release: Release,
    /// Admissions of its first seven days.
    pub admissions: u32,
}

/// Dated records of releases.
#[derive(Debug, Default)]
pub struct Releases {
    /// Sales before releases.
    pub presales: Vec<Recorded<Presale>>,
    /// Opening weeks.
    pub openings: Vec<Recorded<Opening>>,
}

/// A comparable work.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparable {
    /// The work.
    pub work: i32,
    /// Seats sold at the same number of days before its release.
    pub sold: u32,
    /// Admissions of its opening week.
    pub admissions: u32,
    /// How different it is; 0 for the same sales and kind.
    pub distance: f64,
}

/// A forecast of the opening week of a work.
#[derive(Debug, Clone, PartialEq)]
pub struct OpeningForecast {
    /// Days before the release.
    pub days: i64,
    /// Seats sold.
    pub sold: u32,
    /// The works that it is compared with, the most similar first.
    pub comparables: Vec<Comparable>,
    /// Quantiles at [`QUANTILE_LEVELS`] of the admissions of its first seven days.
    pub quantiles: [f64; 7],
}

impl OpeningForecast {
    /// The median.
    #[must_use]
    pub fn median(&self) -> f64 {
        self.quantiles[3]
    }
}

impl Releases {
    /// Forecasts the opening week of a work from what was known at the origin.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] if the release is unknown or past, too little is sold, too few works are comparable,
    /// or these differ so much that the interval would say nothing.
    pub fn forecast(&self, origin: Origin, target: &Release) -> Result<OpeningForecast, Refusal> {
        let days = origin.days_to(target.released_on.ok_or(Refusal::NoRelease)?);
        if days <= 0 {
            return Err(Refusal::Released);
        }
        let sold = self.sold_at(origin, days);
        let own = sold
            .get(&(target.work, target.territory))
            .copied()
            .unwrap_or(0);
        if own < MIN_SOLD {
            return Err(Refusal::TooFewSales {
                sold: own,
                needed: MIN_SOLD,
            });
        }
        let all = self.candidates(origin, target, own, &sold);
        let near = all.iter().filter(|work| work.distance <= MAX_DISTANCE);
        let comparables: Vec<Comparable> = near.take(MAX_COMPARABLES).cloned().collect();
        if comparables.len() < MIN_COMPARABLES {
            return Err(Refusal::TooFewComparables {
                found: comparables.len(),
                needed: MIN_COMPARABLES,
                days,
            });
        }
        let quantiles = quantiles(&comparables, &all, own).ok_or(Refusal::TooFewSales {
            sold: own,
            needed: MIN_SOLD,
        })?;
        let width = quantiles[5] / quantiles[1].max(1.0);
        if width > f64::from(MAX_WIDTH) {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            return Err(Refusal::TooWide {
                factor: width.min(1e6).ceil() as u32,
                allowed: MAX_WIDTH,
            });
        }
        Ok(OpeningForecast {
            days,
            sold: own,
            comparables,
            quantiles,
        })
    }

    fn sold_at(&self, origin: Origin, days: i64) -> Map<(i32, Territory), u32> {
        let known = self.presales.iter().filter_map(|row| row.as_of(origin));
        let rows = known.filter(|presale| presale.days == days);
        rows.map(|presale| ((presale.work, presale.territory), presale.sold))
            .collect()
    }

    /// Works of the territory whose opening week was over at the origin, the most similar first.
    fn candidates(
        &self,
        origin: Origin,
        target: &Release,
        own: u32,
        sold: &Map<(i32, Territory), u32>,
    ) -> Vec<Comparable> {
        let known = self.openings.iter().filter_map(|row| row.as_of(origin));
        let mut all: Vec<Comparable> = known
            .filter(|opening| {
                opening.release.territory == target.territory && opening.release.work != target.work
            })
            .filter_map(|opening| {
                let release = &opening.release;
                let sold = *sold.get(&(release.work, release.territory))?;
                (sold >= MIN_SOLD && opening.admissions > 0).then(|| Comparable {
                    work: release.work,
                    sold,
                    admissions: opening.admissions,
                    distance: distance(target, release, own, sold),
                })
            })
            .collect();
        all.sort_by(|a, b| a.distance.total_cmp(&b.distance).then(a.work.cmp(&b.work)));
        all
    }
}

fn distance(target: &Release, other: &Release, own: u32, sold: u32) -> f64 {
    let of_kind = if target.kind == other.kind {
        0.0
    } else {
        KIND_DISTANCE
    };
    (f64::from(own) / f64::from(sold)).ln().abs() + of_kind
}

fn quantiles(comparables: &[Comparable], all: &[Comparable], own: u32) -> Option<[f64; 7]> {
    let near: Vec<f64> = comparables.iter().map(Comparable::log_ratio).collect();
    let squares: f64 = near.iter().map(|value| (value - mean(&near)).powi(2)).sum();
    let count = real(near.len());
    let freedom = count - 1.0 + PRIOR_RATIOS;
    let variance = (squares + PRIOR_RATIOS * usual_variance(all)) / freedom * (1.0 + 1.0 / count);
    let student = StudentsT::new(0.0, 1.0, freedom).ok()?;
    let at = |level: f64| {
        let ratio = (mean(&near) + variance.sqrt() * student.inverse_cdf(level)).exp();
        // What is sold is sold.
        (f64::from(own) * ratio).max(f64::from(own))
    };
    Some(QUANTILE_LEVELS.map(at))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / real(values.len().max(1))
}

/// The mean squared distance of the logarithm of a work's ratio from the mean of those of the works with
/// the most similar sales.
fn usual_variance(all: &[Comparable]) -> f64 {
    let mut squares = 0.0;
    for work in all {
        let mut others: Vec<&Comparable> =
            all.iter().filter(|other| other.work != work.work).collect();
        let off = |other: &Comparable| (f64::from(other.sold) / f64::from(work.sold)).ln().abs();
        others.sort_by(|a, b| off(a).total_cmp(&off(b)));
        let near: Vec<f64> = others
            .iter()
            .take(MAX_COMPARABLES)
            .map(|other| other.log_ratio())
            .collect();
        // The mean of the others has an error of its own.
        let own_share = real(near.len()) / (real(near.len()) + 1.0);
        squares += (work.log_ratio() - mean(&near)).powi(2) * own_share;
    }
    squares / real(all.len().max(1))
}

impl Comparable {
    fn log_ratio(&self) -> f64 {
        (f64::from(self.admissions) / f64::from(self.sold)).ln()
    }
}
