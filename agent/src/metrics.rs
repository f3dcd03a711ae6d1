//! The metrics of a pod: `fullhouse_*`, named after the steps of the pipeline.

use liveness::build_info;
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry, core::Collector,
};
use telemetry::TelemetryMetrics;

/// From 0.5 ms, a claim in an idle queue, to 8 s, a database that is overloaded.
const DATABASE_BUCKETS_SECONDS: [f64; 8] = [0.0005, 0.002, 0.008, 0.03, 0.12, 0.5, 2.0, 8.0];
/// From 1 ms, the goal for the median, to a minute of waiting.
const QUEUED_BUCKETS_SECONDS: [f64; 9] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.5, 2.0, 10.0, 60.0];
/// From 10 ms to 40 s in steps of four: a cache hit to a full timeout.
const FETCH_BUCKETS_SECONDS: [f64; 7] = [0.01, 0.04, 0.16, 0.64, 2.5, 10.0, 40.0];
/// From 50 µs, a small map on a compiled path, to 0.2 s, a huge page.
const EXTRACT_BUCKETS_SECONDS: [f64; 7] = [0.00005, 0.0002, 0.0008, 0.003, 0.012, 0.05, 0.2];

/// The metrics of one pod.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// What `/metrics` shows.
    pub registry: Registry,
    /// `fullhouse_claim_tasks_total`: tasks claimed.
    pub claim_tasks: IntCounter,
    /// `fullhouse_claim_duration_seconds`: one claim statement, empty ones included.
    pub claim_duration: Histogram,
    /// `fullhouse_claim_queued_seconds`: placed in the queue to handed to an agent.
    pub claim_queued: Histogram,
    /// `fullhouse_agent_slots{state}`: agents that are `busy` or `free`. If no agent is free for
    /// long, the pod is the bottleneck.
    pub agent_slots: IntGaugeVec,
    /// `fullhouse_permit_returned_total`: jobs returned unrun, because their permit ended first,
    /// their limit key was paused, or their pod was stopped.
    pub permit_returned: IntCounter,
    /// `fullhouse_fetch_duration_seconds{source, outcome}`: request sent to body complete.
    ///
    /// `outcome` is `ok`, `unchanged` (304) or [`ErrorClass::label`](schema::enums::ErrorClass::label).
    pub fetch_duration: HistogramVec,
    /// `fullhouse_fetch_bytes_total`: bytes of bodies after decompression.
    pub fetch_bytes: IntCounter,
    /// `fullhouse_fetch_saved_bytes_total`: bytes of bodies that sources did not send again
    /// because nothing had changed.
    pub fetch_saved_bytes: IntCounter,
    /// `fullhouse_conversations_waiting`: conversations that wait for their next job.
    /// A rising value means that limits leave no permits for further requests.
    pub conversations: IntGauge,
    /// `fullhouse_memory_taken_bytes`: the part of `agent.memory` that answers take.
    pub memory_taken: IntGauge,
    /// `fullhouse_memory_refused_total{reason}`: answers without memory: they needed more than the
    /// `share` of their source, their source was `busy`, their pod was `full`, or they `stalled`
    /// while others waited.
    pub memory_refused: IntCounterVec,
    /// `fullhouse_job_timed_out_total`: jobs that took longer than all their requests and
    /// `agent.processing_timeout` together.
    pub job_timed_out: IntCounter,
    /// `fullhouse_extract_duration_seconds`: bytes to rows.
    pub extract_duration: Histogram,
    /// `fullhouse_extract_seats_total`: seats extracted.
    pub extract_seats: IntCounter,
    /// `fullhouse_extract_gaps_total`: rows of answers that could not be read or that moved
    /// between pages; nothing that is absent from such answers counts as removed.
    pub extract_gaps: IntCounter,
    /// `fullhouse_archive_bodies_total{result}`: bodies of answers that were `stored` in the archive,
    /// `known` to it, or not archived, because the pod had written its bytes of the hour
    /// (`over_budget`), wrote others (`busy`), or the archive did not take them (`unreachable`).
    pub archive_bodies: IntCounterVec,
    /// `fullhouse_archive_bytes_total`: bytes written to the archive.
    pub archive_bytes: IntCounter,
    /// `fullhouse_store_snapshots_total{result}`: `stored`, or `unchanged` since the last.
    pub store_snapshots: IntCounterVec,
    /// `fullhouse_store_seats_total`: seat records in stored snapshots.
    pub store_seats: IntCounter,
    /// `fullhouse_over_cap_total{what}`: results that were not stored because their source would
    /// have had more `tasks` or `layouts` than it may.
    pub over_cap: IntCounterVec,
    /// `fullhouse_store_duration_seconds`: one transaction, failed ones included.
    pub store_duration: Histogram,
    /// `fullhouse_store_backlog`: results that wait to be stored. A rising value means
    /// that the database is slow or away.
    pub store_backlog: IntGauge,
    /// `fullhouse_store_refused_total`: results that came after their lease had ended.
    pub store_refused: IntCounter,
    /// `fullhouse_store_dropped_total{reason}`: results that were dropped unwritten, and whose
    /// tasks run again: `lease_lost` while they were retried, or `refused` by the database for
    /// longer than they are retried.
    pub store_dropped: IntCounterVec,
    /// What became of spans.
    pub telemetry: TelemetryMetrics,
}

impl Metrics {
    /// Creates the metrics in a registry of their own.
    ///
    /// # Errors
    ///
    /// If two metrics have the same name, which a test excludes.
    #[expect(clippy::too_many_lines, reason = "a list of metrics")]
    pub fn new() -> prometheus::Result<Self> {
        let registry = Registry::new();
        build_info::register(&registry)?;
        let counter = |name: &str, help: &str| IntCounter::new(name, help);
        let histogram = |name: &str, help: &str, buckets: &[f64]| {
            Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets.to_vec()))
        };
        let metrics = Self {
            claim_tasks: counter("fullhouse_claim_tasks_total", "Tasks claimed.")?,
            claim_duration: histogram(
                "fullhouse_claim_duration_seconds",
                "One claim statement, empty ones included.",
                &DATABASE_BUCKETS_SECONDS,
            )?,
            claim_queued: histogram(
                "fullhouse_claim_queued_seconds",
                "Placed in the queue to handed to an agent.",
                &QUEUED_BUCKETS_SECONDS,
            )?,
            agent_slots: IntGaugeVec::new(
                Opts::new("fullhouse_agent_slots", "Agents by state: busy or free."),
                &["state"],
            )?,
            permit_returned: counter(
                "fullhouse_permit_returned_total",
                "Jobs returned unrun, because their permit ended first, their limit key was paused, or their pod was stopped.",
            )?,
            fetch_duration: HistogramVec::new(
                HistogramOpts::new(
                    "fullhouse_fetch_duration_seconds",
                    "Request sent to body complete.",
                )
                .buckets(FETCH_BUCKETS_SECONDS.to_vec()),
                &["source", "outcome"],
            )?,
            fetch_bytes: counter(
                "fullhouse_fetch_bytes_total",
                "Bytes of bodies after decompression.",
            )?,
            fetch_saved_bytes: counter(
                "fullhouse_fetch_saved_bytes_total",
                "Bytes of bodies that sources did not send again.",
            )?,
            conversations: IntGauge::new(
                "fullhouse_conversations_waiting",
                "Conversations that wait for their next job.",
            )?,
            memory_taken: IntGauge::new(
                "fullhouse_memory_taken_bytes",
                "What answers take of agent.memory.",
            )?,
            memory_refused: IntCounterVec::new(
                Opts::new(
                    "fullhouse_memory_refused_total",
                    "Answers that found no memory, by reason: share, busy, full or stalled.",
                ),
                &["reason"],
            )?,
            job_timed_out: counter(
                "fullhouse_job_timed_out_total",
                "Jobs that took longer than all their requests and agent.processing_timeout together.",
            )?,
            extract_duration: histogram(
                "fullhouse_extract_duration_seconds",
                "Bytes to rows.",
                &EXTRACT_BUCKETS_SECONDS,
            )?,
            extract_seats: counter("fullhouse_extract_seats_total", "Seats extracted.")?,
            extract_gaps: counter(
                "fullhouse_extract_gaps_total",
                "Rows of answers that could not be read, or that moved between pages.",
            )?,
            store_snapshots: IntCounterVec::new(
                Opts::new(
                    "fullhouse_store_snapshots_total",
                    "Observations of seats: stored, or unchanged since the last.",
                ),
                &["result"],
            )?,
            store_seats: counter(
                "fullhouse_store_seats_total",
                "Seat records in stored snapshots.",
            )?,
            over_cap: IntCounterVec::new(
                Opts::new(
                    "fullhouse_over_cap_total",
                    "Results that were not stored because their source would have more tasks or layouts than it may.",
                ),
                &["what"],
            )?,
            archive_bodies: IntCounterVec::new(
                Opts::new(
                    "fullhouse_archive_bodies_total",
                    "Bodies of answers by what became of them: stored, known, over_budget, busy, unreachable.",
                ),
                &["result"],
            )?,
            archive_bytes: counter(
                "fullhouse_archive_bytes_total",
                "Bytes written to the archive.",
            )?,
            store_duration: histogram(
                "fullhouse_store_duration_seconds",
                "One transaction, failed ones included.",
                &DATABASE_BUCKETS_SECONDS,
            )?,
            store_backlog: IntGauge::new(
                "fullhouse_store_backlog",
                "Results that wait to be stored.",
            )?,
            store_refused: counter(
                "fullhouse_store_refused_total",
                "Results that came after their lease had ended.",
            )?,
            store_dropped: IntCounterVec::new(
                Opts::new(
                    "fullhouse_store_dropped_total",
                    "Results that were dropped unwritten: their lease was lost while they were retried, or the database refused them for too long.",
                ),
                &["reason"],
            )?,
            telemetry: TelemetryMetrics::register(&registry)?,
            registry,
        };
        for collector in metrics.collectors() {
            metrics.registry.register(collector)?;
        }
        Ok(metrics)
    }

    fn collectors(&self) -> [Box<dyn Collector>; 24] {
        [
            Box::new(self.claim_tasks.clone()),
            Box::new(self.claim_duration.clone()),
            Box::new(self.claim_queued.clone()),
            Box::new(self.agent_slots.clone()),
            Box::new(self.permit_returned.clone()),
            Box::new(self.fetch_duration.clone()),
            Box::new(self.fetch_bytes.clone()),
            Box::new(self.fetch_saved_bytes.clone()),
            Box::new(self.conversations.clone()),
            Box::new(self.memory_taken.clone()),
            Box::new(self.memory_refused.clone()),
            Box::new(self.job_timed_out.clone()),
            Box::new(self.extract_duration.clone()),
            Box::new(self.extract_seats.clone()),
            Box::new(self.extract_gaps.clone()),
            Box::new(self.archive_bodies.clone()),
            Box::new(self.archive_bytes.clone()),
            Box::new(self.store_snapshots.clone()),
            Box::new(self.store_seats.clone()),
            Box::new(self.over_cap.clone()),
            Box::new(self.store_duration.clone()),
            Box::new(self.store_backlog.clone()),
            Box::new(self.store_refused.clone()),
            Box::new(self.store_dropped.clone()),
        ]
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_name_has_its_prefix_and_its_unit() {
        let metrics = Metrics::new().unwrap();
        metrics.fetch_duration.with_label_values(&["a", "ok"]);
        metrics.agent_slots.with_label_values(&["busy"]);
        metrics.store_snapshots.with_label_values(&["stored"]);
        metrics.memory_refused.with_label_values(&["share"]);
        metrics.archive_bodies.with_label_values(&["stored"]);
        metrics.over_cap.with_label_values(&["tasks"]);
        metrics.store_dropped.with_label_values(&["refused"]);
        let families = metrics.registry.gather();
        assert_eq!(families.len(), 26);
        for family in families {
            let name = family.name();
            assert!(name.starts_with("fullhouse_"), "{name}");
            let is_counter = family.get_field_type() == prometheus::proto::MetricType::COUNTER;
            assert_eq!(name.ends_with("_total"), is_counter, "{name}");
        }
    }
}
