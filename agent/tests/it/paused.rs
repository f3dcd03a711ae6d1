//! A pause that a source asks for is known by the head of its answer.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use actix::{Actor, Addr};
use agent::{
    claim::{AttachAgents, Claimer},
    config,
    database::Database,
    fetch::{Bounds, Fetcher},
    heartbeat::Heartbeat,
    job::{Agent, AgentContext, PodContext, read_slots::ReadSlots},
    limit::{Denied, Rate},
    liveness::Watchdogs,
    metrics::Metrics,
    pod,
    registration::{Identity, PodState, Registered, Registration, register},
    source::SecretRules,
    store::{Backlog, Store},
};
use schema::{
    leader,
    queue::{self, Ready},
    schedule::{self, EndedJob},
    scratch::Scratch,
    source::{self, NewDefinition, NewLimit, NewStep},
    word::{ErrorClass, Outcome, Yields},
};
use sqlx::PgPool;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::watch,
};

/// Nothing here takes so long unless it waits for a body that never comes.
const BOUND: Duration = Duration::from_mins(1);
const LEASE: Duration = Duration::from_mins(30);

/// Answers every request with this, and nothing more, on a connection that stays open.
async fn server(answer: String) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut buffer = [0; 4096];
            let _ = socket.read(&mut buffer).await;
            let _ = socket.write_all(answer.as_bytes()).await;
            kept.push(socket);
        }
    });
    address
}

/// A definition whose one request may take half an hour.
fn definition(address: SocketAddr) -> String {
    format!(
        r#"
        name = "slow"
        title = "Slow"
        access = "permitted"
        territory = "DE"
        timezone = "Europe/Berlin"
        currency = "EUR"
        [limit]
        key = "host"
        rate = 10.0
        burst = 5
        [steps.cinemas]
        every = "1d"
        yields = "cinemas"
        request = {{ url = "http://{address}/", timeout = "30m" }}
        rows = ".[]"
        fields = {{ key = ".id", name = ".id" }}
        "#
    )
}

/// A pod's agent with the one claim that there is.
struct Staged {
    db: PgPool,
    context: AgentContext,
    claimer: Addr<Claimer>,
    registration: Arc<Registration>,
    _cancel: watch::Sender<bool>,
}

impl Staged {
    async fn new(answer: String) -> Self {
        let Scratch { db, url } = Scratch::new().await.unwrap();
        let body = definition(server(answer).await);
        let new = NewDefinition {
            name: "slow",
            title: "Slow",
            body: &body,
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
        source::apply(&db, &new).await.unwrap();
        let identity = Identity {
            name: "test".to_owned(),
            agents: 1,
            lease: LEASE,
        };
        let registration = register(&db, &identity).await.unwrap();
        let settings = serde_json::json!({ "url": url });
        let settings: config::DatabaseSettings = serde_json::from_value(settings).unwrap();
        let database = Database::open(&settings, "agent test").unwrap();
        let (metrics, watchdogs) = (Metrics::new().unwrap(), Watchdogs::default());
        let backlog = Backlog::new(10, 1 << 20);
        let stored_in = backlog.clone();
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
            backlog,
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
        let bounds = Bounds {
            body_limit: 1 << 20,
            allow_private: true,
        };
        let context = AgentContext {
            pod: Arc::new(PodContext::new(
                database,
                metrics,
                &config::AgentSettings::default(),
                SecretRules::default(),
                cancelled,
            )),
            fetcher: Fetcher::new(bounds).unwrap(),
            read_slots: ReadSlots::default(),
            store: store.start(),
            claimer: claimer.clone().recipient(),
            backlog: stored_in,
        };
        let attach = AttachAgents {
            agents: vec![Agent::new(context.clone()).start().recipient()],
            heartbeat: heartbeat.start().recipient(),
        };
        claimer.send(attach).await.unwrap();
        Self {
            db,
            context,
            claimer,
            registration,
            _cancel: cancel,
        }
    }

    /// Runs the one job; returns how it ended, and what is left of the pause of its key.
    async fn run(&self) -> (EndedJob, Duration) {
        let db = &self.db;
        let term = leader::lead(db, uuid::Uuid::nil(), "test", LEASE).await;
        let ready = Ready {
            task_id: schedule::tasks(db).await.unwrap()[0].task_id,
            limit_key_id: 1,
            permits: 1,
            attempt: 1,
            expires_at: schedule::clock(db).await.unwrap() + LEASE,
            pod_id: None,
        };
        let placed = queue::enqueue(db, term.unwrap().unwrap(), &[ready])
            .await
            .unwrap();
        let job_id = placed[0].job_id;
        // It claims what there is.
        let registered = Registered(Some(self.registration.clone()));
        self.claimer.send(registered).await.unwrap();
        let end = Instant::now() + BOUND;
        loop {
            let mut ended = schedule::find_ended(db, &[job_id]).await.unwrap();
            let paused = schema::limit::paused(db).await.unwrap();
            if let (Some(job), Some(paused)) = (ended.pop(), paused.first()) {
                return (job, paused.left);
            }
            assert!(Instant::now() < end, "it waits for the body");
            tokio::task::yield_now().await;
        }
    }
}

/// Invariant 3: `Retry-After` pauses the key, however the body comes.
fn assert_pauses(head: &str, class: ErrorClass) {
    let answer = format!("HTTP/1.1 {head}\r\nRetry-After: 600\r\n\r\n");
    pod::system().unwrap().block_on(async {
        let staged = Staged::new(answer).await;
        let (job, left) = staged.run().await;
        assert_eq!(
            (job.outcome, job.error_class, job.retry_after_seconds),
            (Outcome::Failed, Some(class), Some(600))
        );
        assert!(left > Duration::from_mins(8) && left <= Duration::from_mins(10));
        let rate = Rate {
            per_second: 10.0,
            burst: 5,
        };
        let denied = staged
            .context
            .pod
            .limits
            .pass(1, rate, Instant::now() + LEASE);
        assert_eq!(denied.await, Err(Denied::Paused));
    });
}

#[test]
fn a_429_whose_body_never_comes_pauses_its_key() {
    assert_pauses(
        "429 Too Many Requests\r\nContent-Length: 1000",
        ErrorClass::Throttled,
    );
}

#[test]
fn a_503_whose_body_never_comes_pauses_its_key() {
    assert_pauses(
        "503 Service Unavailable\r\nTransfer-Encoding: chunked",
        ErrorClass::Unavailable,
    );
}

#[test]
fn a_429_whose_body_is_too_large_pauses_its_key() {
    assert_pauses(
        "429 Too Many Requests\r\nContent-Length: 99999999999",
        ErrorClass::Throttled,
    );
}

#[test]
fn a_429_with_more_headers_than_are_kept_pauses_its_key() {
    let long = "x".repeat(40_000);
    assert_pauses(
        &format!("429 Too Many Requests\r\nX-A: {long}\r\nX-B: {long}\r\nContent-Length: 0"),
        ErrorClass::Throttled,
    );
}
