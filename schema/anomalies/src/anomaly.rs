//! Output of a run.

use crate::{cause::Cause, metric::Metric, subject::Subject};

/// A value that is not what was expected.
#[derive(Debug, Clone, PartialEq)]
pub struct Anomaly {
    /// What it is about.
    pub subject: Subject,
    /// What deviates.
    pub metric: Metric,
    /// What was expected.
    pub expected: f64,
    /// What was observed.
    pub observed: f64,
    /// Minus the decimal logarithm of the p-value.
    pub score: f64,
    /// The false discovery rate of a run that reports it and all that score at least as high.
    pub q_value: f64,
    /// Why, as far as the figures show.
    pub cause: Cause,
    /// The evidence in words.
    pub reason: String,
    /// Smaller subjects that deviate in the same way; some of them, where there are many.
    pub parts: Vec<Subject>,
    /// The number of the one that was found before, if it goes on.
    pub continues: Option<i32>,
}

/// What one run found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// Anomalies, the most certain first.
    pub anomalies: Vec<Anomaly>,
    /// Tests that were made.
    pub tests: usize,
    /// Anomalies that are not reported because a person rejected them lately.
    pub quiet: usize,
    /// Deviations of aggregates that an anomaly of a part, or a market event, explains.
    pub explained: usize,
}
