//! Takes spans from the program, and sends them from a thread of its own.
//!
//! The program never waits: the queue has room for some thousands of jobs, and what finds no room is
//! dropped. The thread sends batches, one at a time. A collector that is away or overloaded is tried
//! again twice; then the batch is dropped. All that is dropped is counted.

mod sender;

use std::{
    hash::{BuildHasher as _, RandomState},
    io,
    sync::Arc,
    time::Duration,
};

use thiserror::Error;
use tokio::{
    sync::{mpsc, oneshot},
    time,
};

use self::sender::Sender;
use crate::{
    ids::{JobIds, Sampler, SpanId, TraceId},
    metrics::TelemetryMetrics,
    settings::TelemetrySettings,
    span::Span,
};

/// Parts of traces that may wait: the spans of a job are one.
const QUEUE_CAPACITY: usize = 4096;

/// The program whose spans are sent.
#[derive(Debug, Clone)]
pub struct Service {
    /// What it is, such as `agent`.
    pub name: &'static str,
    /// Which of these it is: the name of the pod.
    pub instance: String,
}

/// Why telemetry could not be started.
#[derive(Debug, Error)]
pub enum TelemetryError {
    /// A setting cannot work.
    #[error("{0}")]
    Settings(String),
    /// The HTTP client cannot be made.
    #[error("the client for telemetry.otlp cannot be made")]
    Client(#[from] reqwest::Error),
    /// No thread can be started.
    #[error("the thread that sends spans cannot be started")]
    Thread(#[from] io::Error),
}

/// What waits for the thread.
enum Message {
    Spans(Vec<Span>),
    /// Reply when all that waited before was sent or dropped.
    Flush(oneshot::Sender<()>),
}

/// The way of spans to the collector; cloned handles lead to the same. Costs nothing while it is off.
#[derive(Debug, Clone, Default)]
pub struct Telemetry(Option<Arc<Handle>>);

#[derive(Debug)]
struct Handle {
    fleet: String,
    sampler: Sampler,
    queue: mpsc::Sender<Message>,
    metrics: TelemetryMetrics,
}

impl Telemetry {
    /// Traces nothing.
    #[must_use]
    pub fn off() -> Self {
        Self(None)
    }

    /// Starts the thread that sends spans, if the settings name a collector.
    ///
    /// # Errors
    ///
    /// See [`TelemetryError`].
    pub fn start(
        settings: &TelemetrySettings,
        service: &Service,
        metrics: &TelemetryMetrics,
    ) -> Result<Self, TelemetryError> {
        settings.check().map_err(TelemetryError::Settings)?;
        let address = settings.address().map_err(TelemetryError::Settings)?;
        let Some(address) = address else {
            return Ok(Self::off());
        };
        let resource = vec![
            ("service.name", format!("fullhouse-{}", service.name).into()),
            ("service.namespace", settings.fleet.clone().into()),
            ("service.instance.id", service.instance.clone().into()),
            ("service.version", env!("CARGO_PKG_VERSION").into()),
        ];
        let sender = Sender::new(address, resource, metrics.clone())?;
        let (queue, waiting) = mpsc::channel(QUEUE_CAPACITY);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        std::thread::Builder::new()
            .name("telemetry".to_owned())
            .spawn(move || runtime.block_on(sender.run(waiting)))?;
        Ok(Self(Some(Arc::new(Handle {
            fleet: settings.fleet.clone(),
            sampler: Sampler::new(settings.sample),
            queue,
            metrics: metrics.clone(),
        }))))
    }

    /// Whether spans are sent at all.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Returns the ids of the trace of a job, if the trace is kept.
    #[must_use]
    pub fn kept_job(&self, job_id: i64) -> Option<JobIds> {
        let handle = self.0.as_ref()?;
        let ids = JobIds::new(&handle.fleet, job_id);
        handle.sampler.keeps(ids.trace).then_some(ids)
    }

    /// Returns the ids of the trace of any job, kept or not, unless telemetry is off.
    #[must_use]
    pub fn job(&self, job_id: i64) -> Option<JobIds> {
        Some(JobIds::new(&self.0.as_ref()?.fleet, job_id))
    }

    /// Returns the ids of a new trace and its root, if the trace is kept.
    #[must_use]
    pub fn new_trace(&self) -> Option<(TraceId, SpanId)> {
        let handle = self.0.as_ref()?;
        // Its keys are random, which is enough for ids that nobody must guess.
        let random = RandomState::new();
        let part = |number: u8| random.hash_one(number);
        let trace = TraceId(u128::from(part(0)) << 64 | u128::from(part(1)));
        let is_kept = handle.sampler.keeps(trace);
        is_kept.then(|| (trace, SpanId(part(2).max(1))))
    }

    /// Takes spans. They are dropped and counted if too many wait.
    pub fn record(&self, spans: Vec<Span>) {
        let Some(handle) = &self.0 else {
            return;
        };
        let count = spans.len();
        if count > 0 && handle.queue.try_send(Message::Spans(spans)).is_err() {
            handle.metrics.count("queue_full", count);
        }
    }

    /// Waits until what was taken is sent or dropped, and no longer than `at_most`.
    pub async fn flush(&self, at_most: Duration) {
        let Some(handle) = &self.0 else {
            return;
        };
        let flushed = async {
            let (reply, done) = oneshot::channel();
            if handle.queue.send(Message::Flush(reply)).await.is_ok() {
                // An error means that the thread has ended.
                let _ = done.await;
            }
        };
        // What is not sent by then ends with the process.
        let _ = time::timeout(at_most, flushed).await;
    }
}
