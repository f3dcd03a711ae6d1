//! A pod: from its settings to its end.
//!
//! Takes [`Settings`], starts heart, claimer, agents and store, and waits for the
//! word to stop. Then it claims no more, lets its jobs finish, gives back what is
//! left when its grace is over, and ends its lease. If the database is away all
//! that time, it gives up: the leases run out by themselves.

use std::{
    io,
    sync::{Arc, PoisonError, atomic::Ordering},
    time::Duration,
};

use actix::{System, prelude::*};
use actix_rt::SystemRunner;
use liveness::{
    serve::{self, Probes},
    stall::{Facts, StallWatch, judge},
    vital::{Pulse, Pulses},
};
use schema::migrate::{self, SchemaError};
use settings::ConfigError;
use source_fetch::{Bounds, Fetcher, FetcherError};
use sqlx::postgres::PgListener;
use thiserror::Error;
use tokio::{
    sync::{mpsc, watch},
    time::{self, Instant},
};
use tracing::{info, warn};

use crate::{
    claim::{Claimer, CountBusy, Enlist, Queued, Registered},
    config::Settings,
    database::{Backoff, Database, in_time},
    heart::{self, Condition, End, Heart, Hurry, Identity, Registration},
    job::{Agent, Shared, Tools, reading::Reading},
    metrics::Metrics,
    pauses,
    store::{Backlog, Store},
};

/// A part that has not beaten for so long hangs.
const SILENCE: Duration = Duration::from_secs(15);
/// Time for the last results and the end of the lease when the grace is over.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// How often the pod looks whether its work goes on.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// What a pod does first, in the words of a warning.
const REGISTER: &str = "register the pod";
/// Results that wait to be stored may take one in so many bytes of `agent.memory`, beside it.
const BACKLOG_PART: usize = 4;
/// How often a drain looks whether it is done.
const DRAIN_POLL: Duration = Duration::from_millis(20);
/// The channel that tells of new rows in the queue.
const QUEUE_CHANNEL: &str = "fullhouse_queue";

/// Why a pod did not start, or did not end as it should.
#[derive(Debug, Error)]
pub enum PodError {
    /// The metrics could not be made.
    #[error("the metrics could not be set up")]
    Metrics(#[from] prometheus::Error),
    /// The address of the database cannot be read.
    #[error(
        "database.url cannot be read; it should be like postgres://user:password@host:5432/database"
    )]
    Address(#[source] sqlx::Error),
    /// The address for probes and metrics is not to be had.
    #[error("agent.listen ({address}) cannot be listened at; choose another address or port 0")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The database is not for this program.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The HTTP client could not be made.
    #[error(transparent)]
    Fetcher(#[from] FetcherError),
    /// A setting cannot work.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// An actor is gone.
    #[error("a part of the pod is gone")]
    Gone(#[from] MailboxError),
    /// The database refused the pod.
    #[error("the database refused the pod")]
    Database(#[from] sqlx::Error),
    /// Not everything was stored before the pod ended.
    #[error(
        "{jobs} jobs were not stored before the grace was over, because the database did not answer; \
         their leases run out and they run again"
    )]
    NotDrained {
        /// How many.
        jobs: usize,
    },
    /// Stopped a second time.
    #[error("stopped at once, as asked; leases run out and jobs run again")]
    Impatient,
}

/// Words from outside: the first drains the pod, the second ends it at once.
pub type Stop = mpsc::Receiver<()>;

/// The runtime of a pod: actors on the calling thread, connections of the
/// database on one that no actor holds up.
///
/// # Errors
///
/// If the system gives no thread.
pub fn system() -> io::Result<SystemRunner> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("database")
        .enable_all()
        .build()?;
    Ok(System::with_tokio_rt(|| runtime))
}

/// Runs a pod until it is stopped; call it in a [`system`].
///
/// # Errors
///
/// See [`PodError`].
pub async fn run(settings: Settings, mut stop: Stop) -> Result<(), PodError> {
    let metrics = Metrics::new()?;
    let (pulses, condition) = (Pulses::default(), Arc::new(Condition::default()));
    let application = format!("agent {}", settings.agent.name);
    let db = Database::open(&settings.database, &application).map_err(PodError::Address)?;
    let stall = StallWatch::register(&metrics.registry)?;
    let server = listen(&settings, &metrics, &pulses, &condition, &stall)?;
    actix::spawn(watch_progress(condition.clone(), stall));
    let server_handle = server.handle();
    actix::spawn(server);

    let identity = Identity {
        name: settings.agent.name.clone(),
        agents: i32::try_from(settings.agent.count).unwrap_or(i32::MAX),
        lease: settings.agent.lease,
    };
    let registration = tokio::select! {
        registration = enter(&db, &identity, &condition) => registration?,
        _ = stop.recv() => return Ok(()),
    };
    let parts = Parts::start(
        &settings,
        &db,
        &metrics,
        &pulses,
        &condition,
        identity,
        registration,
    )?;
    condition.registered.store(true, Ordering::Relaxed);
    info!(agents = settings.agent.count, "the pod claims tasks");

    stop.recv().await;
    condition.draining.store(true, Ordering::Relaxed);
    info!(grace = ?settings.agent.grace, "draining");
    let drained = tokio::select! {
        drained = parts.drain(settings.agent.grace) => drained,
        _ = stop.recv() => Err(PodError::Impatient),
    };
    server_handle.stop(false).await;
    if drained.is_ok() {
        parts.stop(&db).await;
    }
    drained
}

fn listen(
    settings: &Settings,
    metrics: &Metrics,
    pulses: &Pulses,
    condition: &Arc<Condition>,
    stall: &StallWatch,
) -> Result<actix_web::dev::Server, PodError> {
    let (pulses, condition) = (pulses.clone(), condition.clone());
    let stall = stall.clone();
    let probes = Probes {
        live: Arc::new(move || match pulses.silent(SILENCE) {
            Some(part) => Err(format!("{part} hangs")),
            None => Ok(()),
        }),
        ready: Arc::new(move || {
            stall.ready()?;
            if condition.draining.load(Ordering::Relaxed) {
                Err("draining".to_owned())
            } else if condition.registered.load(Ordering::Relaxed) {
                Ok(())
            } else {
                Err("not registered".to_owned())
            }
        }),
        registry: metrics.registry.clone(),
    };
    let address = settings.agent.listen;
    let (address, server) =
        serve::start(address, probes).map_err(|source| PodError::Listen { address, source })?;
    info!(%address, "listening for /live, /ready and /metrics");
    Ok(server)
}

/// Watches whether the parts of the pod get on with the database, and says so where they do not.
async fn watch_progress(condition: Arc<Condition>, stall: StallWatch) {
    loop {
        time::sleep(LOOK_EVERY).await;
        let facts = Facts {
            failures: condition.activities.failures(),
            ..Facts::default()
        };
        stall.update(judge(&facts));
        let mut told = condition
            .stall
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *told = stall.text();
    }
}

/// Waits for the database, checks its schema and registers.
async fn enter(
    db: &Database,
    identity: &Identity,
    condition: &Condition,
) -> Result<Arc<Registration>, PodError> {
    let mut backoff = Backoff::default();
    loop {
        match migrate::check(db.pool()).await {
            Ok(()) => break,
            Err(SchemaError::Database(error)) if schema::connect::is_outage(&error) => {
                backoff.wait(&error.to_string()).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    loop {
        let registered = heart::register(db.pool(), identity);
        match condition.activities.note(REGISTER, registered).await {
            Ok(registration) => {
                backoff.over();
                return Ok(registration);
            }
            Err(error) if schema::connect::is_outage(&error) => {
                backoff.wait(&error.to_string()).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// The actors of a pod.
struct Parts {
    claimer: Addr<Claimer>,
    heart: Addr<Heart>,
    backlog: Backlog,
    cancel: watch::Sender<bool>,
    /// Wakes the claimer.
    listener: actix_rt::task::JoinHandle<()>,
    /// Learns of pauses.
    pauses: actix_rt::task::JoinHandle<()>,
}

impl Parts {
    fn start(
        settings: &Settings,
        db: &Database,
        metrics: &Metrics,
        pulses: &Pulses,
        condition: &Arc<Condition>,
        identity: Identity,
        registration: Arc<Registration>,
    ) -> Result<Self, PodError> {
        let (pool, batch) = (db.pool().clone(), settings.agent.batch);
        let backlog = Backlog::new(batch, settings.agent.memory_budget().total / BACKLOG_PART);
        let store = Store::new(
            pool.clone(),
            batch,
            backlog.clone(),
            metrics.clone(),
            pulses.add("store"),
        );
        let store = store.noting(condition.activities.clone()).start();
        let claimer = Claimer::new(
            pool.clone(),
            backlog.clone(),
            condition.clone(),
            metrics.clone(),
            pulses.add("claimer"),
        )
        .start();
        let heart = Heart::new(
            pool,
            identity,
            condition.clone(),
            claimer.clone(),
            registration.clone(),
            pulses.add("heart"),
        )
        .start();
        let (cancel, cancelled) = watch::channel(false);
        let rules = settings.secrets.rules(settings.file.as_deref())?;
        let agent = &settings.agent;
        let shared = Shared::new(db.clone(), metrics.clone(), agent, rules, cancelled);
        let shared = Arc::new(shared);
        let arbiters = start_arbiters(pulses);
        let mut crew = Vec::with_capacity(settings.agent.count);
        let agents = divided(settings.agent.count, arbiters.len());
        for (arbiter, share) in arbiters.iter().zip(agents) {
            let fetcher = Fetcher::new(Bounds {
                body_limit: settings.agent.body_limit,
                allow_private: settings.agent.allow_private,
            })?;
            let tools = Tools {
                shared: shared.clone(),
                fetcher,
                reading: Reading::default(),
                backlog: backlog.clone(),
                store: store.clone(),
                claimer: claimer.clone(),
            };
            crew.extend((0..share).map(|_| {
                let tools = tools.clone();
                Agent::start_in_arbiter(&arbiter.handle(), |_| Agent::new(tools))
            }));
        }
        let enlist = Enlist {
            crew,
            heart: heart.clone(),
        };
        let (first, then) = (
            claimer.send(enlist),
            claimer.send(Registered(Some(registration))),
        );
        actix::spawn(async move {
            if first.await.is_err() || then.await.is_err() {
                warn!("the claimer is gone");
            }
        });
        let listener = actix::spawn(listen_for_queue(db.clone(), claimer.clone()));
        let pauses = actix::spawn(pauses::watch(db.pool().clone(), shared));
        Ok(Self {
            claimer,
            heart,
            backlog,
            cancel,
            listener,
            pauses,
        })
    }

    /// Ends the pod: see the module.
    async fn drain(&self, grace: Duration) -> Result<(), PodError> {
        self.heart.send(Hurry).await?;
        if !self.is_idle_by(Instant::now() + grace).await? {
            warn!("the grace is over, what still runs is given back");
            // An error means that there are no agents.
            let _ = self.cancel.send(true);
            if !self.is_idle_by(Instant::now() + LAST_WORDS).await? {
                let jobs = self.claimer.send(CountBusy).await? + self.backlog.len();
                return Err(PodError::NotDrained { jobs });
            }
        }
        match time::timeout(LAST_WORDS, self.heart.send(End)).await {
            Ok(ended) => ended??,
            Err(_) => return Err(PodError::NotDrained { jobs: 0 }),
        }
        info!("drained");
        Ok(())
    }

    /// Gives the connections back. The agents are idle and their threads end with the
    /// process: taken down one by one, they would outlive what they stand on.
    async fn stop(self, db: &Database) {
        self.listener.abort();
        self.pauses.abort();
        // Errors say that they were aborted: their connections are back in the pool.
        let _ = self.listener.await;
        let _ = self.pauses.await;
        let _ = time::timeout(LAST_WORDS, db.pool().close()).await;
    }

    /// Whether all slots are free and all results stored, at the latest at `end`.
    async fn is_idle_by(&self, end: Instant) -> Result<bool, MailboxError> {
        loop {
            // In this order: a slot is freed after its result is kept.
            let busy = self.claimer.send(CountBusy).await?;
            if busy == 0 && self.backlog.is_empty() {
                return Ok(true);
            }
            if Instant::now() >= end {
                return Ok(false);
            }
            time::sleep(DRAIN_POLL).await;
        }
    }
}

/// How many agents each of the threads has: the first take one more where they do not divide
/// evenly.
fn divided(agents: usize, threads: usize) -> impl Iterator<Item = usize> {
    (0..threads).map(move |thread| agents / threads + usize::from(thread < agents % threads))
}

/// One thread for each core, each with a pulse.
fn start_arbiters(pulses: &Pulses) -> Vec<Arbiter> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (0..cores)
        .map(|_| {
            let arbiter = Arbiter::new();
            arbiter.spawn(beat(pulses.add("agents")));
            arbiter
        })
        .collect()
}

async fn beat(pulse: Pulse) {
    loop {
        pulse.beat();
        time::sleep(SILENCE / 15).await;
    }
}

/// Wakes the claimer when the queue is filled. Only a gain: the claimer polls, so
/// nothing is said if a pooler between here and the database lets none through.
async fn listen_for_queue(db: Database, claimer: Addr<Claimer>) {
    loop {
        if let Ok(mut listener) = in_time(PgListener::connect_with(db.pool())).await
            && listener.listen(QUEUE_CHANNEL).await.is_ok()
        {
            while listener.recv().await.is_ok() {
                // A full mailbox has reasons enough to look.
                let _ = claimer.try_send(Queued);
            }
        }
        if !claimer.connected() {
            return;
        }
        time::sleep(Duration::from_secs(5)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_agent_has_a_thread_and_no_thread_two_more(agents in 0_usize..2_000, threads in 1_usize..130) {
            let shares: Vec<usize> = divided(agents, threads).collect();
            prop_assert_eq!(shares.iter().sum::<usize>(), agents);
            prop_assert!(shares.iter().all(|share| (agents / threads..=agents / threads + 1).contains(share)));
        }
    }
}
