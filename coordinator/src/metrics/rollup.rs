//! Metrics of rollups.

use prometheus::{GaugeVec, IntCounter, IntGauge, IntGaugeVec, Opts, Registry};
use schema::rollup::Rollup;

/// How far rollups are.
#[derive(Debug, Clone)]
pub struct RollupMetrics {
    /// `fullhouse_rollup_buckets_total`: buckets of rollups that were computed again.
    pub refreshed_buckets: IntCounter,
    /// `fullhouse_rollup_entries{rollup}`: entries of the log, and buckets, that a rollup has not read yet.
    entries: IntGaugeVec,
    /// `fullhouse_rollup_lag_seconds{rollup}`: age of the oldest of these; a person is needed where it grows.
    lag: GaugeVec,
    /// `fullhouse_rollup_set_aside`: rollups that are not kept up because their query failed; a person is needed while it is not 0.
    set_aside: IntGauge,
}

impl RollupMetrics {
    /// Makes and registers them.
    ///
    /// # Errors
    ///
    /// If a name is registered already.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let metrics = Self {
            refreshed_buckets: IntCounter::new(
                "fullhouse_rollup_buckets_total",
                "Buckets of rollups that were computed again",
            )?,
            entries: IntGaugeVec::new(
                Opts::new(
                    "fullhouse_rollup_entries",
                    "Entries and buckets that a rollup has not read yet",
                ),
                &["rollup"],
            )?,
            lag: GaugeVec::new(
                Opts::new(
                    "fullhouse_rollup_lag_seconds",
                    "Age of the oldest entry that a rollup has not read yet",
                ),
                &["rollup"],
            )?,
            set_aside: IntGauge::new(
                "fullhouse_rollup_set_aside",
                "Rollups that are not kept up because their query failed",
            )?,
        };
        registry.register(Box::new(metrics.refreshed_buckets.clone()))?;
        registry.register(Box::new(metrics.entries.clone()))?;
        registry.register(Box::new(metrics.lag.clone()))?;
        registry.register(Box::new(metrics.set_aside.clone()))?;
        Ok(metrics)
    }

    /// Shows how far each rollup is behind.
    pub fn observe(&self, rollups: &[Rollup]) {
        // Removes rollups that were dropped.
        self.entries.reset();
        self.lag.reset();
        for rollup in rollups {
            let name = [rollup.name.as_str()];
            self.entries.with_label_values(&name).set(rollup.entries);
            self.lag.with_label_values(&name).set(rollup.lag_seconds);
        }
        let aside = rollups.iter().filter(|rollup| rollup.last_error.is_some());
        self.set_aside
            .set(i64::try_from(aside.count()).unwrap_or(i64::MAX));
    }
}
