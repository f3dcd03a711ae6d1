//! The words of expectations: what a true answer looks like.

use std::{collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::Deserialize;

/// What is checked of the rows of an answer before they are stored.
///
/// What an author leaves out is learnt from what the source gave before; `learn = false`
/// turns that off. Learnt are: the number of seats and their labels, a house that empties
/// or turns unmapped at once, prices in another unit, cinemas and showtimes that should
/// still be listed, showtimes that all move by the same time, and fields that nearly all
/// rows had. `coordinator source accept` sets what was learnt aside when a change is real.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExpectWords {
    /// Whether the answer is also compared with what the source gave before.
    pub learn: bool,
    /// Number of rows.
    pub rows: Option<Bounds>,
    /// Fields, and the least share of rows that has a value for them, 0 to 1.
    pub filled: BTreeMap<String, f64>,
    /// Seats: words of status or `unmapped`, and which share of the seats may have it, 0 to 1.
    pub status: BTreeMap<String, Bounds>,
    /// Showtimes: how far in the past one may have started.
    #[serde(with = "humantime_serde")]
    #[schemars(with = "Option<String>")]
    pub starts_after: Option<Duration>,
    /// Showtimes: how far ahead one may start.
    #[serde(with = "humantime_serde")]
    #[schemars(with = "Option<String>")]
    pub starts_before: Option<Duration>,
    /// Prices: amounts in major units.
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
