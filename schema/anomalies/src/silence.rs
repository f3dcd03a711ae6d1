//! Tests for cinemas that went silent: nothing is listed, or nothing is sold.
//!
//! Cinemas are too many to test each value. That nothing comes from a cinema which always had
//! something on this weekday is a fault whatever the size of the fleet's figures.

use std::collections::BTreeMap;

use crate::{
    metric::Metric,
    probability::{count, student_tail},
    robust,
    screen::Test,
    series::{Series, SeriesIndex, is_used, same_weekdays},
    subject::{Subject, SubjectKind},
};

/// Same weekdays with something that a silence needs before it.
const MIN_WEEKDAYS: usize = 4;

/// Days of the past that show how often cinemas of a size have nothing.
const POOL_DAYS: usize = 28;

/// Cinemas are of the size of one if they are expected to have at least this share of what it is
/// expected to have, and at most as much.
const SIZE_SHARE: f64 = 0.5;

/// Days without anything from which on their number is trusted.
const MIN_COUNT: usize = 5;

/// Degrees of freedom of what a cinema has relative to what is usual.
const FREEDOM: f64 = 30.0;

/// The smallest deviation of its logarithm that is believed.
const MIN_DEVIATION: f64 = 0.15;

/// A special day is one of rest if at least this share of the cinemas of other sources have nothing.
const REST_SHARE: f64 = 0.05;

/// A day of a cinema that always has something on its weekday.
struct PastDay {
    expected: f64,
    value: f64,
}

/// Tests all cinemas, for showtimes and for sales.
pub(crate) fn test_silence<'a>(index: &SeriesIndex<'a>) -> Vec<Test<'a>> {
    let mut tests = Vec::new();
    for metric in [Metric::Showtimes, Metric::Sold] {
        let cinemas: Vec<(&'a Series, Vec<bool>)> = index
            .of_kind(SubjectKind::Cinema, metric)
            .map(|series| (series, index.trains(&series.subject, false)))
            .collect();
        let special = special_cinemas(index, &cinemas);
        let mut pool: Option<Vec<PastDay>> = None;
        for (series, trains) in &cinemas {
            let Some(expected) = usual(series, trains, 0) else {
                continue;
            };
            let is_listed = metric == Metric::Showtimes
                || index
                    .get(&series.subject, Metric::Showtimes)
                    .is_none_or(|showtimes| showtimes.observed > 0.0);
            let is_silent = series.observed <= 0.0 && is_listed;
            let is_special = index.special(&series.subject, index.run.day).is_some();
            let p_value = if !is_silent || (is_special && is_day_of_rest(&special, series)) {
                1.0
            } else {
                let pool = pool.get_or_insert_with(|| past_days(&cinemas));
                p_nothing(expected, series, trains, pool)
            };
            tests.push(Test {
                subject: &series.subject,
                metric,
                expected,
                observed: series.observed,
                p_value,
                is_large: is_silent,
                shift_days: None,
            });
        }
    }
    tests
}

/// Returns what a cinema usually has on a day's weekday, if it always had something.
///
/// `age` is the day, 0 for today; it is not among those looked at.
fn usual(series: &Series, trains: &[bool], age: usize) -> Option<f64> {
    let same: Vec<f64> = same_weekdays(age)
        .filter(|other| is_used(trains, *other))
        .filter_map(|other| series.value(other))
        .collect();
    (same.len() >= MIN_WEEKDAYS && same.iter().all(|one| *one > 0.0))
        .then(|| robust::median(&same))?
}

fn past_days(cinemas: &[(&Series, Vec<bool>)]) -> Vec<PastDay> {
    let mut days = Vec::new();
    for (series, trains) in cinemas {
        for age in 1..=POOL_DAYS {
            let value = series.value(age).filter(|_| is_used(trains, age));
            if let Some(value) = value
                && let Some(expected) = usual(series, trains, age)
            {
                days.push(PastDay { expected, value });
            }
        }
    }
    days
}

/// Returns the probability of nothing.
///
/// Where cinemas of the size had nothing now and then, it is how often they had. Else it is the tail
/// of Student's t for the logarithm of what the cinema has relative to what is usual. The negative
/// binomial distribution does not serve here: its rate may come close to nothing, that of a cinema
/// does not.
fn p_nothing(expected: f64, series: &Series, trains: &[bool], pool: &[PastDay]) -> f64 {
    let of_size: Vec<&PastDay> = pool
        .iter()
        .filter(|day| day.expected <= expected && day.expected >= expected * SIZE_SHARE)
        .collect();
    let nothing = of_size.iter().filter(|day| day.value <= 0.0).count();
    let by_count = (count(nothing) + 1.0) / (count(of_size.len()) + 1.0);
    if nothing >= MIN_COUNT {
        return by_count;
    }
    let of_pool = of_size
        .iter()
        .map(|day| ln_ratio(day.value, day.expected))
        .collect();
    let of_own: Vec<f64> = (1..=series.past.len())
        .filter(|age| is_used(trains, *age))
        .filter_map(|age| Some(ln_ratio(series.value(age)?, usual(series, trains, age)?)))
        .collect();
    let ratios: Vec<f64> = if of_own.len() >= POOL_DAYS {
        of_own
    } else {
        of_pool
    };
    let by_ratio = robust::deviation(&ratios, 0.0).map_or(1.0, |deviation| {
        student_tail(
            -ln_ratio(0.0, expected) / deviation.max(MIN_DEVIATION),
            FREEDOM,
        )
    });
    by_count.min(by_ratio)
}

/// Returns the logarithm of a count relative to what is usual; half a count keeps nothing finite.
fn ln_ratio(value: f64, usual: f64) -> f64 {
    ((value + 0.5) / (usual + 0.5)).ln()
}

/// The cinemas of a source for which the day is special.
#[derive(Default)]
struct SpecialCinemas {
    all: usize,
    silent: usize,
}

/// Counts the cinemas for which the day is special, by their parents.
fn special_cinemas<'a>(
    index: &SeriesIndex<'a>,
    cinemas: &[(&'a Series, Vec<bool>)],
) -> BTreeMap<&'a [Subject], SpecialCinemas> {
    let mut special: BTreeMap<&'a [Subject], SpecialCinemas> = BTreeMap::new();
    for (series, _) in cinemas {
        if index.special(&series.subject, index.run.day).is_some() {
            let counts = special.entry(&series.parents).or_default();
            counts.all += 1;
            counts.silent += usize::from(series.observed <= 0.0);
        }
    }
    special
}

/// Says whether a special day is one on which cinemas of other sources are closed too, or has no
/// other sources.
fn is_day_of_rest(special: &BTreeMap<&[Subject], SpecialCinemas>, of: &Series) -> bool {
    let others = || {
        special
            .iter()
            .filter(|(parents, _)| **parents != of.parents)
    };
    let all: usize = others().map(|(_, counts)| counts.all).sum();
    let silent: usize = others().map(|(_, counts)| counts.silent).sum();
    all == 0 || count(silent) >= REST_SHARE * count(all)
}
