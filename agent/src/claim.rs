//! The claimer: claims tasks for the free agents of the pod.
//!
//! Takes free slots, gives claims to agents. Keeps which slots are free. A claim commits at
//! once; what was claimed and lost with the process runs again when its lease ends. If the
//! database is away, slots stay free and the claimer tries again.
//!
//! One statement claims for all free agents of the pod. Many single-row claimers on a short queue
//! slow each other down.

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use actix::prelude::*;
use liveness::watchdog::{ExitOnPanic, Watchdog};
use schema::{
    connect::DatabaseFault,
    queue::{self, Claim},
};
use sqlx::PgPool;
use tracing::warn;

use crate::{
    database::{Backoff, in_time},
    job::{Freed, RunJob},
    metrics::Metrics,
    registration::{PodState, Registered, Registration, ReplaceRegistration},
    store::Backlog,
};

/// The activity that a stall report names.
const CLAIM_TASKS: &str = "claim tasks";
/// Time between two claims while the queue is empty and no notification comes.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// How long a few freed slots wait for more, so that each statement claims many tasks.
const BATCH_DELAY: Duration = Duration::from_millis(3);
/// Free slots at which a claim does not wait for more.
const FULL_BATCH: usize = 50;
/// Tasks of one claim, so that pods share the queue.
const MAX_CLAIMED: usize = 500;
/// Time between two claims that scan the queue from its beginning, for tasks that were left
/// behind.
const MIN_SWEEP_INTERVAL: Duration = Duration::from_secs(1);
const MAX_SWEEP_INTERVAL: Duration = Duration::from_secs(10);
/// Pause before the next such scan, as a multiple of the duration of the last one: a long
/// transaction elsewhere keeps dead rows in the queue, which every scan has to pass.
const SWEEP_PAUSE_FACTOR: u32 = 100;
/// Messages that may wait: one for each freed slot, and a few others.
const MAILBOX_CAPACITY: usize = 4096;

/// The actor that claims tasks and hands them to agents.
#[derive(Debug)]
pub struct Claimer {
    db: PgPool,
    registration: Option<Arc<Registration>>,
    heartbeat: Option<Recipient<ReplaceRegistration>>,
    agents: Vec<Recipient<RunJob>>,
    free: VecDeque<usize>,
    backlog: Backlog,
    state: Arc<PodState>,
    metrics: Metrics,
    /// Whether a claim is under way.
    claiming: bool,
    /// Whether the last claim found fewer tasks than it asked for, and nothing was queued since.
    queue_is_empty: bool,
    /// Whether something was queued while a claim was under way.
    queued_meanwhile: bool,
    /// The claim that waits for more free slots.
    delayed_claim: Option<SpawnHandle>,
    /// The scan starts here, above every job that this pod has claimed.
    from_job_id: i64,
    swept_at: Instant,
    sweep_interval: Duration,
    backoff: Backoff,
    not_before: Instant,
    watchdog: Watchdog,
    _guard: ExitOnPanic,
}

impl Claimer {
    /// Creates a claimer without agents, heartbeat and registration.
    #[must_use]
    pub fn new(
        db: PgPool,
        backlog: Backlog,
        state: Arc<PodState>,
        metrics: Metrics,
        watchdog: Watchdog,
    ) -> Self {
        Self {
            db,
            registration: None,
            heartbeat: None,
            agents: Vec::new(),
            free: VecDeque::new(),
            backlog,
            state,
            metrics,
            claiming: false,
            queue_is_empty: false,
            queued_meanwhile: false,
            delayed_claim: None,
            from_job_id: 0,
            swept_at: Instant::now(),
            sweep_interval: MIN_SWEEP_INTERVAL,
            backoff: Backoff::default(),
            not_before: Instant::now(),
            watchdog,
            _guard: ExitOnPanic::new("claimer"),
        }
    }

    /// Claims for all free slots, unless a claim is under way or must not be made now.
    fn claim(&mut self, ctx: &mut Context<Self>) {
        let must_wait = self.claiming
            || self.free.is_empty()
            || self.state.draining.load(Ordering::Relaxed)
            || self.backlog.is_full()
            || Instant::now() < self.not_before;
        let Some(registration) = self.registration.clone().filter(|_| !must_wait) else {
            return;
        };
        self.claiming = true;
        self.queued_meanwhile = false;
        // Reserve before the first await: the next message may run while this one waits.
        let count = self.free.len().min(MAX_CLAIMED);
        let slots: Vec<usize> = self.free.drain(..count).collect();
        let from_job_id = self.next_scan_start();
        // Permits count from here: where the statement is slow, they end early and not late.
        let sent_at = Instant::now();
        let db = self.db.clone();
        let activities = self.state.activities.clone();
        let claim = async move {
            let limit = u32::try_from(count).unwrap_or(u32::MAX);
            let claimed = in_time(queue::claim(&db, registration.pod_id, from_job_id, limit));
            let claimed = activities.note(CLAIM_TASKS, claimed).await;
            (claimed, registration)
        };
        let claim = claim.into_actor(self);
        ctx.spawn(claim.map(move |(claimed, registration), claimer, ctx| {
            claimer.claiming = false;
            let took = sent_at.elapsed();
            claimer.metrics.claim_duration.observe(took.as_secs_f64());
            if from_job_id == 0 {
                claimer.sweep_interval =
                    (took * SWEEP_PAUSE_FACTOR).clamp(MIN_SWEEP_INTERVAL, MAX_SWEEP_INTERVAL);
            }
            match claimed {
                Ok(claims) => claimer.hand_out(claims, slots, sent_at, &registration, ctx),
                Err(error) => {
                    claimer.free.extend(slots);
                    claimer.back_off(&error, registration);
                }
            }
            claimer.publish_slots();
        }));
        self.publish_slots();
    }

    /// Returns the job id from which the next claim scans: 0 when a sweep is due.
    fn next_scan_start(&mut self) -> i64 {
        if self.swept_at.elapsed() < self.sweep_interval {
            return self.from_job_id;
        }
        self.swept_at = Instant::now();
        0
    }

    fn hand_out(
        &mut self,
        claims: Vec<Claim>,
        slots: Vec<usize>,
        sent_at: Instant,
        registration: &Arc<Registration>,
        ctx: &mut Context<Self>,
    ) {
        self.backoff.reset();
        self.metrics.claim_tasks.inc_by(claims.len() as u64);
        let found_all = claims.len() == slots.len();
        let mut slots = slots.into_iter();
        for (claim, slot) in claims.into_iter().zip(slots.by_ref()) {
            self.from_job_id = self.from_job_id.max(claim.job_id + 1);
            self.metrics
                .claim_queued
                .observe(claim.queued.as_secs_f64());
            let job = RunJob {
                claim_sent_at: sent_at,
                deadline: sent_at + claim.permit,
                registration: registration.clone(),
                slot,
                claim,
            };
            // An agent is idle when its slot is free, so its mailbox has room; an agent that
            // ended has ended the process.
            if let Err(error) = self.agents[slot].try_send(job) {
                warn!(%error, slot, "an agent took no claim");
            }
        }
        self.free.extend(slots);
        // A task that was queued while this claim was under way may have been missed.
        self.queue_is_empty = !found_all && !mem::take(&mut self.queued_meanwhile);
        if !self.queue_is_empty {
            self.claim(ctx);
        }
    }

    /// Claims at once if many slots are free; else waits briefly for more free slots.
    fn claim_soon(&mut self, ctx: &mut Context<Self>) {
        if self.free.len() >= FULL_BATCH {
            self.claim(ctx);
        } else if self.delayed_claim.is_none() {
            self.delayed_claim = Some(ctx.run_later(BATCH_DELAY, |claimer, ctx| {
                claimer.delayed_claim = None;
                claimer.claim(ctx);
            }));
        }
    }

    /// Waits after a failed claim, and replaces the registration if that may have claimed tasks.
    fn back_off(&mut self, error: &sqlx::Error, registration: Arc<Registration>) {
        self.not_before = Instant::now() + self.backoff.next_after(error);
        // Without a connection nothing was sent, and a refused statement claims nothing;
        // otherwise the statement may have claimed.
        let is_unknown = DatabaseFault::of(error) == DatabaseFault::Unreachable;
        if !is_unknown || matches!(error, sqlx::Error::PoolTimedOut) {
            return;
        }
        self.registration = None;
        if let Some(heartbeat) = self.heartbeat.clone() {
            actix::spawn(async move {
                let replace = ReplaceRegistration(registration);
                if heartbeat.send(replace).await.is_err() {
                    warn!("the heartbeat has ended, so the registration is not replaced");
                }
            });
        }
    }

    fn busy(&self) -> usize {
        self.agents.len() - self.free.len()
    }

    fn publish_slots(&self) {
        let publish = |state, slots| {
            let slots = i64::try_from(slots).unwrap_or(i64::MAX);
            self.metrics
                .agent_slots
                .with_label_values(&[state])
                .set(slots);
        };
        publish("busy", self.busy());
        publish("free", self.free.len());
        let busy = i32::try_from(self.busy()).unwrap_or(i32::MAX);
        self.state.busy.store(busy, Ordering::Relaxed);
    }
}

impl Actor for Claimer {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_CAPACITY);
        ctx.run_interval(POLL_INTERVAL, |claimer, ctx| {
            claimer.watchdog.feed();
            claimer.claim(ctx);
        });
    }
}

/// Gives the claimer the agents that it claims for, all free, and the heartbeat that replaces
/// its registration.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct AttachAgents {
    /// One for each slot.
    pub agents: Vec<Recipient<RunJob>>,
    /// Registers the pod again where the answer to a claim was lost.
    pub heartbeat: Recipient<ReplaceRegistration>,
}

impl Handler<AttachAgents> for Claimer {
    type Result = ();

    fn handle(
        &mut self,
        AttachAgents { agents, heartbeat }: AttachAgents,
        ctx: &mut Self::Context,
    ) {
        self.free = (0..agents.len()).collect();
        self.agents = agents;
        self.heartbeat = Some(heartbeat);
        self.publish_slots();
        self.claim(ctx);
    }
}

impl Handler<Registered> for Claimer {
    type Result = ();

    fn handle(&mut self, Registered(registration): Registered, ctx: &mut Self::Context) {
        self.registration = registration;
        self.claim(ctx);
    }
}

/// Says that something was placed in the queue.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct QueueFilled;

impl Handler<QueueFilled> for Claimer {
    type Result = ();

    fn handle(&mut self, _: QueueFilled, ctx: &mut Self::Context) {
        self.queued_meanwhile = true;
        self.queue_is_empty = false;
        self.claim(ctx);
    }
}

impl Handler<Freed> for Claimer {
    type Result = ();

    fn handle(&mut self, Freed(slot): Freed, ctx: &mut Self::Context) {
        self.free.push_back(slot);
        self.publish_slots();
        // While the queue is empty, the poll and notifications claim.
        if !self.queue_is_empty {
            self.claim_soon(ctx);
        }
    }
}

/// Counts the slots that are not free.
#[derive(Debug, Message)]
#[rtype(result = "usize")]
pub struct CountBusySlots;

impl Handler<CountBusySlots> for Claimer {
    type Result = usize;

    fn handle(&mut self, _: CountBusySlots, _: &mut Self::Context) -> usize {
        self.busy()
    }
}
