//! Tails of the distributions that tests of this package use.

use statrs::{
    distribution::{ChiSquared, ContinuousCDF},
    function::beta::checked_beta_reg,
};

/// The smallest probability; a smaller one counts as this, so that its logarithm is finite.
const MIN_PROBABILITY: f64 = 1e-300;

/// Returns a number of things as a number to calculate with.
pub(crate) fn count(things: usize) -> f64 {
    f64::from(u32::try_from(things).unwrap_or(u32::MAX))
}

/// Returns the regularised incomplete beta function; one where it is undefined, which is no evidence.
///
/// Counts of a fleet reach millions, for which `statrs` computes too few terms near the middle: with a
/// mean of 10⁸ it is wrong by up to 2 %, but below 0.3 by less than 10⁻⁶.
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    checked_beta_reg(a, b, x).unwrap_or(1.0)
}

/// The tails of a negative binomial distribution by its mean and the variance of its rate.
///
/// That of `statrs` takes whole numbers; here, a value may be what is left of a count.
///
/// With `spread` s the variance is `mean + s² × mean²`: s is the standard deviation of the rate
/// relative to the mean, and at zero this is the Poisson distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct NegativeBinomial {
    mean: f64,
    shape: f64,
}

impl NegativeBinomial {
    /// The smallest spread; a smaller one counts as this.
    const MIN_SPREAD: f64 = 1e-3;

    /// Makes the distribution; a mean below 1e-9 counts as that.
    pub(crate) fn new(mean: f64, spread: f64) -> Self {
        Self {
            mean: mean.max(1e-9),
            shape: spread.max(Self::MIN_SPREAD).powi(-2),
        }
    }

    /// Returns the probability of `value` or less.
    pub(crate) fn at_most(&self, value: f64) -> f64 {
        if value < 0.0 {
            return 0.0;
        }
        incomplete_beta(self.shape, value.floor() + 1.0, self.success())
    }

    /// Returns the probability of `value` or more.
    pub(crate) fn at_least(&self, value: f64) -> f64 {
        if value <= 0.0 {
            return 1.0;
        }
        incomplete_beta(value.ceil(), self.shape, 1.0 - self.success())
    }

    /// Returns the probability of a value at least as far out on its side, twice.
    pub(crate) fn two_sided(&self, value: f64) -> f64 {
        let tail = self.at_most(value).min(self.at_least(value));
        (2.0 * tail).clamp(MIN_PROBABILITY, 1.0)
    }

    fn success(&self) -> f64 {
        self.shape / (self.shape + self.mean)
    }
}

/// Returns the probability that Student's t with `freedom` degrees is beyond `t` on one side.
pub(crate) fn student_tail(t: f64, freedom: f64) -> f64 {
    let half = 0.5 * incomplete_beta(freedom / 2.0, 0.5, freedom / (freedom + t * t));
    let tail = if t > 0.0 { half } else { 1.0 - half };
    tail.clamp(MIN_PROBABILITY, 1.0)
}

/// Returns by how much a standard deviation of `freedom` degrees may be too small, at 90 %
/// confidence.
pub(crate) fn deviation_limit(freedom: f64) -> f64 {
    ChiSquared::new(freedom).map_or(1.0, |squares| (freedom / squares.inverse_cdf(0.1)).sqrt())
}

#[cfg(test)]
mod tests {
    use statrs::function::gamma::ln_gamma;

    use super::*;

    fn assert_near(value: f64, expected: f64) {
        assert!(
            (value / expected - 1.0).abs() < 1e-6,
            "{value} is not {expected}"
        );
    }

    /// Sums of the probabilities themselves, for a mean of 4 and a variance of 4 + 16 / 2.
    #[test]
    fn a_tail_is_the_sum_of_its_probabilities() {
        let distribution = NegativeBinomial::new(4.0, 0.5_f64.sqrt());
        let of = |value: i32| {
            let value = f64::from(value);
            (ln_gamma(value + 2.0) - ln_gamma(2.0) - ln_gamma(value + 1.0)).exp()
                * (1.0_f64 / 3.0).powi(2)
                * (2.0_f64 / 3.0).powf(value)
        };
        assert_near(distribution.at_most(6.0), (0..=6).map(of).sum());
        assert_near(
            distribution.at_least(7.0),
            1.0 - (0..=6).map(of).sum::<f64>(),
        );
        assert_near(distribution.at_most(0.0), of(0));
    }

    #[test]
    fn without_spread_it_is_the_poisson_distribution() {
        let distribution = NegativeBinomial::new(3.0, 0.0);
        assert!((distribution.at_most(0.0) - (-3.0_f64).exp()).abs() < 1e-5);
    }

    /// Far from small counts, it is the gamma distribution of its rate: of shape 1, the exponential.
    #[test]
    fn a_fleet_has_tails_too() {
        let distribution = NegativeBinomial::new(2e6, 1.0);
        let tail = distribution.at_least(2e7);
        assert!((tail.ln() + 10.0).abs() < 1e-3, "{tail}");
    }

    #[test]
    fn tails_of_student() {
        assert_near(student_tail(2.228_138_852, 10.0), 0.025);
        assert_near(student_tail(-2.228_138_852, 10.0), 0.975);
    }

    #[test]
    fn a_short_past_is_trusted_less() {
        assert!((deviation_limit(10.0) - (10.0_f64 / 4.865).sqrt()).abs() < 0.02);
        assert!(deviation_limit(60.0) < deviation_limit(20.0));
    }
}
