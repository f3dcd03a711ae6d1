//! What a work had on each day, by showtime, and what it has by its own fading.

use crate::{
    metric::Metric,
    robust,
    series::{Series, SeriesIndex, is_used},
};

/// Admissions of a week before from which on a work is tested.
const MIN_ADMISSIONS: f64 = 100.0;

/// Days that tell how a work fades.
pub(super) const FADE_DAYS: usize = 6;

/// Days of these that have to be known.
const MIN_FADE_DAYS: usize = 2;

/// A work with the days of its past that train.
#[derive(Debug)]
pub(super) struct WorkHistory<'a> {
    pub(super) series: &'a Series,
    showtimes: Option<&'a Series>,
    trains: Vec<bool>,
}

impl<'a> WorkHistory<'a> {
    pub(super) fn of(index: &SeriesIndex<'a>, admissions: &'a Series) -> Self {
        Self {
            series: admissions,
            showtimes: index.get(&admissions.subject, Metric::Showtimes),
            trains: index.trains(&admissions.subject, false),
        }
    }

    /// Returns the admissions of a day that says something of usual days.
    pub(super) fn admissions(&self, age: usize) -> Option<f64> {
        self.series
            .value(age)
            .filter(|_| is_used(&self.trains, age))
    }

    /// Returns the showtimes of a day; one, where their number is not known.
    fn showtimes(&self, age: usize) -> Option<f64> {
        self.showtimes
            .map_or(Some(1.0), |series| series.value(age))
            .filter(|one| *one > 0.0)
    }

    /// Returns the admissions of the week before a day, if they say enough, by showtime.
    fn before(&self, age: usize) -> Option<f64> {
        let before = self.admissions(age + 7);
        Some(before.filter(|one| *one >= MIN_ADMISSIONS)? / self.showtimes(age + 7)?)
    }

    /// Returns what a showtime of a day had, relative to the week before.
    pub(super) fn ratio(&self, age: usize) -> Option<f64> {
        Some(self.admissions(age)? / self.showtimes(age)? / self.before(age)?)
    }

    /// Returns what it has on a day by its own fading.
    pub(super) fn faded(&self, age: usize, decay: &[Option<f64>]) -> Option<f64> {
        let of = |age: usize| decay.get(age).copied().flatten().filter(|one| *one > 0.0);
        let lately: Vec<f64> = (age + 1..=age + FADE_DAYS)
            .filter_map(|age| Some(self.ratio(age)? / of(age)?))
            .collect();
        let own = (lately.len() >= MIN_FADE_DAYS).then(|| robust::median(&lately))??;
        let expected = self.before(age)? * self.showtimes(age)? * of(age)? * own;
        (expected >= MIN_ADMISSIONS).then_some(expected)
    }
}

/// Returns what a part had the week before, for as many showtimes as it has now.
pub(super) fn part_before(index: &SeriesIndex<'_>, admissions: &Series) -> Option<f64> {
    let before = admissions.value(7).filter(|one| *one > 0.0)?;
    let showtimes = index.get(&admissions.subject, Metric::Showtimes);
    let growth = match showtimes {
        Some(series) => series.observed / series.value(7).filter(|one| *one > 0.0)?,
        None => 1.0,
    };
    Some(before * growth).filter(|one| *one > 0.0)
}
