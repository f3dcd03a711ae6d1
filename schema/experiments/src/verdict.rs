//! What one comparison shows, in numbers and words that a page can draw.

use crate::estimate::{Adjustment, Estimates, estimate};
use crate::interval::{Effect, Method};
use crate::refusal::Refusal;
use crate::sums::Sums;
use crate::warning::{Warning, of_comparison};
use crate::wording::{number, p_value, percent};

/// Which direction of a metric is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// More is better, as of tickets per user.
    Increase,
    /// Less is better, as of refunds.
    Decrease,
}

/// What a comparison shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The variation is better than the control.
    Better,
    /// The variation is worse than the control.
    Worse,
    /// Chance alone can explain the difference; this does not show that there is none.
    NotShown,
    /// Users did not come in the wanted ratio, so the difference means nothing.
    NotTrusted,
}

/// The difference of one variation from the control in one metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Mean, share or ratio of the control.
    pub control: f64,
    /// Mean, share or ratio of the variation.
    pub variation: f64,
    /// Variation less control, in the unit of the metric; its p-value is the one that counts.
    pub difference: Effect,
    /// The difference as a share of the control; none if the control is too near to zero.
    pub lift: Option<Effect>,
    /// What the covariate did, if there is one.
    pub adjustment: Option<Adjustment>,
    /// The p-value of the difference, adjusted for the number of comparisons.
    pub adjusted_p: f64,
    /// Whether the adjusted p-value is below `alpha`. Intervals are not adjusted.
    pub is_significant: bool,
    /// What this shows.
    pub outcome: Outcome,
    /// Reasons for doubt, the gravest first.
    pub warnings: Vec<Warning>,
    /// The verdict as a sentence for people.
    pub sentence: String,
}

/// A comparison before it is known how many others there are.
pub(crate) struct Comparison {
    estimates: Estimates,
    pub(crate) difference: Effect,
    lift: Option<Effect>,
    warnings: Vec<Warning>,
}

impl Comparison {
    pub(crate) fn of(
        control: &Sums,
        variation: &Sums,
        method: Method,
        alpha: f64,
    ) -> Result<Self, Refusal> {
        let estimates = estimate(control, variation)?;
        let lift = estimates.lift;
        Ok(Self {
            difference: Effect::of(&estimates.difference, method, alpha)?,
            lift: lift
                .map(|lift| Effect::of(&lift, method, alpha))
                .transpose()?,
            warnings: of_comparison(control, variation, &estimates),
            estimates,
        })
    }

    /// Judges the difference by its adjusted p-value and the warnings of the whole experiment.
    pub(crate) fn judge(
        self,
        goal: Goal,
        alpha: f64,
        adjusted_p: f64,
        of_experiment: &[Warning],
    ) -> Verdict {
        let is_significant = adjusted_p < alpha;
        let is_mismatch = |warning: &Warning| matches!(warning, Warning::RatioMismatch { .. });
        let rises = self.difference.value > 0.0;
        let outcome = if of_experiment.iter().any(is_mismatch) {
            Outcome::NotTrusted
        } else if !is_significant {
            Outcome::NotShown
        } else if rises == (goal == Goal::Increase) {
            Outcome::Better
        } else {
            Outcome::Worse
        };
        Verdict {
            sentence: self.sentence(outcome, alpha, adjusted_p),
            control: self.estimates.control,
            variation: self.estimates.variation,
            difference: self.difference,
            lift: self.lift,
            adjustment: self.estimates.adjustment,
            adjusted_p,
            is_significant,
            outcome,
            warnings: [of_experiment, &self.warnings].concat(),
        }
    }

    fn sentence(&self, outcome: Outcome, alpha: f64, adjusted_p: f64) -> String {
        let (effect, write): (&Effect, fn(f64) -> String) = match &self.lift {
            Some(lift) => (lift, percent),
            None => (&self.difference, number),
        };
        let direction = if self.difference.value < 0.0 {
            "lower"
        } else {
            "higher"
        };
        let found = format!(
            "{} {direction} than the control ({} interval from {} to {}, {})",
            write(effect.value.abs()),
            percent(1.0 - alpha),
            write(effect.low),
            write(effect.high),
            p_value(adjusted_p),
        );
        match outcome {
            Outcome::Better => format!("The variation is better: {found}."),
            Outcome::Worse => format!("The variation is worse: {found}."),
            Outcome::NotShown if self.difference.p < alpha => format!(
                "No difference is shown, because among so many comparisons one like this comes by chance: the variation is {found}."
            ),
            Outcome::NotShown => {
                format!("No difference is shown: the variation is {found}, which can be chance.")
            }
            Outcome::NotTrusted => format!(
                "Do not decide by this: users did not come in the wanted ratio. The variation is {found}."
            ),
        }
    }
}
