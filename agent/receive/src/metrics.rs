//! The metrics of a receiver: `fullhouse_receive_*`.

use liveness::build_info;
use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry, core::Collector,
};
use telemetry::TelemetryMetrics;

/// From 1 ms, a small transaction, to 16 s, a database that is overloaded.
const STORE_BUCKETS_SECONDS: [f64; 9] = [0.001, 0.004, 0.016, 0.06, 0.25, 1.0, 4.0, 8.0, 16.0];
/// From a single event to several full requests.
const BATCH_BUCKETS_EVENTS: [f64; 8] = [1.0, 5.0, 20.0, 100.0, 500.0, 1000.0, 2000.0, 4000.0];

/// The metrics of one receiver.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// What `/metrics` shows.
    pub registry: Registry,
    /// `fullhouse_receive_requests_total{status}`: answered requests by HTTP status.
    pub requests: IntCounterVec,
    /// `fullhouse_receive_events_total{result}`: events by result: `ok`, `duplicate`, `rejected`, `retry`,
    /// or `limited`, which were turned away because their key sent too many.
    pub events: IntCounterVec,
    /// `fullhouse_receive_rejected_total{kind}`: rejected events by the class of their reason.
    pub rejected: IntCounterVec,
    /// `fullhouse_receive_rejects_dropped_total`: rejected events that are counted but not kept, because
    /// their key had too many in a minute or the database did not take them.
    pub rejects_dropped: IntCounter,
    /// `fullhouse_receive_store_duration_seconds`: one transaction with its look-ups, failed ones included.
    pub store_duration: Histogram,
    /// `fullhouse_receive_batch_events`: events in one transaction.
    pub batch_events: Histogram,
    /// `fullhouse_receive_in_flight_bytes`: what requests take of `receive.memory`.
    pub in_flight: IntGauge,
    /// `fullhouse_receive_backlog_events`: events that wait for their commit. A rising value means that the
    /// database is slow or away.
    pub backlog: IntGauge,
    /// What became of spans.
    pub telemetry: TelemetryMetrics,
}

impl Metrics {
    /// Creates the metrics in a registry of their own.
    ///
    /// # Errors
    ///
    /// If two metrics have the same name, which a test excludes.
    pub fn new() -> prometheus::Result<Self> {
        let labelled = |name: &str, help: &str, label: &str| {
            IntCounterVec::new(Opts::new(name, help), &[label])
        };
        let histogram = |name: &str, help: &str, buckets: &[f64]| {
            Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets.to_vec()))
        };
        let registry = Registry::new();
        let metrics = Self {
            requests: labelled(
                "fullhouse_receive_requests_total",
                "Answered requests by HTTP status.",
                "status",
            )?,
            events: labelled(
                "fullhouse_receive_events_total",
                "Events by result: ok, duplicate, rejected, retry, limited.",
                "result",
            )?,
            rejected: labelled(
                "fullhouse_receive_rejected_total",
                "Rejected events by the class of their reason.",
                "kind",
            )?,
            rejects_dropped: IntCounter::new(
                "fullhouse_receive_rejects_dropped_total",
                "Rejected events that are counted but not kept.",
            )?,
            store_duration: histogram(
                "fullhouse_receive_store_duration_seconds",
                "One transaction with its look-ups, failed ones included.",
                &STORE_BUCKETS_SECONDS,
            )?,
            batch_events: histogram(
                "fullhouse_receive_batch_events",
                "Events in one transaction.",
                &BATCH_BUCKETS_EVENTS,
            )?,
            in_flight: IntGauge::new(
                "fullhouse_receive_in_flight_bytes",
                "What requests take of receive.memory.",
            )?,
            backlog: IntGauge::new(
                "fullhouse_receive_backlog_events",
                "Events that wait for their commit.",
            )?,
            telemetry: TelemetryMetrics::register(&registry)?,
            registry,
        };
        metrics.register()?;
        Ok(metrics)
    }

    fn register(&self) -> prometheus::Result<()> {
        build_info::register(&self.registry)?;
        let collectors: [Box<dyn Collector>; 8] = [
            Box::new(self.requests.clone()),
            Box::new(self.events.clone()),
            Box::new(self.rejected.clone()),
            Box::new(self.rejects_dropped.clone()),
            Box::new(self.store_duration.clone()),
            Box::new(self.batch_events.clone()),
            Box::new(self.in_flight.clone()),
            Box::new(self.backlog.clone()),
        ];
        for collector in collectors {
            self.registry.register(collector)?;
        }
        Ok(())
    }

    /// Counts events with a result.
    pub(crate) fn count(&self, result: &str, events: usize) {
        if events > 0 {
            let counter = self.events.with_label_values(&[result]);
            counter.inc_by(events as u64);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_name_has_its_prefix_and_its_unit() {
        let metrics = Metrics::new().unwrap();
        metrics.requests.with_label_values(&["200"]);
        metrics.events.with_label_values(&["ok"]);
        metrics.rejected.with_label_values(&["malformed"]);
        let families = metrics.registry.gather();
        assert_eq!(families.len(), 10);
        for family in families {
            let name = family.name();
            assert!(name.starts_with("fullhouse_"), "{name}");
            let is_counter = family.get_field_type() == prometheus::proto::MetricType::COUNTER;
            assert_eq!(name.ends_with("_total"), is_counter, "{name}");
        }
    }
}
