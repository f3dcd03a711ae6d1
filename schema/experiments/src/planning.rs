//! How many users an experiment needs, and which effect a number of users can show.
//!
//! By the normal distribution (Cohen, "Statistical Power Analysis for the Behavioral Sciences",
//! 1988), which is right from some dozens of users on. By the sequential method, the power is that
//! of a look at the planned number of users; earlier looks can only add to it, so the experiment
//! usually ends sooner.

use crate::interval::{Method, check_positive, check_share};
use crate::normal::share_above;
use crate::real::real;
use crate::refusal::Refusal;

/// The largest number of users that a plan may need.
const MAX_USERS: f64 = 1e15;
/// Halvings after which a search ends; floats have no more digits.
const HALVINGS: u32 = 200;
/// Standard errors beyond the critical value at which every effect is detected.
const CERTAIN: f64 = 40.0;
/// The lowest power that is planned for.
const MIN_POWER: f64 = 0.5;

/// How the metric is spread over the users.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Spread {
    /// A mean or a ratio, with the same spread in both groups.
    Mean {
        /// Standard deviation per user; with a covariate, times the root of one less the reduction.
        standard_deviation: f64,
    },
    /// A share of users, whose spread follows from it.
    Proportion {
        /// Share of the control, between 0 and 1.
        rate: f64,
    },
}

/// What an experiment of two groups is planned for.
///
/// ```
/// use experiments::{Method, Plan, Spread};
///
/// let plan = Plan {
///     spread: Spread::Proportion { rate: 0.1 },
///     variation_share: 0.5,
///     alpha: 0.05,
///     power: 0.8,
///     method: Method::FixedSample,
/// };
/// assert_eq!(plan.needed_users(0.02)?.variation, 3_839);
/// assert!(plan.detectable_effect(20_000)? < 0.0125);
/// # Ok::<(), experiments::Refusal>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// Spread of the metric.
    pub spread: Spread,
    /// Share of the variation among the users of both groups: 0.5 needs the fewest.
    pub variation_share: f64,
    /// Probability of a finding without an effect, two-sided.
    pub alpha: f64,
    /// Wanted probability of a finding with the effect, from 0.5 on, usually 0.8.
    pub power: f64,
    /// How the result will be tested.
    pub method: Method,
}

/// The users that a plan needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NeededUsers {
    /// Users of the control.
    pub control: u64,
    /// Users of the variation.
    pub variation: u64,
}

impl Plan {
    /// Returns how many users are needed to detect `effect`, a difference in the unit of the metric.
    ///
    /// # Errors
    ///
    /// Refusals of parameters that have no meaning, [`Refusal::EffectOutOfRange`] if a rate with
    /// the effect is not between 0 and 1, and [`Refusal::TooManyUsers`].
    pub fn needed_users(&self, effect: f64) -> Result<NeededUsers, Refusal> {
        self.check()?;
        self.check_effect(effect)?;
        let is_enough = |users: f64| self.power_at(effect, users) >= self.power;
        if !is_enough(MAX_USERS) {
            return Err(Refusal::TooManyUsers);
        }
        // Halving the logarithm reaches small and large numbers with the same digits.
        let users = least(0.0, MAX_USERS.ln(), |log| is_enough(log.exp())).exp();
        Ok(NeededUsers {
            control: round_up(users * (1.0 - self.variation_share)),
            variation: round_up(users * self.variation_share),
        })
    }

    /// Returns the smallest rise that `users` of both groups detect with the wanted power.
    ///
    /// In the unit of the metric. A fall of a mean as large is detected as well.
    ///
    /// # Errors
    ///
    /// Refusals of parameters that have no meaning, and [`Refusal::NotDetectable`] if not even a
    /// rate of one would be detected.
    pub fn detectable_effect(&self, users: u64) -> Result<f64, Refusal> {
        self.check()?;
        check_positive("the number of users", real(users))?;
        let is_detected = |effect: f64| self.power_at(effect, real(users)) >= self.power;
        let most = match self.spread {
            Spread::Mean { .. } => {
                let critical = self.critical_value(real(users));
                (critical + CERTAIN) * self.standard_error(0.0, real(users))
            }
            Spread::Proportion { rate } => 1.0 - rate,
        };
        if !most.is_finite() {
            return Err(Refusal::Overflow);
        }
        if !is_detected(most) {
            return Err(Refusal::NotDetectable { users });
        }
        Ok(least(0.0, most, is_detected))
    }

    /// Returns the probability that `users` of both groups detect `effect`, from 0 to 1.
    ///
    /// # Errors
    ///
    /// Refusals of parameters that have no meaning, [`Refusal::EffectOutOfRange`] and
    /// [`Refusal::Overflow`].
    pub fn power(&self, effect: f64, users: u64) -> Result<f64, Refusal> {
        self.check()?;
        self.check_effect(effect)?;
        check_positive("the number of users", real(users))?;
        let power = self.power_at(effect, real(users));
        if power.is_finite() {
            Ok(power)
        } else {
            Err(Refusal::Overflow)
        }
    }

    fn check(&self) -> Result<(), Refusal> {
        match self.spread {
            Spread::Mean { standard_deviation } => {
                check_positive("the standard deviation", standard_deviation)?;
            }
            Spread::Proportion { rate } => check_share("the rate of the control", rate)?,
        }
        check_share("the share of the variation", self.variation_share)?;
        check_share("the power", self.power)?;
        if self.power < MIN_POWER {
            return Err(Refusal::LowPower(self.power));
        }
        self.method.check(self.alpha)?;
        // The square of an extreme standard deviation vanishes or overflows.
        check_positive("the standard error", self.standard_error(0.0, 1.0))
            .map_err(|_| Refusal::Overflow)
    }

    fn check_effect(&self, effect: f64) -> Result<(), Refusal> {
        check_positive("the size of the effect", effect.abs())?;
        match self.spread {
            Spread::Proportion { rate } if !(0.0..=1.0).contains(&(rate + effect)) => {
                Err(Refusal::EffectOutOfRange { rate, effect })
            }
            Spread::Proportion { .. } | Spread::Mean { .. } => Ok(()),
        }
    }

    fn power_at(&self, effect: f64, users: f64) -> f64 {
        let distance = effect.abs() / self.standard_error(effect, users);
        let critical = self.critical_value(users);
        (share_above(critical - distance) + share_above(critical + distance)).min(1.0)
    }

    /// The critical value of a normal distribution, which is that of t with many degrees of freedom.
    fn critical_value(&self, users: f64) -> f64 {
        match self.method {
            Method::FixedSample => crate::normal::quantile_above(self.alpha / 2.0),
            Method::Sequential { .. } => self.method.critical_value(self.alpha, users, users),
        }
    }

    /// Standard error of the difference when the variation differs by `effect`.
    fn standard_error(&self, effect: f64, users: f64) -> f64 {
        let variances = match self.spread {
            Spread::Mean { standard_deviation } => [standard_deviation.powi(2); 2],
            Spread::Proportion { rate } => [rate, rate + effect].map(|rate| rate * (1.0 - rate)),
        };
        let share = self.variation_share;
        ((variances[0] / (1.0 - share) + variances[1] / share) / users).sqrt()
    }
}

/// The least number from `low` to `high` that is enough, where all above it are enough too.
fn least(mut low: f64, mut high: f64, is_enough: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if is_enough(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

/// A number of users of at most [`MAX_USERS`], as a whole one, at least 2.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn round_up(users: f64) -> u64 {
    // The search leaves an error of some units in the last digit.
    (users * (1.0 - 1e-12)).ceil().clamp(2.0, MAX_USERS) as u64
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        Plan {
            spread: Spread::Mean {
                standard_deviation: 2.0,
            },
            variation_share: 0.5,
            alpha: 0.05,
            power: 0.8,
            method: Method::FixedSample,
        }
    }

    #[test]
    fn the_textbook_number_of_users_is_16_variances_over_the_squared_effect() {
        let needed = plan().needed_users(0.2).unwrap();
        assert_eq!(needed.control, 1_570);
        assert_eq!(needed.variation, 1_570);
    }

    #[test]
    fn the_detectable_effect_of_the_needed_users_is_the_effect() {
        for method in [Method::FixedSample, Method::SEQUENTIAL] {
            let rates = Spread::Proportion { rate: 0.1 };
            for spread in [plan().spread, rates] {
                let plan = Plan {
                    method,
                    spread,
                    variation_share: 0.25,
                    ..plan()
                };
                let needed = plan.needed_users(0.05).unwrap();
                let users = needed.control + needed.variation;
                let effect = plan.detectable_effect(users).unwrap();
                assert!(effect <= 0.05 && effect > 0.0499, "{method:?}: {effect}");
            }
        }
    }

    #[test]
    fn looking_at_any_time_costs_users() {
        let sequential = Plan {
            method: Method::SEQUENTIAL,
            ..plan()
        };
        let (once, often) = (plan().needed_users(0.2), sequential.needed_users(0.2));
        assert!(often.unwrap().control > once.unwrap().control);
    }

    #[test]
    fn what_cannot_be_planned_is_refused() {
        let rate = Plan {
            spread: Spread::Proportion { rate: 0.9 },
            ..plan()
        };
        let refusal = rate.needed_users(0.2).unwrap_err();
        assert!(matches!(refusal, Refusal::EffectOutOfRange { .. }));
        let refusal = rate.detectable_effect(10).unwrap_err();
        assert_eq!(refusal, Refusal::NotDetectable { users: 10 });
        for effect in [0.0, f64::NAN, f64::INFINITY] {
            assert!(plan().needed_users(effect).is_err());
        }
        assert_eq!(plan().needed_users(1e-12), Err(Refusal::TooManyUsers));
        assert!(plan().detectable_effect(0).is_err());
        let weak = Plan {
            power: 0.2,
            ..plan()
        };
        assert_eq!(weak.needed_users(1.0), Err(Refusal::LowPower(0.2)));
    }
}
