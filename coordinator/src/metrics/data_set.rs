//! Metrics of data sets.

use prometheus::{IntCounterVec, IntGaugeVec, Opts, Registry};
use schema::data_set::{BuildOutcome, StateCount};

/// How fresh data sets are, and how builds end.
#[derive(Debug, Clone)]
pub struct DataSetMetrics {
    /// `fullhouse_data_set_builds_total{data_set, outcome}`: builds that were `built` with new rows, `unchanged`, `failed`, `timed_out`, or `superseded` by another.
    builds: IntCounterVec,
    /// `fullhouse_data_set_days{data_set, state}`: days that are `built`, `building`, `due`, `waiting` for an input, `retrying` or `failed`; a person is needed for the last. Only the leader shows them.
    days: IntGaugeVec,
    /// `fullhouse_data_set_late_days{data_set}`: days that are not built although their deadline has passed.
    late_days: IntGaugeVec,
    /// `fullhouse_deliveries_total{destination, result}`: days that were `delivered`, `rejected` (but for some rows), `removed` from the destination, or `failed`.
    deliveries: IntCounterVec,
}

impl DataSetMetrics {
    /// Makes and registers them.
    ///
    /// # Errors
    ///
    /// If a name is registered already.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let metrics = Self {
            builds: IntCounterVec::new(
                Opts::new(
                    "fullhouse_data_set_builds_total",
                    "Builds of data sets by how they ended",
                ),
                &["data_set", "outcome"],
            )?,
            days: IntGaugeVec::new(
                Opts::new("fullhouse_data_set_days", "Days of data sets by state"),
                &["data_set", "state"],
            )?,
            late_days: IntGaugeVec::new(
                Opts::new(
                    "fullhouse_data_set_late_days",
                    "Days of data sets that are not built although their deadline has passed",
                ),
                &["data_set"],
            )?,
            deliveries: IntCounterVec::new(
                Opts::new(
                    "fullhouse_deliveries_total",
                    "Deliveries of days of data sets by how they ended",
                ),
                &["destination", "result"],
            )?,
        };
        registry.register(Box::new(metrics.deliveries.clone()))?;
        registry.register(Box::new(metrics.builds.clone()))?;
        registry.register(Box::new(metrics.days.clone()))?;
        registry.register(Box::new(metrics.late_days.clone()))?;
        Ok(metrics)
    }

    /// Counts a build.
    pub fn observe_build(&self, data_set: &str, outcome: BuildOutcome) {
        self.builds
            .with_label_values(&[data_set, outcome.word()])
            .inc();
    }

    /// Counts a delivery.
    pub fn observe_delivery(&self, destination: &str, result: &str) {
        self.deliveries
            .with_label_values(&[destination, result])
            .inc();
    }

    /// Shows the days of each data set by state.
    pub fn observe(&self, counts: &[StateCount]) {
        // Removes data sets and states that are gone.
        self.days.reset();
        self.late_days.reset();
        for count in counts {
            let name = count.name.as_str();
            self.days
                .with_label_values(&[name, count.state.as_str()])
                .set(count.days);
            self.late_days.with_label_values(&[name]).add(count.late);
        }
    }
}
