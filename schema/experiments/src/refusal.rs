//! Why a number is not given.

use std::error::Error;
use std::fmt::{self, Display, Formatter};

/// One of the two groups that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Users who get what was there before.
    Control,
    /// Users who get the change.
    Variation,
}

impl Display for Group {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Control => "control",
            Self::Variation => "variation",
        })
    }
}

/// A reason for which the input cannot carry a result.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    /// A group has no users.
    NoUsers(Group),
    /// A group has one user, so that its variance is not defined.
    OneUser(Group),
    /// A sum is not a number, or infinite.
    NotFinite {
        /// Whose sum it is.
        group: Group,
        /// Which sum it is.
        sum: &'static str,
    },
    /// Sums contradict each other, by more than rounding explains.
    ImpossibleSums {
        /// Whose sums they are.
        group: Group,
        /// Which sums they are.
        sums: &'static str,
    },
    /// The sum of the denominator of a ratio is zero.
    ZeroDenominator(Group),
    /// All users of both groups have the same value, or values that differ by rounding only.
    ZeroVariance,
    /// One group has a denominator or a covariate and the other has none.
    DifferentMetrics,
    /// Numbers are so large or so small that the result overflows.
    Overflow,
    /// A share is not between 0 and 1, both excluded.
    NotAShare {
        /// What the share is of.
        what: &'static str,
        /// The share.
        value: f64,
    },
    /// A number is not a finite one above zero.
    NotPositive {
        /// What the number is.
        what: &'static str,
        /// The number.
        value: f64,
    },
    /// The number of weights is not that of variations.
    WeightsMissing {
        /// Variations.
        variations: usize,
        /// Weights.
        weights: usize,
    },
    /// There are fewer than two variations.
    TooFewVariations(usize),
    /// The weights do not sum to one.
    WeightsDoNotSumToOne(f64),
    /// A variation is expected to have too few users for the test of the ratio.
    TooFewExpected {
        /// Users expected in the smallest variation.
        expected: f64,
        /// Users that are needed there.
        needed: f64,
    },
    /// A p-value is not between 0 and 1, both included.
    NotAProbability(f64),
    /// The metric has not one set of sums per variation.
    SumsMissing {
        /// Variations.
        variations: usize,
        /// Sets of sums.
        sums: usize,
    },
    /// A rate changed by the effect is not between 0 and 1.
    EffectOutOfRange {
        /// Rate of the control.
        rate: f64,
        /// Effect on it.
        effect: f64,
    },
    /// No effect can be detected with so few users.
    NotDetectable {
        /// Users of both groups.
        users: u64,
    },
    /// A power below one half: the experiment would mostly miss the effect.
    LowPower(f64),
    /// More users are needed than can be counted.
    TooManyUsers,
}

impl Display for Refusal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoUsers(group) => {
                write!(f, "the {group} has no users: wait until some are exposed")
            }
            Self::OneUser(group) => {
                write!(f, "the {group} has one user, 2 are needed for a variance")
            }
            Self::NotFinite { group, sum } => {
                write!(f, "the sum of {sum} of the {group} is not a finite number")
            }
            Self::ImpossibleSums { group, sums } => write!(
                f,
                "the sums of {sums} of the {group} contradict each other: check that they are over the same users"
            ),
            Self::ZeroDenominator(group) => write!(
                f,
                "the denominator of the {group} sums to zero, so its ratio is not defined"
            ),
            Self::ZeroVariance => {
                f.write_str("all users have the same value, or values that differ too little for their sums, so nothing can be compared")
            }
            Self::DifferentMetrics => f.write_str(
                "one group has a denominator or a covariate and the other has none: give both the same",
            ),
            Self::Overflow => f.write_str("the numbers are too large or too small to compute with"),
            Self::NotAShare { what, value } => {
                write!(f, "{what} is {value}, it must be between 0 and 1")
            }
            Self::NotPositive { what, value } => {
                write!(f, "{what} is {value}, it must be a finite number above 0")
            }
            Self::WeightsMissing {
                variations,
                weights,
            } => write!(
                f,
                "there are {variations} variations and {weights} weights: give one weight per variation"
            ),
            Self::TooFewVariations(found) => {
                write!(f, "there are {found} variations, 2 are needed")
            }
            Self::WeightsDoNotSumToOne(sum) => {
                write!(f, "the weights sum to {sum}, they must sum to 1")
            }
            Self::TooFewExpected { expected, needed } => write!(
                f,
                "the smallest variation should have {expected:.1} users by now, {needed} are needed: wait until more are exposed"
            ),
            Self::NotAProbability(value) => {
                write!(f, "a p-value is {value}, it must be from 0 to 1")
            }
            Self::SumsMissing { variations, sums } => write!(
                f,
                "there are {variations} variations and the metric has sums of {sums}: give sums of each"
            ),
            Self::EffectOutOfRange { rate, effect } => write!(
                f,
                "a rate of {rate} changed by {effect} is not between 0 and 1"
            ),
            Self::NotDetectable { users } => write!(
                f,
                "with {users} users not even the largest possible effect is likely to be detected"
            ),
            Self::LowPower(power) => write!(
                f,
                "the power is {power}, plan for at least 0.5: below, the effect is mostly missed"
            ),
            Self::TooManyUsers => f.write_str(
                "more users are needed than can be counted: the effect is too small for the variance",
            ),
        }
    }
}

impl Error for Refusal {}
