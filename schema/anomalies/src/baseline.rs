//! What is expected of a value, and how far values lie from that usually.
//!
//! The expectation is the median of the same weekday. For a count, each day is first divided by
//! its factor, which says how strong that day was for comparable subjects; so a source is compared
//! with other sources, and weather, holidays and openings are in the factor. Each day of the past
//! is expected from the other days in the same way, and the residuals give the spread.

use crate::{
    metric::{Metric, Scale},
    probability::{NegativeBinomial, count, deviation_limit, student_tail},
    robust,
    series::{HISTORY_DAYS, is_used, same_weekdays},
};

/// Same weekdays that an expectation needs at least.
const MIN_WEEKDAYS: usize = 3;

/// Residuals that a spread needs at least.
const MIN_RESIDUALS: usize = 21;

/// Degrees of freedom at most: tails of real days are heavier than those of normal ones.
const MAX_FREEDOM: f64 = 30.0;

/// How strong a day was for comparable subjects, from the day itself backwards.
pub(crate) type Factors = [Option<f64>];

/// An expectation of today, with what is needed to judge a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Baseline {
    pub(crate) metric: Metric,
    /// What is expected today.
    pub(crate) expected: f64,
    /// Standard deviation around it: relative, for a share absolute; without the noise of counting.
    pub(crate) spread: f64,
    /// Degrees of freedom of the spread: neighbouring days resemble each other, so half of the days.
    pub(crate) freedom: f64,
    /// Deviations of the past from what was expected, from the day before backwards.
    pub(crate) residuals: Vec<Option<f64>>,
}

impl Baseline {
    /// Learns from the past; nothing where it is too short.
    ///
    /// `trains` says of each day of the past whether it counts. `factors` begin with today.
    pub(crate) fn learn(
        metric: Metric,
        past: &[Option<f64>],
        trains: &[bool],
        factors: Option<&Factors>,
    ) -> Option<Self> {
        let factor = |age: usize| match factors {
            Some(all) => all.get(age).copied().flatten().filter(|one| *one > 0.0),
            None => Some(1.0),
        };
        // Without the day's factor, by its distance from today: yesterday is 1.
        let adjusted: Vec<Option<f64>> = (1..=HISTORY_DAYS.min(past.len()))
            .map(|age| {
                let value = past.get(age - 1).copied().flatten()?;
                Some(value / factor(age)?).filter(|_| is_used(trains, age))
            })
            .collect();
        let of_weekday = |age: usize| {
            let others: Vec<f64> = same_weekdays(age)
                .filter_map(|other| adjusted.get(other - 1).copied().flatten())
                .collect();
            (others.len() >= MIN_WEEKDAYS).then(|| robust::median(&others))?
        };
        let expected = of_weekday(0)? * factor(0)?;
        let residuals: Vec<Option<f64>> = (1..=adjusted.len())
            .map(|age| {
                let value = adjusted.get(age - 1).copied().flatten()?;
                let expected = of_weekday(age)?;
                (expected > 0.0 || metric.scale() == Scale::Share)
                    .then(|| metric.effect(value, expected))
            })
            .collect();
        let known: Vec<f64> = residuals.iter().copied().flatten().collect();
        if known.len() < MIN_RESIDUALS || !expected.is_finite() {
            return None;
        }
        let freedom = (count(known.len()) / 2.0).min(MAX_FREEDOM);
        let whole = robust::deviation(&known, 0.0)? * deviation_limit(freedom);
        let noise = match metric.scale() {
            Scale::Count => expected.max(1.0).recip(),
            Scale::Relative | Scale::Share => 0.0,
        };
        Some(Self {
            metric,
            expected,
            spread: (whole * whole - noise).max(0.0).sqrt(),
            freedom,
            residuals,
        })
    }

    /// Makes the expectation of a count whose spread is known from elsewhere.
    pub(crate) const fn of_count(metric: Metric, expected: f64, spread: f64) -> Self {
        Self {
            metric,
            expected,
            spread,
            freedom: MAX_FREEDOM,
            residuals: Vec::new(),
        }
    }

    /// Returns the probability of a value at least as far from the expectation.
    ///
    /// Of coverage only the lower side counts: more than usual is no fault.
    pub(crate) fn p_value(&self, observed: f64) -> f64 {
        match self.metric.scale() {
            Scale::Count => NegativeBinomial::new(self.expected, self.spread).two_sided(observed),
            Scale::Relative | Scale::Share => {
                let scale = self.spread.max(self.metric.min_deviation());
                let distance = self.effect(observed) / scale;
                if self.metric == Metric::Coverage {
                    student_tail(-distance, self.freedom)
                } else {
                    (2.0 * student_tail(distance.abs(), self.freedom)).min(1.0)
                }
            }
        }
    }

    /// Returns the deviation of a value from the expectation: relative, for a share absolute.
    pub(crate) fn effect(&self, observed: f64) -> f64 {
        self.metric.effect(observed, self.expected)
    }
}

/// Returns each day relative to the median of its weekday, from today backwards.
pub(crate) fn ratios(observed: f64, past: &[Option<f64>], trains: &[bool]) -> Vec<Option<f64>> {
    let values: Vec<Option<f64>> = std::iter::once(Some(observed))
        .chain(past.iter().copied().take(HISTORY_DAYS))
        .collect();
    let medians: Vec<Option<f64>> = (0..7)
        .map(|weekday| {
            let same: Vec<f64> = (1..values.len())
                .filter(|age| age % 7 == weekday)
                .filter(|age| is_used(trains, *age))
                .filter_map(|age| values.get(age).copied().flatten())
                .collect();
            (same.len() >= MIN_WEEKDAYS).then(|| robust::median(&same))?
        })
        .collect();
    values
        .iter()
        .enumerate()
        .map(|(age, value)| {
            let median = medians.get(age % 7).copied().flatten()?;
            (median > 0.0).then_some((*value)? / median)
        })
        .collect()
}

/// Returns the level of the week before each day: the factors of a subject that has no peers.
pub(crate) fn levels(ratios: &[Option<f64>]) -> Vec<Option<f64>> {
    (0..ratios.len())
        .map(|age| {
            let week: Vec<f64> = (age + 1..=age + 7)
                .filter_map(|before| ratios.get(before).copied().flatten())
                .collect();
            (week.len() >= MIN_WEEKDAYS).then(|| robust::median(&week))?
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// Ten weeks of 100 on each day and 300 on the sixth, with a little noise.
    fn weeks() -> Vec<Option<f64>> {
        (1..=HISTORY_DAYS)
            .map(|age| {
                let level = if age % 7 == 0 { 300.0 } else { 100.0 };
                Some(level + count(age * 7 % 11) - 5.0)
            })
            .collect()
    }

    #[test]
    fn the_weekday_is_expected() {
        let baseline = Baseline::learn(Metric::Admissions, &weeks(), &[], None).unwrap();
        assert!((baseline.expected - 300.0).abs() < 5.0, "{baseline:?}");
        assert!(baseline.p_value(300.0) > 0.5);
        assert!(baseline.p_value(100.0) < 1e-9);
    }

    #[test]
    fn days_that_do_not_train_do_not_count() {
        let mut past = weeks();
        for value in past.iter_mut().skip(6).step_by(7).take(6) {
            *value = Some(900.0);
        }
        let trains: Vec<bool> = past.iter().map(|one| *one != Some(900.0)).collect();
        let baseline = Baseline::learn(Metric::Admissions, &past, &trains, None).unwrap();
        assert!((baseline.expected - 300.0).abs() < 5.0, "{baseline:?}");
    }

    #[test]
    fn a_day_is_as_strong_as_for_its_peers() {
        let mut factors = vec![Some(1.0); HISTORY_DAYS + 1];
        factors[0] = Some(2.0);
        let baseline = Baseline::learn(Metric::Admissions, &weeks(), &[], Some(&factors)).unwrap();
        assert!((baseline.expected - 600.0).abs() < 10.0, "{baseline:?}");
    }

    #[test]
    fn a_short_past_says_nothing() {
        let past = &weeks()[..14];
        assert_eq!(Baseline::learn(Metric::Admissions, past, &[], None), None);
    }

    #[test]
    fn more_coverage_than_usual_is_no_fault() {
        let past = vec![Some(0.9); HISTORY_DAYS];
        let baseline = Baseline::learn(Metric::Coverage, &past, &[], None).unwrap();
        assert!(baseline.p_value(1.0) > 0.9);
        assert!(baseline.p_value(0.7) < 1e-9);
    }
}
