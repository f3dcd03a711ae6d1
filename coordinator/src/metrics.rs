//! What the coordinator shows to Prometheus.

use prometheus::{IntCounter, IntGauge, IntGaugeVec, Opts, Registry};

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
}

impl Metrics {
    /// Makes and registers them.
    ///
    /// # Errors
    ///
    /// If a name is registered already.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let metrics = Self {
            leader: IntGauge::new("fullhouse_leader", "1 in the coordinator that leads")?,
            enqueued_tasks: IntCounter::new(
                "fullhouse_enqueue_tasks_total",
                "Tasks placed in the queue",
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
        };
        registry.register(Box::new(metrics.leader.clone()))?;
        registry.register(Box::new(metrics.enqueued_tasks.clone()))?;
        registry.register(Box::new(metrics.rescued_claims.clone()))?;
        registry.register(Box::new(metrics.schedule_tasks.clone()))?;
        registry.register(Box::new(metrics.capacity.clone()))?;
        registry.register(Box::new(metrics.source_health.clone()))?;
        registry.register(Box::new(metrics.open_breakers.clone()))?;
        Ok(metrics)
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
    }
}
