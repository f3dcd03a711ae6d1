//! Metrics of maintenance: what is sealed, retired, computed and refreshed.

use prometheus::{IntCounter, IntCounterVec, IntGauge, Opts, Registry};
use schema::{events::seal::SealedEvents, materialise::Batch, refresh::Outcome, seal::Sealed};

/// Metrics of sealing, retirement, computed columns and view refreshes.
#[derive(Debug, Clone)]
pub struct MaintenanceMetrics {
    /// `fullhouse_seal_showtimes_total`: showtimes that were sealed.
    sealed_showtimes: IntCounter,
    /// `fullhouse_seal_seat_records_total`: seats of all snapshots that were sealed.
    sealed_seat_records: IntCounter,
    /// `fullhouse_seal_refused_showtimes`: showtimes that the last two passes left as they were, because they would not come out of the seal as they went in; a person is needed while it is not 0.
    refused_showtimes: IntGauge,
    /// `fullhouse_seal_events_total`: events that were sealed.
    sealed_events: IntCounter,
    /// `fullhouse_seal_refused_events`: names of events and days of which the last pass left events live, because they would not come out of the seal as they went in; a person is needed while it is not 0.
    refused_events: IntGauge,
    /// `fullhouse_partition_retired_total`: partitions dropped or moved.
    retired_partitions: IntCounter,
    /// `fullhouse_materialise_rows_total{table, outcome}`: rows whose columns were `computed` or `backfilled`, that `failed`, or that failed too often and are `set_aside`; a person is needed for the last.
    materialised_rows: IntCounterVec,
    /// `fullhouse_refresh_views_total{view, outcome}`: refreshes of materialised views: `refreshed`, `terminated`, `failed`.
    refreshed_views: IntCounterVec,
}

impl MaintenanceMetrics {
    /// Makes and registers them.
    ///
    /// # Errors
    ///
    /// If a name is registered already.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let metrics = Self {
            sealed_showtimes: IntCounter::new(
                "fullhouse_seal_showtimes_total",
                "Showtimes that were sealed",
            )?,
            sealed_seat_records: IntCounter::new(
                "fullhouse_seal_seat_records_total",
                "Seats of all snapshots that were sealed",
            )?,
            refused_showtimes: IntGauge::new(
                "fullhouse_seal_refused_showtimes",
                "Showtimes that the last two passes left as they were",
            )?,
            sealed_events: IntCounter::new(
                "fullhouse_seal_events_total",
                "Events that were sealed",
            )?,
            refused_events: IntGauge::new(
                "fullhouse_seal_refused_events",
                "Names of events and days of which the last pass left events live",
            )?,
            retired_partitions: IntCounter::new(
                "fullhouse_partition_retired_total",
                "Partitions dropped or moved",
            )?,
            materialised_rows: IntCounterVec::new(
                Opts::new(
                    "fullhouse_materialise_rows_total",
                    "Rows whose columns were computed",
                ),
                &["table", "outcome"],
            )?,
            refreshed_views: IntCounterVec::new(
                Opts::new(
                    "fullhouse_refresh_views_total",
                    "Refreshes of materialised views",
                ),
                &["view", "outcome"],
            )?,
        };
        registry.register(Box::new(metrics.sealed_showtimes.clone()))?;
        registry.register(Box::new(metrics.sealed_seat_records.clone()))?;
        registry.register(Box::new(metrics.refused_showtimes.clone()))?;
        registry.register(Box::new(metrics.sealed_events.clone()))?;
        registry.register(Box::new(metrics.refused_events.clone()))?;
        registry.register(Box::new(metrics.retired_partitions.clone()))?;
        registry.register(Box::new(metrics.materialised_rows.clone()))?;
        registry.register(Box::new(metrics.refreshed_views.clone()))?;
        Ok(metrics)
    }

    /// Shows what a pass has sealed.
    pub fn observe_sealed(&self, sealed: &Sealed) {
        self.sealed_showtimes.inc_by(sealed.showtimes);
        self.sealed_seat_records.inc_by(sealed.seat_records);
        let refused = i64::try_from(sealed.refused.len()).unwrap_or(i64::MAX);
        self.refused_showtimes.set(refused);
    }

    /// Shows what a pass has sealed of events.
    pub fn observe_sealed_events(&self, sealed: &SealedEvents) {
        self.sealed_events.inc_by(sealed.events);
        let refused = i64::try_from(sealed.refused.len()).unwrap_or(i64::MAX);
        self.refused_events.set(refused);
    }

    /// Counts partitions that were dropped or moved.
    pub fn observe_retired(&self, partitions: usize) {
        self.retired_partitions.inc_by(partitions as u64);
    }

    /// Counts what a batch of computed columns did.
    pub fn observe_materialised(&self, table: &str, done: &Batch) {
        for (outcome, rows) in [
            ("computed", done.computed),
            ("backfilled", done.backfilled),
            ("failed", done.failed),
            ("set_aside", done.set_aside),
        ] {
            self.materialised_rows
                .with_label_values(&[table, outcome])
                .inc_by(u64::try_from(rows).unwrap_or(0));
        }
    }

    /// Counts a refresh; one that was given up before it began is none.
    pub fn observe_refresh(&self, view: &str, outcome: Outcome) {
        let word = match outcome {
            Outcome::Refreshed => "refreshed",
            Outcome::Terminated => "terminated",
            Outcome::Failed => "failed",
            Outcome::Superseded => return,
        };
        self.refreshed_views.with_label_values(&[view, word]).inc();
    }
}
