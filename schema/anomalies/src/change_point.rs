//! Finds the day from which on a series has another level.
//!
//! Bayesian online change-point detection (Adams and `MacKay`, "Bayesian Online Changepoint
//! Detection", 2007, arXiv 0710.3742): after each value, the distribution of the time since the
//! last change is updated. The values of a level are normal with unknown mean and variance, so the
//! predictive distribution is Student's t (Murphy, "Conjugate Bayesian analysis of the Gaussian
//! distribution", 2007, section 5). Written here because the crates for it bring linear algebra.

use statrs::distribution::{Continuous, StudentsT};

use crate::probability::count;

/// Days between two changes of level, expected before anything is seen.
const DAYS_BETWEEN_CHANGES: f64 = 200.0;

/// What is known of a level before its first value: the weight of the prior mean in values, and
/// the shape and scale of its variance. Values have to come with a deviation of about one.
const PRIOR: Level = Level {
    mean: 0.0,
    weight: 0.1,
    shape: 2.0,
    scale: 1.0,
};

/// What is known of a level: a normal-inverse-gamma distribution.
#[derive(Debug, Clone, Copy)]
struct Level {
    mean: f64,
    weight: f64,
    shape: f64,
    scale: f64,
}

impl Level {
    /// Returns the predictive density of a value.
    fn density(&self, value: f64) -> f64 {
        let variance = self.scale * (self.weight + 1.0) / (self.shape * self.weight);
        StudentsT::new(self.mean, variance.sqrt(), 2.0 * self.shape)
            .map_or(0.0, |student| student.pdf(value))
    }

    fn with(&self, value: f64) -> Self {
        let weight = self.weight + 1.0;
        Self {
            mean: (self.weight * self.mean + value) / weight,
            weight,
            shape: self.shape + 0.5,
            scale: self.scale + self.weight * (value - self.mean).powi(2) / (2.0 * weight),
        }
    }
}

/// Where a level began.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ChangePoint {
    /// Values of the present level, most probably.
    pub(crate) run_length: usize,
    /// Probability that the present level is that long or shorter, but has begun within the series.
    pub(crate) probability: f64,
}

/// Returns where the present level of a series began; nothing if it is empty.
///
/// Values come in the order of time, with a deviation of about one. The work grows with the square
/// of their number.
pub(crate) fn last_change(values: &[f64]) -> Option<ChangePoint> {
    let hazard = DAYS_BETWEEN_CHANGES.recip();
    // By the length of the run: its probability and its level.
    let mut runs = vec![(1.0, PRIOR)];
    for &value in values {
        let grown: Vec<(f64, Level)> = runs
            .iter()
            .map(|(probability, level)| (probability * level.density(value), level.with(value)))
            .collect();
        let change: f64 = grown
            .iter()
            .map(|(probability, _)| probability * hazard)
            .sum();
        let total: f64 = grown.iter().map(|(probability, _)| probability).sum();
        if total <= 0.0 {
            return None;
        }
        runs = std::iter::once((change / total, PRIOR))
            .chain(
                grown
                    .into_iter()
                    .map(|(probability, level)| (probability * (1.0 - hazard) / total, level)),
            )
            .collect();
    }
    let (run_length, _) = runs
        .iter()
        .enumerate()
        .skip(1)
        .max_by(|(_, one), (_, other)| one.0.total_cmp(&other.0))?;
    let probability = runs
        .iter()
        .take(run_length + 1)
        .map(|(probability, _)| probability)
        .sum();
    Some(ChangePoint {
        run_length,
        probability: if run_length < values.len() {
            probability
        } else {
            0.0
        },
    })
}

/// Returns how much less values say that resemble the value before: the factor by which their
/// number shrinks, from the correlation of neighbours.
pub(crate) fn independent_share(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / count(values.len()).max(1.0);
    let variance: f64 = values.iter().map(|one| (one - mean).powi(2)).sum();
    let shared: f64 = values
        .windows(2)
        .filter_map(|pair| Some((pair.first()? - mean) * (pair.last()? - mean)))
        .sum();
    let correlation = (shared / variance.max(1e-12)).clamp(0.0, 0.9);
    (1.0 - correlation) / (1.0 + correlation)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// Numbers of deviation one around zero, without a pattern that matters.
    fn noise(days: usize) -> Vec<f64> {
        (0..days)
            .map(|day| (count(day * 37 % 23) - 11.0) / 6.6)
            .collect()
    }

    #[test]
    fn a_level_that_stays_has_no_change() {
        let found = last_change(&noise(60)).unwrap();
        assert!(found.run_length >= 55, "{found:?}");
    }

    #[test]
    fn the_day_of_a_change_is_found() {
        let mut values = noise(60);
        for value in values.iter_mut().skip(52) {
            *value += 4.0;
        }
        let found = last_change(&values).unwrap();
        assert!((7..=9).contains(&found.run_length), "{found:?}");
        assert!(found.probability > 0.9, "{found:?}");
    }

    #[test]
    fn neighbours_that_resemble_each_other_say_less() {
        let slow: Vec<f64> = (0..60).map(|day| (count(day) / 10.0).sin()).collect();
        assert!(independent_share(&slow) < 0.1);
        assert!(independent_share(&noise(60)) > 0.8);
    }
}
