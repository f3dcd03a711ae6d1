//! Actions on experiments.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An experiment that a person begins.
#[derive(Debug, Clone, PartialEq)]
pub struct BeginExperiment {
    /// Its name.
    pub name: String,
    /// The client whose users it is about.
    pub client: String,
    /// The event that says which variation a user sees, by its canonical name.
    pub exposure_event: String,
    /// The property of that event that names the variation.
    pub property: String,
    /// Values of the property with their weights; the first is the control.
    pub variations: Vec<(String, f64)>,
    /// What is measured of each user.
    pub metrics: Vec<WantedMetric>,
    /// How long ago it began: later exposures count.
    pub began_ago: Duration,
    /// What a user does for this long after its first exposure counts.
    pub conversion_window: Duration,
    /// What a user did for this long before its first exposure reduces the variance.
    pub covariate_window: Duration,
}

/// What is measured of each user of an experiment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedMetric {
    /// Its name.
    #[schema(min_length = 1, max_length = 100, example = "bought")]
    pub name: String,
    /// What is measured.
    pub kind: MetricKind,
    /// Which direction is better.
    #[serde(default)]
    pub goal: MetricGoal,
    /// The event that is counted, by its canonical name.
    #[schema(min_length = 1, max_length = 200, example = "ticket bought")]
    pub event: String,
    /// The property that is summed, for `sum`.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 200)]
    pub property: Option<String>,
}

/// What a metric measures of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MetricKind {
    /// Whether the user did it.
    Share,
    /// How often.
    Count,
    /// The sum of a number in it.
    Sum,
}

impl MetricKind {
    /// The word as the database has it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Share => "share",
            Self::Count => "count",
            Self::Sum => "sum",
        }
    }
}

/// Which direction of a metric is better.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MetricGoal {
    /// More.
    #[default]
    Increase,
    /// Less.
    Decrease,
}

impl MetricGoal {
    /// The word as the database has it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Increase => "increase",
            Self::Decrease => "decrease",
        }
    }
}

impl BeginExperiment {
    /// The texts that a person gave.
    #[must_use]
    pub fn texts(&self) -> Vec<&str> {
        let metrics = self.metrics.iter().flat_map(|metric| {
            [&metric.name, &metric.event]
                .into_iter()
                .chain(&metric.property)
        });
        [
            &self.name,
            &self.client,
            &self.exposure_event,
            &self.property,
        ]
        .into_iter()
        .chain(self.variations.iter().map(|(value, _)| value))
        .chain(metrics)
        .map(String::as_str)
        .collect()
    }
}
