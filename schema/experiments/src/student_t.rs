//! Student's t distribution, exact in its tails at any degrees of freedom.
//!
//! The usual way by logarithms of gamma functions loses nine of sixteen digits at a million degrees
//! of freedom, because it subtracts two large numbers. Here their difference comes from its series.

use std::f64::consts::PI;

use statrs::function::gamma::ln_gamma;

use crate::normal::quantile_above;

/// From this argument on, the series of a ratio of gamma functions is exact to 1e-15.
const MIN_SERIES_ARGUMENT: f64 = 24.0;
/// Steps after which a continued fraction ends at the latest.
const MAX_STEPS: u32 = 100_000;
/// Steps after which the search for a quantile ends at the latest.
const MAX_SEARCH_STEPS: u32 = 100;
/// What a continued fraction puts in the place of zero.
const TINY: f64 = 1e-300;

/// Share of the distribution that is further from zero than `t`.
pub(crate) fn two_sided_p(t: f64, degrees_of_freedom: f64) -> f64 {
    let ratio = t * t / degrees_of_freedom;
    if ratio == 0.0 {
        return 1.0;
    }
    if !ratio.is_finite() {
        return 0.0;
    }
    // The regularised incomplete beta function of `below` with half the degrees and 1/2.
    let half = degrees_of_freedom / 2.0;
    let (below, above) = (1.0 / (1.0 + ratio), ratio / (1.0 + ratio));
    let front = (-half * ratio.ln_1p() + 0.5 * above.ln() - ln_beta_with_half(half)).exp();
    // The continued fraction of either side converges fast on its side of the mean only.
    let share = if below < (half + 1.0) / (half + 2.5) {
        front * beta_fraction(half, 0.5, below) / half
    } else {
        1.0 - front * beta_fraction(0.5, half, above) / 0.5
    };
    share.clamp(0.0, 1.0)
}

/// The `t` that a share `p` of the distribution is further from zero than.
pub(crate) fn two_sided_quantile(p: f64, degrees_of_freedom: f64) -> f64 {
    // Newton's method on logarithms: the logarithm of p falls ever faster over that of t, so the
    // steps converge from every start.
    let mut t = quantile_above(p / 2.0).max(1e-9);
    for _ in 0..MAX_SEARCH_STEPS {
        let here = two_sided_p(t, degrees_of_freedom).max(f64::MIN_POSITIVE);
        let slope = 2.0 * t * density(t, degrees_of_freedom) / here;
        let step = (here / p).ln() / slope;
        if !step.is_finite() {
            break;
        }
        t *= step.clamp(-2.0, 2.0).exp();
        if step.abs() < 1e-15 {
            break;
        }
    }
    t
}

fn density(t: f64, degrees_of_freedom: f64) -> f64 {
    let a = degrees_of_freedom / 2.0;
    let power = (a + 0.5) * (t * t / degrees_of_freedom).ln_1p();
    (-power - ln_beta_with_half(a) - 0.5 * degrees_of_freedom.ln()).exp()
}

/// The logarithm of the beta function of `a` and 1/2.
fn ln_beta_with_half(a: f64) -> f64 {
    let half_ln_pi = 0.5 * PI.ln();
    if a < MIN_SERIES_ARGUMENT {
        return ln_gamma(a) + half_ln_pi - ln_gamma(a + 0.5);
    }
    // ln Γ(a + 1/2) - ln Γ(a), by Stirling's series.
    let square = 1.0 / (a * a);
    let terms = [
        -1.0 / 8.0,
        1.0 / 192.0,
        -1.0 / 640.0,
        17.0 / 14_336.0,
        -31.0 / 18_432.0,
    ];
    let series = terms
        .iter()
        .rev()
        .fold(0.0, |sum, term| sum * square + term)
        / a;
    half_ln_pi - 0.5 * a.ln() - series
}

/// The continued fraction of the incomplete beta function, by the method of Lentz (1976).
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    let nonzero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut numerator = 1.0;
    let mut inverse = 1.0 / nonzero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = inverse;
    for step in 1..MAX_STEPS {
        let step = f64::from(step);
        let place = a + 2.0 * step;
        let even = step * (b - step) * x / ((place - 1.0) * place);
        let odd = -(a + step) * (a + b + step) * x / (place * (place + 1.0));
        let mut factor = 1.0;
        for coefficient in [even, odd] {
            inverse = 1.0 / nonzero(1.0 + coefficient * inverse);
            numerator = nonzero(1.0 + coefficient / numerator);
            factor = inverse * numerator;
            fraction *= factor;
        }
        if (factor - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_degree_of_freedom_is_the_cauchy_distribution() {
        for t in [0.01_f64, 0.5, 1.0, 12.7, 1e6] {
            let exact = 2.0 / PI * (1.0 / t).atan();
            assert!((two_sided_p(t, 1.0) / exact - 1.0).abs() < 1e-13, "{t}");
        }
    }

    #[test]
    fn a_quantile_has_the_share_it_was_asked_for() {
        for df in [1.0, 2.5, 30.0, 47.9, 48.1, 1e4, 1e7] {
            for p in [0.9, 0.5, 0.05, 1e-3, 1e-12] {
                let t = two_sided_quantile(p, df);
                assert!(
                    (two_sided_p(t, df) / p - 1.0).abs() < 1e-11,
                    "{df} {p}: {t}"
                );
            }
        }
    }
}
