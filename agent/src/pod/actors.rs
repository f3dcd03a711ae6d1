//! The actors of a pod: started, drained and stopped.

use std::{sync::Arc, time::Duration};

use actix::prelude::*;
use liveness::watchdog::{Watchdog, Watchdogs};
use schema::connect::is_own_session;
use source_fetch::{Bounds, Fetcher};
use sqlx::postgres::PgListener;
use telemetry::{Service, Telemetry};
use tokio::{
    sync::watch,
    time::{self, Instant},
};
use tracing::{info, warn};

use super::error::PodError;
use crate::{
    claim::{AttachAgents, Claimer, CountBusySlots, QueueFilled},
    config::Settings,
    database::{Database, in_time},
    heartbeat::{BeatNow, EndRegistrations, Heartbeat},
    job::{Agent, AgentContext, Freed, PodContext, RunJob, read_slots::ReadSlots},
    metrics::Metrics,
    pause_sync,
    registration::{Identity, PodState, Registered, Registration},
    store::{Backlog, Store},
};

/// Time for the last results and the end of the lease after the grace period.
const FINAL_WRITES_TIMEOUT: Duration = Duration::from_secs(5);
/// Results that wait to be stored may take `agent.memory` divided by this, in addition to it.
const BACKLOG_DIVISOR: usize = 4;
/// Time between two checks whether a drain is complete.
const DRAIN_POLL_INTERVAL: Duration = Duration::from_millis(20);
/// Time between two feeds of the watchdog of a thread.
const FEED_INTERVAL: Duration = Duration::from_secs(1);
/// Time before the queue is listened to again after an error.
const LISTEN_RETRY_INTERVAL: Duration = Duration::from_secs(5);
/// The channel of the notifications that the queue was filled.
const QUEUE_CHANNEL: &str = "fullhouse_queue";

/// The actors of a pod.
pub(super) struct PodActors {
    claimer: Addr<Claimer>,
    heartbeat: Addr<Heartbeat>,
    backlog: Backlog,
    cancel: watch::Sender<bool>,
    /// Wakes the claimer.
    listener: actix_rt::task::JoinHandle<()>,
    /// Applies the pauses that other pods met.
    pause_sync: actix_rt::task::JoinHandle<()>,
    /// Where traces go.
    telemetry: Telemetry,
}

impl PodActors {
    /// Starts the actors of a pod that was registered just now.
    pub(super) fn start(
        settings: &Settings,
        db: &Database,
        metrics: &Metrics,
        watchdogs: &Watchdogs,
        state: &Arc<PodState>,
        identity: Identity,
        registration: Arc<Registration>,
    ) -> Result<Self, PodError> {
        let (pool, batch) = (db.pool().clone(), settings.agent.batch);
        let max_bytes = settings.agent.memory_budget().total / BACKLOG_DIVISOR;
        let backlog = Backlog::new(batch, max_bytes);
        let store = Store::new(
            pool.clone(),
            batch,
            backlog.clone(),
            metrics.clone(),
            watchdogs.add("store"),
        );
        let store = store.with_activities(state.activities.clone()).start();
        let claimer = Claimer::new(
            pool.clone(),
            backlog.clone(),
            state.clone(),
            metrics.clone(),
            watchdogs.add("claimer"),
        )
        .start();
        let heartbeat = Heartbeat::new(
            pool,
            identity,
            state.clone(),
            claimer.clone().recipient(),
            registration.clone(),
            watchdogs.add("heartbeat"),
        )
        .start();
        let (cancel, cancelled) = watch::channel(false);
        let rules = settings.secrets.rules(settings.file.as_deref())?;
        let pod = PodContext::new(
            db.clone(),
            metrics.clone(),
            &settings.agent,
            rules,
            cancelled,
        );
        let service = Service {
            name: "agent",
            instance: settings.agent.name.clone(),
        };
        let telemetry = Telemetry::start(&settings.telemetry, &service, &metrics.telemetry)?;
        let pod = pod.with_telemetry(telemetry.clone());
        let pod = Arc::new(pod.with_archive(&settings.archive)?);
        let agents = start_agents(
            settings,
            watchdogs,
            &AgentParts {
                pod: pod.clone(),
                backlog: backlog.clone(),
                store,
                claimer: claimer.clone().recipient(),
            },
        )?;
        let attach = AttachAgents {
            agents,
            heartbeat: heartbeat.clone().recipient(),
        };
        let (attached, registered) = (
            claimer.send(attach),
            claimer.send(Registered(Some(registration))),
        );
        actix::spawn(async move {
            if attached.await.is_err() || registered.await.is_err() {
                warn!("the claimer has ended, so it gets no agents");
            }
        });
        let listener = actix::spawn(listen_for_queue(db.clone(), claimer.clone()));
        let pause_sync = actix::spawn(pause_sync::run(db.pool().clone(), pod));
        Ok(Self {
            claimer,
            heartbeat,
            backlog,
            cancel,
            listener,
            pause_sync,
            telemetry,
        })
    }

    /// Returns where traces go.
    pub(super) fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }

    /// Lets the jobs finish within `grace`, returns the others, and ends the registrations.
    pub(super) async fn drain(&self, grace: Duration) -> Result<(), PodError> {
        self.heartbeat.send(BeatNow).await?;
        if !self.is_idle_by(Instant::now() + grace).await? {
            warn!("the grace period is over, unfinished jobs are returned");
            // An error means that no agent is left.
            let _ = self.cancel.send(true);
            if !self
                .is_idle_by(Instant::now() + FINAL_WRITES_TIMEOUT)
                .await?
            {
                let jobs = self.claimer.send(CountBusySlots).await? + self.backlog.len();
                return Err(PodError::NotDrained { jobs });
            }
        }
        match time::timeout(FINAL_WRITES_TIMEOUT, self.heartbeat.send(EndRegistrations)).await {
            Ok(ended) => ended??,
            Err(_) => return Err(PodError::NotDrained { jobs: 0 }),
        }
        info!("drained");
        Ok(())
    }

    /// Closes the connections. The agents are idle, and their threads end with the process: if
    /// they were stopped one by one, some would outlive the runtime of their connections.
    pub(super) async fn stop(self, db: &Database) {
        self.listener.abort();
        self.pause_sync.abort();
        // The error says that it was aborted; then its connection is back in the pool.
        let _ = self.listener.await;
        let _ = self.pause_sync.await;
        let _ = time::timeout(FINAL_WRITES_TIMEOUT, db.pool().close()).await;
    }

    /// Waits until all slots are free and all results are stored; `false` if they are not at `end`.
    async fn is_idle_by(&self, end: Instant) -> Result<bool, MailboxError> {
        loop {
            // In this order: a slot is freed after its result has space in the backlog.
            let busy = self.claimer.send(CountBusySlots).await?;
            if busy == 0 && self.backlog.is_empty() {
                return Ok(true);
            }
            if Instant::now() >= end {
                return Ok(false);
            }
            time::sleep(DRAIN_POLL_INTERVAL).await;
        }
    }
}

/// What agents share, apart from what those of one thread share.
struct AgentParts {
    pod: Arc<PodContext>,
    backlog: Backlog,
    store: Addr<Store>,
    claimer: Recipient<Freed>,
}

/// Starts the agents, divided among one thread for each core.
fn start_agents(
    settings: &Settings,
    watchdogs: &Watchdogs,
    parts: &AgentParts,
) -> Result<Vec<Recipient<RunJob>>, PodError> {
    let arbiters = start_arbiters(watchdogs);
    let mut agents = Vec::with_capacity(settings.agent.count);
    let shares = divided(settings.agent.count, arbiters.len());
    for (arbiter, share) in arbiters.iter().zip(shares) {
        let fetcher = Fetcher::new(Bounds {
            body_limit: settings.agent.body_limit,
            allow_private: settings.agent.allow_private,
        })?;
        let context = AgentContext {
            pod: parts.pod.clone(),
            fetcher,
            read_slots: ReadSlots::default(),
            backlog: parts.backlog.clone(),
            store: parts.store.clone(),
            claimer: parts.claimer.clone(),
        };
        agents.extend((0..share).map(|_| {
            let context = context.clone();
            let agent = Agent::start_in_arbiter(&arbiter.handle(), |_| Agent::new(context));
            agent.recipient()
        }));
    }
    Ok(agents)
}

/// Returns how many agents each thread has: the first threads have one more where the agents do
/// not divide evenly.
fn divided(agents: usize, threads: usize) -> impl Iterator<Item = usize> {
    (0..threads).map(move |thread| agents / threads + usize::from(thread < agents % threads))
}

/// Starts a thread for each core, each with a watchdog.
fn start_arbiters(watchdogs: &Watchdogs) -> Vec<Arbiter> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (0..cores)
        .map(|_| {
            let arbiter = Arbiter::new();
            arbiter.spawn(feed(watchdogs.add("agents")));
            arbiter
        })
        .collect()
}

async fn feed(watchdog: Watchdog) {
    loop {
        watchdog.feed();
        time::sleep(FEED_INTERVAL).await;
    }
}

/// Wakes the claimer when the queue is filled. The claimer polls as well, so nothing is lost behind
/// a pooler, where no client may listen.
async fn listen_for_queue(db: Database, claimer: Addr<Claimer>) {
    loop {
        if let Ok(OwnSession(false)) = forward_notifications(&db, &claimer).await {
            info!("a pooler is in between: new rows of the queue are found by polling");
            return;
        }
        if !claimer.connected() {
            return;
        }
        time::sleep(LISTEN_RETRY_INTERVAL).await;
    }
}

/// Whether a connection has a session of its own.
struct OwnSession(bool);

/// Forwards notifications until the connection ends; returns at once where it has no session of
/// its own.
async fn forward_notifications(
    db: &Database,
    claimer: &Addr<Claimer>,
) -> Result<OwnSession, sqlx::Error> {
    let mut listener = in_time(PgListener::connect_with(db.pool())).await?;
    if !is_own_session(&mut listener).await? {
        return Ok(OwnSession(false));
    }
    listener.listen(QUEUE_CHANNEL).await?;
    while listener.try_recv().await?.is_some() {
        // A claimer whose mailbox is full claims anyway.
        let _ = claimer.try_send(QueueFilled);
    }
    Ok(OwnSession(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_agent_has_a_thread_and_threads_differ_by_at_most_one(agents in 0_usize..2_000, threads in 1_usize..130) {
            let shares: Vec<usize> = divided(agents, threads).collect();
            prop_assert_eq!(shares.iter().sum::<usize>(), agents);
            prop_assert!(shares.iter().all(|share| (agents / threads..=agents / threads + 1).contains(share)));
        }
    }
}
