//! The words of `expect`: checks of rows before they are stored.

use std::{collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::Deserialize;

/// Checks of the rows of an answer, made before anything is stored. A check without a word here is
/// learnt from earlier answers; `learn = false` turns that off. Learnt are: the number and labels
/// of seats, a house that becomes empty or unmapped at once, prices in another unit, cinemas and
/// showtimes that should still be listed, showtimes that all move by the same time, and fields that
/// nearly all rows had. When a change is real, `coordinator source accept` discards what was
/// learnt.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExpectWords {
    /// Whether the answer is also compared with earlier answers.
    pub learn: bool,
    /// The number of rows.
    pub rows: Option<Bounds>,
    /// Fields, each with the least share of rows that must have a value, 0 to 1.
    pub filled: BTreeMap<String, f64>,
    /// Seats: statuses or `unmapped`, each with the share of seats that may have it, 0 to 1.
    pub status: BTreeMap<String, Bounds>,
    /// Showtimes: how long ago one may have started.
    #[serde(with = "humantime_serde")]
    #[schemars(with = "Option<String>")]
    pub starts_after: Option<Duration>,
    /// Showtimes: how far in the future one may start.
    #[serde(with = "humantime_serde")]
    #[schemars(with = "Option<String>")]
    pub starts_before: Option<Duration>,
    /// Prices: the amount in major units.
    pub price: Option<Bounds>,
}

impl Default for ExpectWords {
    fn default() -> Self {
        Self {
            learn: true,
            rows: None,
            filled: BTreeMap::new(),
            status: BTreeMap::new(),
            starts_after: None,
            starts_before: None,
            price: None,
        }
    }
}

/// A least and a most, both included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Bounds {
    /// The least.
    pub min: Option<f64>,
    /// The most.
    pub max: Option<f64>,
}

impl Bounds {
    /// Returns whether `value` lies within.
    #[must_use]
    pub fn contain(self, value: f64) -> bool {
        self.min.is_none_or(|min| value >= min) && self.max.is_none_or(|max| value <= max)
    }
}
