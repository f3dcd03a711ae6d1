//! The actors of a pod with one agent, one source and its one task, against a real database.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use actix::{Actor, Addr};
use agent::{
    claim::{AttachAgents, Claimer, CountBusySlots, QueueFilled},
    config::AgentSettings,
    database::Database,
    heartbeat::Heartbeat,
    job::{Agent, AgentContext, PodContext, read_slots::ReadSlots},
    metrics::Metrics,
    registration::{Identity, PodState, Registered, Registration, register},
    store::{Backlog, Store},
};
use body_archive::ArchiveSettings;
use liveness::watchdog::Watchdogs;
use schema::{
    enums::Yields,
    leader,
    queue::{self, Ready},
    schedule::{self, EndedJob},
    scratch::Scratch,
    source::{self, NewDefinition, NewLimit, NewStep},
};
use serde_json::json;
use settings::DatabaseSettings;
use source_fetch::{Bounds, Fetcher};
use source_language::source::SecretRules;
use sqlx::PgPool;
use telemetry::{Service, Telemetry, TelemetrySettings};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::watch,
};

/// Nothing here takes so long unless it hangs.
pub(crate) const BOUND: Duration = Duration::from_mins(1);
pub(crate) const LEASE: Duration = Duration::from_mins(30);

/// A server that answers every request with the same text, on connections that stay open.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    requests: Arc<AtomicUsize>,
}

impl Server {
    pub(crate) async fn start(answer: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = requests.clone();
        tokio::spawn(async move {
            let mut kept = Vec::new();
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut buffer = [0; 4096];
                let _ = socket.read(&mut buffer).await;
                counter.fetch_add(1, Ordering::Relaxed);
                let _ = socket.write_all(answer.as_bytes()).await;
                kept.push(socket);
            }
        });
        Self { address, requests }
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }
}

/// The text of a definition with one step that lists cinemas; `more` is added to its head.
pub(crate) fn definition(address: SocketAddr, timeout: &str, more: &str) -> String {
    format!(
        r#"
        name = "staged"
        title = "Staged"
        access = "permitted"
        territory = "DE"
        timezone = "Europe/Berlin"
        currency = "EUR"
        {more}
        [limit]
        key = "host"
        rate = 10.0
        burst = 5
        [steps.cinemas]
        every = "1d"
        yields = "cinemas"
        request = {{ url = "http://{address}/", timeout = "{timeout}" }}
        rows = ".[]"
        fields = {{ key = ".id", name = ".id" }}
        "#
    )
}

pub(crate) struct StagedPod {
    pub(crate) db: PgPool,
    pub(crate) context: AgentContext,
    pub(crate) registration: Arc<Registration>,
    claimer: Addr<Claimer>,
    _cancel: watch::Sender<bool>,
}

impl StagedPod {
    /// Stores the definition as it is, and starts the actors.
    pub(crate) async fn start(definition: &str, settings: &AgentSettings) -> Self {
        Self::start_archiving(definition, settings, &ArchiveSettings::default()).await
    }

    /// As [`start`](Self::start), with traces.
    pub(crate) async fn start_tracing(definition: &str, telemetry: &TelemetrySettings) -> Self {
        let archive = ArchiveSettings::default();
        Self::start_with(definition, &AgentSettings::default(), &archive, telemetry).await
    }

    /// As [`start`](Self::start), with an archive of bodies.
    pub(crate) async fn start_archiving(
        definition: &str,
        settings: &AgentSettings,
        archive: &ArchiveSettings,
    ) -> Self {
        Self::start_with(definition, settings, archive, &TelemetrySettings::default()).await
    }

    async fn start_with(
        definition: &str,
        settings: &AgentSettings,
        archive: &ArchiveSettings,
        telemetry: &TelemetrySettings,
    ) -> Self {
        let Scratch { db, url } = Scratch::new().await.unwrap();
        apply(&db, definition).await;
        let identity = Identity {
            name: "test".to_owned(),
            agents: 1,
            lease: LEASE,
        };
        let registration = register(&db, &identity).await.unwrap();
        let database: DatabaseSettings = serde_json::from_value(json!({ "url": url })).unwrap();
        let database = Database::open(&database, "agent test").unwrap();
        let (metrics, watchdogs) = (Metrics::new().unwrap(), Watchdogs::default());
        let backlog = Backlog::new(10, 1 << 20);
        let store = Store::new(
            db.clone(),
            10,
            backlog.clone(),
            metrics.clone(),
            watchdogs.add("store"),
        );
        let state = Arc::new(PodState::default());
        let claimer = Claimer::new(
            db.clone(),
            backlog.clone(),
            state.clone(),
            metrics.clone(),
            watchdogs.add("claimer"),
        )
        .start();
        let heartbeat = Heartbeat::new(
            db.clone(),
            identity,
            state,
            claimer.clone().recipient(),
            registration.clone(),
            watchdogs.add("heartbeat"),
        );
        let (cancel, cancelled) = watch::channel(false);
        let rules = SecretRules::default();
        let bounds = Bounds {
            body_limit: 1 << 20,
            allow_private: true,
        };
        let service = Service {
            name: "agent",
            instance: "test".to_owned(),
        };
        let telemetry = Telemetry::start(telemetry, &service, &metrics.telemetry).unwrap();
        let pod = PodContext::new(database, metrics, settings, rules, cancelled);
        let pod = pod.with_telemetry(telemetry);
        let context = AgentContext {
            pod: Arc::new(pod.with_archive(archive).unwrap()),
            fetcher: Fetcher::new(bounds).unwrap(),
            read_slots: ReadSlots::default(),
            backlog,
            store: store.start(),
            claimer: claimer.clone().recipient(),
        };
        let attach = AttachAgents {
            agents: vec![Agent::new(context.clone()).start().recipient()],
            heartbeat: heartbeat.start().recipient(),
        };
        claimer.send(attach).await.unwrap();
        let registered = Registered(Some(registration.clone()));
        claimer.send(registered).await.unwrap();
        Self {
            db,
            context,
            registration,
            claimer,
            _cancel: cancel,
        }
    }

    /// Queues the one task with a permit that lasts for `permit`; returns its job.
    pub(crate) async fn enqueue(&self, permit: Duration) -> i64 {
        let db = &self.db;
        let term = leader::lead(db, uuid::Uuid::nil(), "test", LEASE).await;
        let ready = Ready {
            task_id: schedule::tasks(db).await.unwrap()[0].task_id,
            limit_key_id: 1,
            permits: 1,
            attempt: 1,
            expires_at: schedule::clock(db).await.unwrap() + permit,
            pod_id: None,
        };
        let placed = queue::enqueue(db, term.unwrap().unwrap(), &[ready]).await;
        self.claimer.send(QueueFilled).await.unwrap();
        placed.unwrap()[0].job_id
    }

    /// Waits until the job has ended.
    pub(crate) async fn ended(&self, job_id: i64) -> EndedJob {
        let end = Instant::now() + BOUND;
        loop {
            let mut ended = schedule::find_ended(&self.db, &[job_id]).await.unwrap();
            if let Some(job) = ended.pop() {
                return job;
            }
            assert!(Instant::now() < end, "the job does not end");
            tokio::task::yield_now().await;
        }
    }

    /// The error in the history of a job.
    pub(crate) async fn error_of(&self, job_id: i64) -> String {
        let error = "SELECT coalesce(error, '') FROM job WHERE job_id = $1";
        let error = sqlx::query_scalar(error).bind(job_id);
        error.fetch_one(&self.db).await.unwrap()
    }

    /// Waits until no slot is busy and no claim holds the registration.
    pub(crate) async fn is_free(&self) {
        let end = Instant::now() + BOUND;
        loop {
            let busy = self.claimer.send(CountBusySlots).await.unwrap();
            // This, the claimer and the heartbeat hold it.
            if busy == 0 && Arc::strong_count(&self.registration) <= 3 {
                return;
            }
            assert!(Instant::now() < end, "{busy} slots are busy");
            tokio::task::yield_now().await;
        }
    }
}

async fn apply(db: &PgPool, body: &str) {
    let new = NewDefinition {
        name: "staged",
        title: "Staged",
        body,
        blocked: None,
        limit: NewLimit {
            key: "host",
            rate_per_second: 10.0,
            burst: 5,
            concurrency: None,
            per_day: None,
            hours: None,
            zone: None,
        },
        steps: vec![NewStep {
            name: "cinemas",
            parent: None,
            every: BOUND,
            timeout: LEASE,
            priority: 1,
            yields: Yields::Cinemas,
            limit: None,
            days: None,
        }],
    };
    source::apply(db, &new).await.unwrap();
}
