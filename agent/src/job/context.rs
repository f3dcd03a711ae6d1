//! The context of jobs: the parts that a pod shares, and those that a thread shares.

use std::{sync::Arc, time::Duration};

use actix::{Addr, Recipient};
use body_archive::{ArchiveSettings, LocationError};
use source_fetch::{Fetcher, limit::Limits, memory_budget::MemoryBudget};
use source_language::source::{Memory, SecretRules};
use telemetry::Telemetry;
use tokio::sync::watch;

use super::{
    archiving::Archiving, conversations::Conversations, log_throttle::LogThrottle, messages::Freed,
    quarantine::QuarantineSample, read_slots::ReadSlots, source_cache::SourceCache,
};
use crate::{
    config::AgentSettings,
    database::Database,
    metrics::Metrics,
    store::{Backlog, Store, caps::Caps, catalogue::ListingLocks, reference_cache::ReferenceCache},
};

/// Time between two lines of the process log about failures of one source.
const FAILURE_LOG_INTERVAL: Duration = Duration::from_secs(10);

/// The context that all agents of a pod share.
#[derive(Debug)]
pub struct PodContext {
    /// The database.
    pub db: Database,
    /// Definitions, compiled.
    pub sources: SourceCache,
    /// The ids of layouts, status codes and tariffs.
    pub references: ReferenceCache,
    /// Conversations that wait for their next job.
    pub(super) conversations: Conversations,
    /// How many tasks and layouts a source may have.
    pub caps: Caps,
    /// Locks of the sources whose listings are stored.
    pub listing_locks: ListingLocks,
    /// Answers of sources that may be used again, such as tokens and `robots.txt`.
    pub memory: Arc<Memory>,
    /// Guards of the limit keys.
    pub limits: Limits,
    /// Memory for answers.
    pub memory_budget: MemoryBudget,
    /// The metrics of the pod.
    pub metrics: Metrics,
    /// Where traces go.
    pub telemetry: Telemetry,
    /// How long a job may take apart from its requests.
    pub processing_timeout: Duration,
    /// How to reach the operator, for the user agent.
    pub contact: String,
    /// Turns true when jobs that wait or fetch must be returned.
    pub cancelled: watch::Receiver<bool>,
    pub(super) failure_log: LogThrottle,
    pub(super) quarantine_sample: QuarantineSample,
    pub(super) archiving: Archiving,
}

impl PodContext {
    /// Creates the context of a pod, with empty caches and without an archive of bodies.
    #[must_use]
    pub fn new(
        db: Database,
        metrics: Metrics,
        settings: &AgentSettings,
        rules: SecretRules,
        cancelled: watch::Receiver<bool>,
    ) -> Self {
        Self {
            archiving: Archiving::none(metrics.clone()),
            memory_budget: MemoryBudget::new(
                settings.memory_budget(),
                metrics.memory_taken.clone(),
                metrics.memory_refused.clone(),
            ),
            telemetry: Telemetry::off(),
            processing_timeout: settings.processing_timeout,
            sources: SourceCache::new(db.clone(), rules),
            references: ReferenceCache::new(db.clone(), settings.max_layouts_per_source),
            conversations: Conversations::new(metrics.conversations.clone()),
            caps: Caps::new(db.clone(), settings, metrics.over_cap.clone()),
            listing_locks: ListingLocks::default(),
            memory: Arc::default(),
            limits: Limits::default(),
            failure_log: LogThrottle::new(FAILURE_LOG_INTERVAL),
            quarantine_sample: QuarantineSample::default(),
            db,
            metrics,
            contact: settings.contact.clone(),
            cancelled,
        }
    }

    /// Traces jobs.
    #[must_use]
    pub fn with_telemetry(mut self, telemetry: Telemetry) -> Self {
        self.telemetry = telemetry;
        self
    }

    /// Archives bodies as the settings say.
    ///
    /// # Errors
    ///
    /// If the archive cannot be opened.
    pub fn with_archive(mut self, settings: &ArchiveSettings) -> Result<Self, LocationError> {
        self.archiving = Archiving::new(settings, self.metrics.clone())?;
        Ok(self)
    }
}

/// The context of one agent.
#[derive(Debug, Clone)]
pub struct AgentContext {
    /// The context that all agents of the pod share.
    pub pod: Arc<PodContext>,
    /// The HTTP client, shared with the agents of its thread.
    pub fetcher: Fetcher,
    /// Bounds the answers that its thread holds, shared with the agents of its thread.
    pub read_slots: ReadSlots,
    /// Bounds the results that wait for the store.
    pub backlog: Backlog,
    /// Takes the results of its jobs.
    pub store: Addr<Store>,
    /// Learns that it is free again.
    pub claimer: Recipient<Freed>,
}
