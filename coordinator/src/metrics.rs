//! What the coordinator shows to Prometheus.

use std::collections::{BTreeMap, HashMap};

use prometheus::{
    GaugeVec, IntCounter, IntGauge, IntGaugeVec, Registry, register_gauge_vec_with_registry,
    register_int_counter_with_registry, register_int_gauge_vec_with_registry,
    register_int_gauge_with_registry,
};
use schema::{fleet::LivingPod, rollup::Rollup, seal::Sealed};

use crate::schedule::Census;

/// All words for the health of a source.
const HEALTH: [&str; 5] = ["healthy", "degraded", "quarantined", "blocked", "paused"];

/// The coordinator's metrics; cloned handles count into the same.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// `fullhouse_leader`: 1 in the coordinator that leads, else 0; the sum over the fleet should be 1.
    pub leader: IntGauge,
    /// `fullhouse_enqueue_tasks_total`: tasks placed in the queue.
    pub enqueued_tasks: IntCounter,
    /// `fullhouse_rescue_claims_total`: claims of dead pods given back.
    pub rescued_claims: IntCounter,
    /// `fullhouse_schedule_tasks{state}`: `all`; `ready`: due, but without a permit or an agent; `outstanding`: queued or running.
    schedule_tasks: IntGaugeVec,
    /// `fullhouse_schedule_capacity_agents`: jobs that the pods can run at a time; less than outstanding plus ready means that more pods would help.
    capacity: IntGauge,
    /// `fullhouse_source_health{source, health}`: 1 for the word that holds of `healthy`, `degraded`, `quarantined`, `blocked` and `paused`, else 0; a person is needed where it is not `healthy` for long.
    source_health: IntGaugeVec,
    /// `fullhouse_limit_breakers_open`: limit keys whose host is in trouble.
    open_breakers: IntGauge,
    /// `fullhouse_limit_slowed`: limit keys that are given less than their rate, because their source asks for less.
    slowed_keys: IntGauge,
    /// `fullhouse_limit_rate_share{limit_key_id}`: share of its rate that a limit key is given, 0 to 1.
    rate_share: GaugeVec,
    /// `fullhouse_schedule_isolated_tasks`: tasks that are not placed any more because their pod died each time; a person is needed while it is not 0.
    isolated: IntGauge,
    /// `fullhouse_fleet_agents_wanted`: agents that the work which the limits permit could keep busy; for autoscaling.
    agents_wanted: IntGauge,
    /// `fullhouse_fleet_pods{version, state}`: living pods by the version of their program; `claiming` or `draining`.
    pods: IntGaugeVec,
    /// `fullhouse_fleet_agents_busy`: agents that were busy at the last heartbeats; over `fullhouse_schedule_capacity_agents` it is the saturation.
    agents_busy: IntGauge,
    /// `fullhouse_seal_showtimes_total`: showtimes that were sealed.
    sealed_showtimes: IntCounter,
    /// `fullhouse_seal_seat_records_total`: seats of all snapshots that were sealed.
    sealed_seat_records: IntCounter,
    /// `fullhouse_seal_refused_showtimes`: showtimes that the last pass left as they were, because they would not come out of the seal as they went in; a person is needed while it is not 0.
    refused_showtimes: IntGauge,
    /// `fullhouse_partition_retired_total`: partitions dropped or moved.
    pub retired_partitions: IntCounter,
    /// `fullhouse_rollup_buckets_total`: buckets of rollups that were computed again.
    pub refreshed_buckets: IntCounter,
    /// `fullhouse_rollup_entries{rollup}`: entries of the log, and buckets, that a rollup has not read yet.
    rollup_entries: IntGaugeVec,
    /// `fullhouse_rollup_lag_seconds{rollup}`: age of the oldest of these; a person is needed where it grows.
    rollup_lag: GaugeVec,
    /// `fullhouse_rollup_set_aside`: rollups that are not kept up because their query failed; a person is needed while it is not 0.
    rollups_aside: IntGauge,
}

impl Metrics {
    /// Makes and registers them.
    ///
    /// # Errors
    ///
    /// If a name is registered already.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let gauge = |name, help| register_int_gauge_with_registry!(name, help, registry);
        let counter = |name, help| register_int_counter_with_registry!(name, help, registry);
        let gauges = |name, help, labels: &[&str]| {
            register_int_gauge_vec_with_registry!(name, help, labels, registry)
        };
        let fractions = |name, help, labels: &[&str]| {
            register_gauge_vec_with_registry!(name, help, labels, registry)
        };
        Ok(Self {
            leader: gauge("fullhouse_leader", "1 in the coordinator that leads")?,
            enqueued_tasks: counter("fullhouse_enqueue_tasks_total", "Tasks placed in the queue")?,
            rescued_claims: counter(
                "fullhouse_rescue_claims_total",
                "Claims of dead pods given back",
            )?,
            schedule_tasks: gauges(
                "fullhouse_schedule_tasks",
                "Tasks in the leader's schedule",
                &["state"],
            )?,
            capacity: gauge(
                "fullhouse_schedule_capacity_agents",
                "Jobs that the pods can run at a time",
            )?,
            source_health: gauges(
                "fullhouse_source_health",
                "What the answers of each source are like",
                &["source", "health"],
            )?,
            open_breakers: gauge(
                "fullhouse_limit_breakers_open",
                "Limit keys whose host is in trouble",
            )?,
            slowed_keys: gauge(
                "fullhouse_limit_slowed",
                "Limit keys that are given less than their rate",
            )?,
            rate_share: fractions(
                "fullhouse_limit_rate_share",
                "Share of its rate that a limit key is given",
                &["limit_key_id"],
            )?,
            isolated: gauge(
                "fullhouse_schedule_isolated_tasks",
                "Tasks that are not placed any more because their pod died each time",
            )?,
            agents_wanted: gauge(
                "fullhouse_fleet_agents_wanted",
                "Agents that the work which the limits permit could keep busy",
            )?,
            pods: gauges("fullhouse_fleet_pods", "Living pods", &["version", "state"])?,
            agents_busy: gauge(
                "fullhouse_fleet_agents_busy",
                "Agents that were busy at the last heartbeats",
            )?,
            sealed_showtimes: counter(
                "fullhouse_seal_showtimes_total",
                "Showtimes that were sealed",
            )?,
            sealed_seat_records: counter(
                "fullhouse_seal_seat_records_total",
                "Seats of all snapshots that were sealed",
            )?,
            refused_showtimes: gauge(
                "fullhouse_seal_refused_showtimes",
                "Showtimes that the last pass left as they were",
            )?,
            retired_partitions: counter(
                "fullhouse_partition_retired_total",
                "Partitions dropped or moved",
            )?,
            refreshed_buckets: counter(
                "fullhouse_rollup_buckets_total",
                "Buckets of rollups that were computed again",
            )?,
            rollup_entries: gauges(
                "fullhouse_rollup_entries",
                "Entries and buckets that a rollup has not read yet",
                &["rollup"],
            )?,
            rollup_lag: fractions(
                "fullhouse_rollup_lag_seconds",
                "Age of the oldest entry that a rollup has not read yet",
                &["rollup"],
            )?,
            rollups_aside: gauge(
                "fullhouse_rollup_set_aside",
                "Rollups that are not kept up because their query failed",
            )?,
        })
    }

    /// Shows which word holds of each source.
    pub fn observe_health<'a>(&self, sources: impl IntoIterator<Item = (&'a str, &'static str)>) {
        for (source, word) in sources {
            for health in HEALTH {
                let gauge = self.source_health.with_label_values(&[source, health]);
                gauge.set(i64::from(health == word));
            }
        }
    }

    /// Shows what a pass has sealed.
    pub fn observe_sealed(&self, sealed: &Sealed) {
        self.sealed_showtimes.inc_by(sealed.showtimes);
        self.sealed_seat_records.inc_by(sealed.seat_records);
        let refused = i64::try_from(sealed.refused.len()).unwrap_or(i64::MAX);
        self.refused_showtimes.set(refused);
    }

    /// Shows how far each rollup is behind.
    pub fn observe_rollups(&self, rollups: &[Rollup]) {
        // One that was dropped shall not stay.
        self.rollup_entries.reset();
        self.rollup_lag.reset();
        for rollup in rollups {
            let entries = self.rollup_entries.with_label_values(&[&rollup.name]);
            entries.set(rollup.entries);
            let lag = self.rollup_lag.with_label_values(&[&rollup.name]);
            lag.set(rollup.lag_seconds);
        }
        let aside = rollups.iter().filter(|rollup| rollup.last_error.is_some());
        self.rollups_aside
            .set(i64::try_from(aside.count()).unwrap_or(i64::MAX));
    }

    /// Shows how many tasks are isolated.
    pub fn observe_isolated(&self, tasks: i64) {
        self.isolated.set(tasks);
    }

    /// Shows what share of its rate each limit key is given.
    pub fn observe_shares(&self, shares: HashMap<i32, f64>) {
        for (limit_key_id, share) in shares {
            let gauge = self
                .rate_share
                .with_label_values(&[limit_key_id.to_string()]);
            gauge.set(share);
        }
    }

    /// Shows the pods that live, and how many agents are wanted.
    pub fn observe_fleet(&self, agents_wanted: i32, pods: &[LivingPod]) {
        self.agents_wanted.set(i64::from(agents_wanted));
        let busy = pods.iter().map(|pod| i64::from(pod.agents_busy)).sum();
        self.agents_busy.set(busy);
        let mut counts: BTreeMap<(&str, &str), i64> = BTreeMap::new();
        for pod in pods {
            let state = if pod.draining { "draining" } else { "claiming" };
            *counts.entry((&pod.version, state)).or_default() += 1;
        }
        // A version that is gone shall not stay.
        self.pods.reset();
        for ((version, state), count) in counts {
            self.pods.with_label_values(&[version, state]).set(count);
        }
    }

    /// Shows the state of the schedule.
    pub fn observe(&self, census: &Census, capacity: usize) {
        let gauge = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
        for (state, count) in [
            ("all", census.tasks),
            ("ready", census.ready),
            ("outstanding", census.outstanding),
        ] {
            self.schedule_tasks
                .with_label_values(&[state])
                .set(gauge(count));
        }
        self.capacity.set(gauge(capacity));
        self.open_breakers.set(gauge(census.open_breakers));
        self.slowed_keys.set(gauge(census.slowed_keys));
    }
}
