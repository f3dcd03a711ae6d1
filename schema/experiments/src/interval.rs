//! Confidence intervals and p-values, for one look at the end or for any number of looks.

use crate::estimate::Estimate;
use crate::refusal::Refusal;
use crate::student_t::{two_sided_p, two_sided_quantile};

/// When the result may be looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Method {
    /// Once, at a number of users that was decided before: Welch's t test (1947).
    FixedSample,
    /// At any time and as often as wanted, and the experiment may end at any look.
    ///
    /// Asymptotic confidence sequences (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas,
    /// "Time-uniform central limit theory and asymptotic confidence sequences", 2021, equation 9),
    /// as `GrowthBook` uses them. Intervals are wider than those of one look.
    Sequential {
        /// Users of both groups at which the interval is to be narrowest, above 0.
        tuning_users: f64,
    },
}

impl Method {
    /// The sequential method with the number of users that `GrowthBook` takes.
    pub const SEQUENTIAL: Self = Self::Sequential {
        tuning_users: 5_000.0,
    };

    /// Refuses an `alpha` or a tuning that has no meaning.
    pub(crate) fn check(self, alpha: f64) -> Result<(), Refusal> {
        check_share("alpha", alpha)?;
        match self {
            Self::FixedSample => Ok(()),
            Self::Sequential { tuning_users } => check_positive("the tuning", tuning_users),
        }
    }

    /// How many standard errors the interval reaches to each side of the estimate.
    pub(crate) fn critical_value(self, alpha: f64, degrees_of_freedom: f64, users: f64) -> f64 {
        match self {
            Self::FixedSample => two_sided_quantile(alpha, degrees_of_freedom),
            Self::Sequential { tuning_users } => {
                let growth = growth(alpha, tuning_users, users);
                (2.0 * (1.0 + 1.0 / growth) * (0.5 * growth.ln_1p() - alpha.ln())).sqrt()
            }
        }
    }

    /// The p-value of an estimate that is `z` standard errors from zero.
    fn p_value(self, alpha: f64, z: f64, degrees_of_freedom: f64, users: f64) -> f64 {
        match self {
            Self::FixedSample => two_sided_p(z, degrees_of_freedom),
            Self::Sequential { tuning_users } => {
                let growth = growth(alpha, tuning_users, users);
                let evidence = z * z * growth / (2.0 * (growth + 1.0)) - 0.5 * growth.ln_1p();
                (-evidence).exp().min(1.0)
            }
        }
    }
}

/// The variance of the mixture times the users, which makes the interval narrowest at the tuning.
fn growth(alpha: f64, tuning_users: f64, users: f64) -> f64 {
    let log = -2.0 * alpha.ln();
    users * (log + log.ln_1p()) / tuning_users
}

/// An estimate with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect {
    /// The estimate.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Lower end of the confidence interval at level `1 - alpha`.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Two-sided p-value of no effect. It is below `alpha` when the interval excludes zero.
    ///
    /// By the sequential method it is valid at any look: the probability that it ever falls to
    /// `alpha` without an effect is at most `alpha` (the inverse of a mixture's likelihood ratio).
    /// It depends a little on `alpha`, through the tuning.
    pub p: f64,
}

impl Effect {
    /// Gives an estimate its interval at level `1 - alpha`.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAShare`] and [`Refusal::NotPositive`] for `alpha` and tuning,
    /// [`Refusal::ZeroVariance`] without a standard error, [`Refusal::Overflow`] if the interval
    /// would not be finite.
    pub fn of(estimate: &Estimate, method: Method, alpha: f64) -> Result<Self, Refusal> {
        method.check(alpha)?;
        let Estimate {
            value,
            standard_error,
            degrees_of_freedom,
            users,
        } = *estimate;
        if standard_error == 0.0 {
            return Err(Refusal::ZeroVariance);
        }
        let width = standard_error * method.critical_value(alpha, degrees_of_freedom, users);
        let z = value / standard_error;
        let effect = Self {
            value,
            standard_error,
            low: value - width,
            high: value + width,
            p: method.p_value(alpha, z, degrees_of_freedom, users),
        };
        let numbers = [value, standard_error, effect.low, effect.high, effect.p];
        if numbers.iter().all(|number| number.is_finite()) {
            Ok(effect)
        } else {
            Err(Refusal::Overflow)
        }
    }
}

/// Refuses what is not between 0 and 1, both excluded.
pub(crate) fn check_share(what: &'static str, value: f64) -> Result<(), Refusal> {
    if value > 0.0 && value < 1.0 {
        Ok(())
    } else {
        Err(Refusal::NotAShare { what, value })
    }
}

/// Refuses what is not a finite number above 0.
pub(crate) fn check_positive(what: &'static str, value: f64) -> Result<(), Refusal> {
    if value > 0.0 && value.is_finite() {
        Ok(())
    } else {
        Err(Refusal::NotPositive { what, value })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(z: f64, users: f64) -> Estimate {
        Estimate {
            value: z,
            standard_error: 1.0,
            degrees_of_freedom: users - 2.0,
            users,
        }
    }

    #[test]
    fn an_interval_excludes_zero_exactly_when_p_is_below_alpha() {
        for method in [Method::FixedSample, Method::SEQUENTIAL] {
            for step in 0..100_u32 {
                let estimate = at(f64::from(step) / 20.0, 3_000.0);
                let effect = Effect::of(&estimate, method, 0.05).unwrap();
                assert_eq!(effect.low > 0.0, effect.p < 0.05, "{method:?} {effect:?}");
            }
        }
    }

    #[test]
    fn sequential_intervals_are_wider_and_narrowest_near_the_tuning() {
        let width = |users: f64, method| Effect::of(&at(0.0, users), method, 0.05).unwrap().high;
        assert!(width(5_000.0, Method::SEQUENTIAL) > 1.3 * width(5_000.0, Method::FixedSample));
        // In standard errors, the interval is narrowest at the tuning.
        let near = width(5_000.0, Method::SEQUENTIAL);
        assert!(near < width(1_000.0, Method::SEQUENTIAL));
        assert!(near < width(25_000.0, Method::SEQUENTIAL));
    }

    #[test]
    fn an_alpha_or_a_tuning_without_meaning_is_refused() {
        let estimate = at(1.0, 100.0);
        for alpha in [0.0, 1.0, -0.1, f64::NAN] {
            let refusal = Effect::of(&estimate, Method::FixedSample, alpha).unwrap_err();
            assert!(matches!(refusal, Refusal::NotAShare { .. }), "{refusal}");
        }
        for tuning_users in [0.0, f64::NAN, f64::INFINITY] {
            let method = Method::Sequential { tuning_users };
            let refusal = Effect::of(&estimate, method, 0.05).unwrap_err();
            assert!(matches!(refusal, Refusal::NotPositive { .. }), "{refusal}");
        }
    }
}
