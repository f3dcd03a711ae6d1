//! Metrics of the coordinator for Prometheus.

mod alert;
mod data_set;
mod export;
mod pass;
mod rollup;
mod maintenance;

pub use self::{
    alert::{ActiveAlerts, AlertMetrics},
    data_set::DataSetMetrics,
    export::ExportMetrics,
    maintenance::MaintenanceMetrics,
    pass::{OnePass, PassMetrics},
    rollup::RollupMetrics,
};

use std::collections::{BTreeMap, HashMap};

use liveness::build_info;
use prometheus::{GaugeVec, IntCounter, IntGauge, IntGaugeVec, Opts, Registry};
use schema::fleet::LivingPod;
use telemetry::TelemetryMetrics;

use crate::schedule::ScheduleCounts;

/// All words for the health of a source.
const HEALTH: [&str; 5] = ["healthy", "degraded", "quarantined", "blocked", "paused"];

/// The coordinator's metrics; cloned handles count into the same.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// `fullhouse_leader`: 1 in the coordinator that leads, else 0; the sum over the fleet should be 1.
    leader: IntGauge,
    /// `fullhouse_leader_epoch`: number of the term of the coordinator that leads; the others show none. Where it grows often, coordinators lose their lease.
    epoch: IntGaugeVec,
    /// `fullhouse_enqueue_tasks_total`: tasks placed in the queue.
    pub enqueued_tasks: IntCounter,
    /// `fullhouse_enqueue_expired_total`: tasks that no pod claimed before their permits expired; if there are many, pods are too few or too slow, and the permits are lost.
    pub expired_tasks: IntCounter,
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
    /// How background passes end.
    pub pass: PassMetrics,
    /// Metrics of background work.
    pub maintenance: MaintenanceMetrics,
    /// How far rollups are.
    pub rollup: RollupMetrics,
    /// How fresh data sets are.
    pub data_set: DataSetMetrics,
    /// How far the export is.
    pub export: ExportMetrics,
    /// Open alerts.
    pub alert: AlertMetrics,
    /// What became of spans.
    pub telemetry: TelemetryMetrics,
}

impl Metrics {
    /// Makes and registers them.
    ///
    /// # Errors
    ///
    /// If a name is registered already.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        build_info::register(registry)?;
        let metrics = Self {
            leader: IntGauge::new("fullhouse_leader", "1 in the coordinator that leads")?,
            epoch: IntGaugeVec::new(
                Opts::new(
                    "fullhouse_leader_epoch",
                    "Number of the term of the coordinator that leads",
                ),
                &[],
            )?,
            enqueued_tasks: IntCounter::new(
                "fullhouse_enqueue_tasks_total",
                "Tasks placed in the queue",
            )?,
            expired_tasks: IntCounter::new(
                "fullhouse_enqueue_expired_total",
                "Tasks that no pod claimed before their permits expired",
            )?,
            rescued_claims: IntCounter::new(
                "fullhouse_rescue_claims_total",
                "Claims of dead pods given back",
            )?,
            schedule_tasks: IntGaugeVec::new(
                Opts::new("fullhouse_schedule_tasks", "Tasks in the leader's schedule"),
                &["state"],
            )?,
            capacity: IntGauge::new(
                "fullhouse_schedule_capacity_agents",
                "Jobs that the pods can run at a time",
            )?,
            source_health: IntGaugeVec::new(
                Opts::new(
                    "fullhouse_source_health",
                    "What the answers of each source are like",
                ),
                &["source", "health"],
            )?,
            open_breakers: IntGauge::new(
                "fullhouse_limit_breakers_open",
                "Limit keys whose host is in trouble",
            )?,
            slowed_keys: IntGauge::new(
                "fullhouse_limit_slowed",
                "Limit keys that are given less than their rate",
            )?,
            rate_share: GaugeVec::new(
                Opts::new(
                    "fullhouse_limit_rate_share",
                    "Share of its rate that a limit key is given",
                ),
                &["limit_key_id"],
            )?,
            isolated: IntGauge::new(
                "fullhouse_schedule_isolated_tasks",
                "Tasks that are not placed any more because their pod died each time",
            )?,
            agents_wanted: IntGauge::new(
                "fullhouse_fleet_agents_wanted",
                "Agents that the work which the limits permit could keep busy",
            )?,
            pods: IntGaugeVec::new(
                Opts::new("fullhouse_fleet_pods", "Living pods"),
                &["version", "state"],
            )?,
            agents_busy: IntGauge::new(
                "fullhouse_fleet_agents_busy",
                "Agents that were busy at the last heartbeats",
            )?,
            pass: PassMetrics::register(registry)?,
            maintenance: MaintenanceMetrics::register(registry)?,
            rollup: RollupMetrics::register(registry)?,
            data_set: DataSetMetrics::register(registry)?,
            export: ExportMetrics::register(registry)?,
            alert: AlertMetrics::register(registry)?,
            telemetry: TelemetryMetrics::register(registry)?,
        };
        registry.register(Box::new(metrics.leader.clone()))?;
        registry.register(Box::new(metrics.epoch.clone()))?;
        registry.register(Box::new(metrics.enqueued_tasks.clone()))?;
        registry.register(Box::new(metrics.expired_tasks.clone()))?;
        registry.register(Box::new(metrics.rescued_claims.clone()))?;
        registry.register(Box::new(metrics.schedule_tasks.clone()))?;
        registry.register(Box::new(metrics.capacity.clone()))?;
        registry.register(Box::new(metrics.source_health.clone()))?;
        registry.register(Box::new(metrics.open_breakers.clone()))?;
        registry.register(Box::new(metrics.slowed_keys.clone()))?;
        registry.register(Box::new(metrics.rate_share.clone()))?;
        registry.register(Box::new(metrics.isolated.clone()))?;
        registry.register(Box::new(metrics.agents_wanted.clone()))?;
        registry.register(Box::new(metrics.pods.clone()))?;
        registry.register(Box::new(metrics.agents_busy.clone()))?;
        Ok(metrics)
    }

    /// Shows whether this coordinator leads, and in which term.
    pub fn observe_leadership(&self, epoch: Option<i64>) {
        self.leader.set(i64::from(epoch.is_some()));
        self.epoch.reset();
        if let Some(epoch) = epoch {
            self.epoch.with_label_values::<&str>(&[]).set(epoch);
        }
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
        // Removes versions that are gone.
        self.pods.reset();
        for ((version, state), count) in counts {
            self.pods.with_label_values(&[version, state]).set(count);
        }
    }

    /// Shows the state of the schedule.
    pub fn observe(&self, counts: &ScheduleCounts, capacity: usize) {
        let gauge = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
        for (state, count) in [
            ("all", counts.tasks),
            ("ready", counts.ready),
            ("outstanding", counts.outstanding),
        ] {
            self.schedule_tasks
                .with_label_values(&[state])
                .set(gauge(count));
        }
        self.capacity.set(gauge(capacity));
        self.open_breakers.set(gauge(counts.open_breakers));
        self.slowed_keys.set(gauge(counts.slowed_keys));
    }
}
