//! A predictive distribution of counts: negative binomial, capped, with real quantiles.
//!
//! A Poisson count whose level has a gamma posterior is negative binomial (Greenwood and Yule,
//! 1920). Quantiles are interpolated with the usual continuity correction, `F(y + 1/2) = P(Y ≤ y)`,
//! so that an interval of small counts covers its nominal share on average.

use statrs::function::erf::{erf, erf_inv};

/// Above this mean the distribution is taken as continuous.
const MAX_EXACT_MEAN: f64 = 600.0;
/// Steps after which a sum over counts ends at the latest.
const MAX_STEPS: usize = 8_000;

/// A count of at least `floor` and at most `cap`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Predictive {
    /// What is there already.
    pub floor: f64,
    /// Mean of what comes on top, before the cap.
    pub mean: f64,
    /// Variance of it, before the cap; more than the mean.
    pub variance: f64,
    /// The most that the count can be.
    pub cap: f64,
}

/// Quantile of the standard normal distribution.
pub(crate) fn normal_quantile(p: f64) -> f64 {
    std::f64::consts::SQRT_2 * erf_inv(2.0 * p.clamp(1e-9, 1.0 - 1e-9) - 1.0)
}

/// Share of the standard normal distribution below `z`.
pub(crate) fn normal_share(z: f64) -> f64 {
    f64::midpoint(1.0, erf(z / std::f64::consts::SQRT_2))
}

impl Predictive {
    /// The quantiles at `levels`, which rise.
    #[must_use]
    pub fn quantiles(&self, levels: &[f64]) -> Vec<f64> {
        let raw = if self.mean > MAX_EXACT_MEAN {
            levels.iter().map(|p| self.gamma_quantile(*p)).collect()
        } else {
            self.exact_quantiles(levels)
        };
        let within = |value: f64| (self.floor + value).clamp(self.floor, self.cap.max(self.floor));
        raw.into_iter().map(within).collect()
    }

    /// Share of the distribution below `value`, half of that on it.
    #[must_use]
    pub fn rank(&self, value: f64) -> f64 {
        let more = value - self.floor;
        if more < 0.0 {
            return 0.0;
        }
        if self.mean > MAX_EXACT_MEAN {
            return self.gamma_rank(more);
        }
        let mut below = 0.0;
        for (count, mass) in self.masses().take(MAX_STEPS) {
            if count + 0.5 > more {
                // On the cap lies all that would be above it.
                let on = if value >= self.cap { 1.0 - below } else { mass };
                return (below + on / 2.0).clamp(0.0, 1.0);
            }
            below += mass;
        }
        1.0
    }

    /// Continuous ranked probability score of what came (Gneiting and Raftery, 2007); less is better.
    #[must_use]
    pub fn crps(&self, came: f64) -> f64 {
        if self.mean > MAX_EXACT_MEAN {
            return self.crps_of_quantiles(came);
        }
        let more = (came - self.floor).max(0.0);
        let room = (self.cap - self.floor).max(0.0);
        let (mut below, mut score) = (0.0, 0.0);
        for (count, mass) in self.masses().take(MAX_STEPS) {
            if count >= room || (below > 1.0 - 1e-9 && count >= more) {
                break;
            }
            below += mass;
            let step = f64::from(u8::from(count >= more));
            score += (below - step).powi(2);
        }
        score + (self.floor - came).max(0.0)
    }

    /// Mean after the cap.
    #[must_use]
    pub fn capped_mean(&self) -> f64 {
        let room = (self.cap - self.floor).max(0.0);
        if self.mean + 6.0 * self.variance.sqrt() < room {
            return self.floor + self.mean;
        }
        if self.mean > MAX_EXACT_MEAN {
            return self.floor + self.mean.min(room);
        }
        let (mut below, mut sum) = (0.0, 0.0);
        for (count, mass) in self.masses().take(MAX_STEPS) {
            if count >= room || below > 1.0 - 1e-9 {
                break;
            }
            below += mass;
            sum += count * mass;
        }
        self.floor + sum + (1.0 - below).max(0.0) * room
    }

    /// Counts with their probabilities, from 0 on.
    fn masses(&self) -> impl Iterator<Item = (f64, f64)> {
        let mean = self.mean.max(1e-9);
        let variance = self.variance.max(mean * (1.0 + 1e-6));
        let shape = mean * mean / (variance - mean);
        let p = (variance - mean) / variance;
        // From its logarithm, as the first mass of a high mean is close to the smallest float.
        let mut mass = (shape * (1.0 - p).ln()).max(-700.0).exp();
        let mut count = 0.0_f64;
        std::iter::from_fn(move || {
            let answer = (count, mass);
            mass *= (shape + count) / (count + 1.0) * p;
            count += 1.0;
            Some(answer)
        })
    }

    fn exact_quantiles(&self, levels: &[f64]) -> Vec<f64> {
        let mut quantiles = Vec::with_capacity(levels.len());
        let mut below = 0.0;
        for (count, mass) in self.masses().take(MAX_STEPS) {
            while let Some(level) = levels.get(quantiles.len()) {
                if below + mass < *level {
                    break;
                }
                let share = if mass > 0.0 {
                    (level - below) / mass
                } else {
                    0.5
                };
                quantiles.push(count - 0.5 + share.clamp(0.0, 1.0));
            }
            if quantiles.len() == levels.len() {
                return quantiles;
            }
            below += mass;
        }
        let rest = &levels[quantiles.len()..];
        let rest: Vec<f64> = rest.iter().map(|p| self.gamma_quantile(*p)).collect();
        quantiles.extend(rest);
        quantiles
    }

    /// The CRPS as twice the mean pinball loss over evenly spaced levels.
    fn crps_of_quantiles(&self, came: f64) -> f64 {
        let levels: Vec<f64> = (0..50)
            .map(|place| (f64::from(place) + 0.5) / 50.0)
            .collect();
        let losses = levels.iter().zip(self.quantiles(&levels));
        losses
            .map(|(level, value)| crate::pinball(*level, value, came))
            .sum::<f64>()
            / 25.0
    }

    fn gamma_rank(&self, value: f64) -> f64 {
        let shape = self.mean * self.mean / self.variance.max(1e-9);
        let cube = (value / self.mean).cbrt();
        normal_share((cube - 1.0 + 1.0 / (9.0 * shape)) * 3.0 * shape.sqrt())
    }

    /// Wilson and Hilferty's approximation (1931) to the quantile of a gamma distribution.
    fn gamma_quantile(&self, p: f64) -> f64 {
        let shape = self.mean * self.mean / self.variance.max(1e-9);
        let cube = 1.0 - 1.0 / (9.0 * shape) + normal_quantile(p) / (3.0 * shape.sqrt());
        self.mean * cube.max(0.0).powi(3)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use statrs::distribution::{DiscreteCDF, NegativeBinomial};

    use super::*;
    use crate::real::real;

    fn example() -> Predictive {
        Predictive {
            floor: 5.0,
            mean: 12.0,
            variance: 40.0,
            cap: 60.0,
        }
    }

    #[test]
    fn quantiles_are_those_of_the_negative_binomial_distribution() {
        let shape = 144.0 / 28.0;
        let peer = NegativeBinomial::new(shape, 12.0 / 40.0).unwrap();
        for (level, ours) in [0.1, 0.5, 0.9]
            .iter()
            .zip(example().quantiles(&[0.1, 0.5, 0.9]))
        {
            let theirs = peer.inverse_cdf(*level);
            let off = (ours - 5.0 - real(theirs)).abs();
            assert!(off <= 0.5, "{level}: {ours} and {theirs} + 5");
        }
    }

    #[test]
    fn nothing_is_above_the_cap_or_below_what_is_sold() {
        let narrow = Predictive {
            cap: 10.0,
            ..example()
        };
        let quantiles = narrow.quantiles(&[0.01, 0.5, 0.99]);
        assert!(
            quantiles.iter().all(|value| (5.0..=10.0).contains(value)),
            "{quantiles:?}"
        );
        assert!(narrow.capped_mean() < 10.0 && narrow.capped_mean() > 8.0);
    }

    #[test]
    fn a_mean_beyond_exact_sums_has_the_same_quantiles() {
        let near = Predictive {
            floor: 0.0,
            mean: 599.0,
            variance: 4_000.0,
            cap: 1e9,
        };
        let beyond = Predictive {
            mean: 601.0,
            ..near
        };
        for (a, b) in near
            .quantiles(&[0.025, 0.9])
            .iter()
            .zip(beyond.quantiles(&[0.025, 0.9]))
        {
            assert!((b - a - 2.0).abs() < 3.0, "{a} {b}");
        }
    }

    #[test]
    fn the_rank_of_the_median_is_a_half() {
        let median = example().quantiles(&[0.5])[0].round();
        assert!((example().rank(median) - 0.5).abs() < 0.05);
    }

    #[test]
    fn a_forecast_without_doubt_scores_its_distance() {
        let sure = Predictive {
            floor: 7.0,
            mean: 1e-9,
            variance: 1e-9,
            cap: 50.0,
        };
        assert!((sure.crps(10.0) - 3.0).abs() < 1e-3);
        assert!(sure.crps(7.0) < 1e-3);
    }
}
