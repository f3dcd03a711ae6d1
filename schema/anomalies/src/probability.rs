//! Tails of the distributions that tests of this package use.
//!
//! The negative binomial tail is a regularised incomplete beta function, which is computed by its
//! continued fraction (Lentz's method; Press and others, "Numerical Recipes", section 6.4).
//! Counts of a fleet reach millions, so the number of its terms is bounded higher than usual.

use std::f64::consts::PI;

/// Terms of the continued fraction at most; it needs about the square root of the largest count.
const MAX_TERMS: u32 = 20_000;

/// Where the continued fraction stops.
const PRECISION: f64 = 1e-13;

/// Keeps Lentz's method away from a division by zero.
const TINY: f64 = 1e-300;

/// The smallest probability that is told from zero.
pub const MIN_PROBABILITY: f64 = 1e-300;

/// Returns a number of things as a number to calculate with.
#[must_use]
pub fn count(things: usize) -> f64 {
    f64::from(u32::try_from(things).unwrap_or(u32::MAX))
}

/// Returns the logarithm of the gamma function for positive `x` (Lanczos 1964, g = 7).
#[must_use]
pub fn ln_gamma(x: f64) -> f64 {
    const COEFFICIENTS: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        return (PI / (PI * x).sin()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let mut sum = 0.999_999_999_999_809_9;
    let mut place = 0.0;
    for coefficient in COEFFICIENTS {
        place += 1.0;
        sum += coefficient / (x + place);
    }
    let base = x + 7.5;
    0.5 * (2.0 * PI).ln() + (x + 0.5) * base.ln() - base + sum.ln()
}

/// Returns the regularised incomplete beta function for positive `a` and `b`.
#[must_use]
pub fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p()).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * continued_fraction(a, b, x) / a
    } else {
        1.0 - front * continued_fraction(b, a, 1.0 - x) / b
    }
}

fn continued_fraction(a: f64, b: f64, x: f64) -> f64 {
    let away = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut numerator = 1.0;
    let mut denominator = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = denominator;
    for term in 1..MAX_TERMS {
        let step = f64::from(term);
        let place = a + 2.0 * step;
        let even = step * (b - step) * x / ((place - 1.0) * place);
        let odd = -(a + step) * (a + b + step) * x / (place * (place + 1.0));
        let mut change = 1.0;
        for coefficient in [even, odd] {
            denominator = 1.0 / away(1.0 + coefficient * denominator);
            numerator = away(1.0 + coefficient / numerator);
            change = denominator * numerator;
            fraction *= change;
        }
        if (change - 1.0).abs() < PRECISION {
            break;
        }
    }
    fraction
}

/// The tails of a negative binomial distribution by its mean and the variance of its rate.
///
/// With `spread` s the variance is `mean + s² × mean²`: s is the standard deviation of the rate
/// relative to the mean, and at zero this is the Poisson distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NegativeBinomial {
    mean: f64,
    shape: f64,
}

impl NegativeBinomial {
    /// The smallest spread that is told from none.
    const MIN_SPREAD: f64 = 1e-3;

    /// Makes the distribution; a mean below 1e-9 counts as that.
    #[must_use]
    pub fn new(mean: f64, spread: f64) -> Self {
        Self {
            mean: mean.max(1e-9),
            shape: spread.max(Self::MIN_SPREAD).powi(-2),
        }
    }

    /// Returns the probability of `value` or less.
    #[must_use]
    pub fn at_most(&self, value: f64) -> f64 {
        if value < 0.0 {
            return 0.0;
        }
        incomplete_beta(self.shape, value.floor() + 1.0, self.success())
    }

    /// Returns the probability of `value` or more.
    #[must_use]
    pub fn at_least(&self, value: f64) -> f64 {
        if value <= 0.0 {
            return 1.0;
        }
        incomplete_beta(value.ceil(), self.shape, 1.0 - self.success())
    }

    /// Returns the probability of a value at least as far out on its side, twice.
    #[must_use]
    pub fn two_sided(&self, value: f64) -> f64 {
        let tail = self.at_most(value).min(self.at_least(value));
        (2.0 * tail).clamp(MIN_PROBABILITY, 1.0)
    }

    fn success(&self) -> f64 {
        self.shape / (self.shape + self.mean)
    }
}

/// Returns the probability that Student's t with `freedom` degrees is beyond `t` on one side.
#[must_use]
pub fn student_tail(t: f64, freedom: f64) -> f64 {
    let half = 0.5 * incomplete_beta(freedom / 2.0, 0.5, freedom / (freedom + t * t));
    let tail = if t > 0.0 { half } else { 1.0 - half };
    tail.clamp(MIN_PROBABILITY, 1.0)
}

/// Returns by how much a standard deviation of `freedom` degrees may be too small, at 90 %
/// confidence (the quantile of chi-squared by Wilson and Hilferty, 1931).
#[must_use]
pub fn deviation_limit(freedom: f64) -> f64 {
    const QUANTILE_10: f64 = -1.281_551_6;
    let step = 2.0 / (9.0 * freedom.max(1.0));
    let relative = (1.0 - step + QUANTILE_10 * step.sqrt()).max(0.2).powi(3);
    relative.sqrt().recip()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_near(value: f64, expected: f64) {
        assert!(
            (value / expected - 1.0).abs() < 1e-6,
            "{value} is not {expected}"
        );
    }

    #[test]
    fn gamma_is_the_factorial() {
        assert_near(ln_gamma(11.0).exp(), 3_628_800.0);
        assert_near(ln_gamma(0.5).exp(), PI.sqrt());
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
