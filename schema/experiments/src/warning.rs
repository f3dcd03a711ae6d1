//! What a reader must know before believing a result.

use std::fmt::{self, Display, Formatter};

use crate::estimate::Estimates;
use crate::ratio_mismatch::{MISMATCH_P, UserRatio};
use crate::real::real;
use crate::refusal::{Group, Refusal};
use crate::sums::Sums;
use crate::wording::{p_value, percent};

/// Below so many users of a group, intervals may cover too little.
pub const MIN_USERS: u64 = 100;
/// Below so many users who converted, or who did not, a share is not nearly normal.
pub const MIN_CONVERSIONS: f64 = 10.0;
/// Above this share, users in several variations may have come by a fault.
pub const MAX_MULTIPLE_EXPOSURES: f64 = 0.01;

/// A reason for doubt. It displays as a sentence for people.
#[derive(Debug, Clone, PartialEq)]
pub enum Warning {
    /// Users did not come in the wanted ratio.
    RatioMismatch {
        /// Probability of such a ratio by chance.
        p: f64,
    },
    /// The ratio of users could not be tested.
    RatioNotChecked(Refusal),
    /// Many users saw several variations, and are left out.
    MultipleExposures {
        /// Their share among all users.
        share: f64,
    },
    /// The groups differed already before their exposure.
    CovariateImbalance {
        /// Probability of such a difference by chance.
        p: f64,
    },
    /// A group has few users.
    FewUsers {
        /// Which group.
        group: Group,
        /// Its users.
        users: u64,
    },
    /// Few users of a group converted, or few did not.
    FewConversions {
        /// Which group.
        group: Group,
    },
    /// All users of one group have the same value.
    ZeroVariance(Group),
    /// The control is too near to zero for a relative change.
    NoLift,
}

impl Display for Warning {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::RatioMismatch { p } => write!(
                f,
                "Users did not come to the variations in the wanted ratio ({}), so assignment or counting is broken: find the cause before you decide.",
                p_value(*p)
            ),
            Self::RatioNotChecked(refusal) => {
                write!(f, "The ratio of users was not checked: {refusal}.")
            }
            Self::MultipleExposures { share } => write!(
                f,
                "{} of the users saw several variations and are left out, more than {}: check how users are recognised.",
                percent(*share),
                percent(MAX_MULTIPLE_EXPOSURES)
            ),
            Self::CovariateImbalance { p } => write!(
                f,
                "The groups differed already before the experiment ({}): check that users are assigned at random.",
                p_value(*p)
            ),
            Self::FewUsers { group, users } => write!(
                f,
                "The {group} has only {users} {}, intervals are reliable from {MIN_USERS} on: wait for more.",
                if *users == 1 { "user" } else { "users" }
            ),
            Self::FewConversions { group } => write!(
                f,
                "Fewer than {MIN_CONVERSIONS} users of the {group} converted, or fewer than {MIN_CONVERSIONS} did not: wait for more."
            ),
            Self::ZeroVariance(group) => write!(
                f,
                "All users of the {group} have the same value, so its uncertainty is not known: wait for more, or check how the metric is counted."
            ),
            Self::NoLift => f.write_str(
                "The control is too near to zero for a relative change: read the difference instead.",
            ),
        }
    }
}

/// Warnings that concern the whole experiment.
///
/// `multiple_exposures` are users in several variations, who are not among `users`.
pub(crate) fn of_experiment(
    ratio: &Result<UserRatio, Refusal>,
    users: &[u64],
    multiple_exposures: u64,
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    match ratio {
        Ok(ratio) if ratio.is_mismatch => warnings.push(Warning::RatioMismatch { p: ratio.p }),
        Ok(_) => {}
        Err(refusal) => warnings.push(Warning::RatioNotChecked(refusal.clone())),
    }
    let multiple = real(multiple_exposures);
    let all = multiple + users.iter().map(|count| real(*count)).sum::<f64>();
    if multiple > MAX_MULTIPLE_EXPOSURES * all {
        let share = multiple / all;
        warnings.push(Warning::MultipleExposures { share });
    }
    warnings
}

/// Warnings that concern one comparison.
pub(crate) fn of_comparison(
    control: &Sums,
    variation: &Sums,
    estimates: &Estimates,
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if let Some(adjustment) = estimates.adjustment
        && adjustment.imbalance_p < MISMATCH_P
    {
        let p = adjustment.imbalance_p;
        warnings.push(Warning::CovariateImbalance { p });
    }
    let groups = [
        (Group::Control, control, estimates.control_is_constant),
        (Group::Variation, variation, estimates.variation_is_constant),
    ];
    for (group, sums, is_constant) in groups {
        let users = sums.users;
        if users < MIN_USERS {
            warnings.push(Warning::FewUsers { group, users });
        }
        if is_constant {
            warnings.push(Warning::ZeroVariance(group));
        } else if sums.is_proportion() && sums.sum.min(real(users) - sums.sum) < MIN_CONVERSIONS {
            warnings.push(Warning::FewConversions { group });
        }
    }
    if estimates.lift.is_none() {
        warnings.push(Warning::NoLift);
    }
    warnings
}
