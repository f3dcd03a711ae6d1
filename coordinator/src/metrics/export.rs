//! Metrics of exports.

use prometheus::{IntCounter, IntGaugeVec, Opts, Registry};

/// How far the export of the leader is.
#[derive(Debug, Clone)]
pub struct ExportMetrics {
    /// `fullhouse_export_written_total`: days of data sets that were written, for the first time or again.
    pub days: IntCounter,
    /// `fullhouse_export_rows_total`: their rows.
    pub rows: IntCounter,
    /// `fullhouse_export_failures_total`: exports that ended early; a person is needed where it keeps growing.
    pub failures: IntCounter,
    /// `fullhouse_export_backlog{data_set}`: complete days that are to be exported; they hold partitions.
    waiting: IntGaugeVec,
}

impl ExportMetrics {
    /// Makes and registers them.
    ///
    /// # Errors
    ///
    /// If a name is registered already.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let metrics = Self {
            days: IntCounter::new(
                "fullhouse_export_written_total",
                "Days of data sets that were written",
            )?,
            rows: IntCounter::new("fullhouse_export_rows_total", "Rows that were written")?,
            failures: IntCounter::new(
                "fullhouse_export_failures_total",
                "Exports that ended early",
            )?,
            waiting: IntGaugeVec::new(
                Opts::new(
                    "fullhouse_export_backlog",
                    "Complete days that are to be exported",
                ),
                &["data_set"],
            )?,
        };
        registry.register(Box::new(metrics.days.clone()))?;
        registry.register(Box::new(metrics.rows.clone()))?;
        registry.register(Box::new(metrics.failures.clone()))?;
        registry.register(Box::new(metrics.waiting.clone()))?;
        Ok(metrics)
    }

    /// Shows how many days of a data set wait.
    pub fn observe_waiting(&self, data_set: &str, days: usize) {
        let gauge = self.waiting.with_label_values(&[data_set]);
        gauge.set(i64::try_from(days).unwrap_or(i64::MAX));
    }
}
