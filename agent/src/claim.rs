//! The claimer: pulls tasks for the pod's free agents.
//!
//! Takes free slots, gives claims to agents. Keeps which slots are free. A claim
//! commits at once; what was claimed and lost with the process runs again when
//! its lease ends. If the database is away, slots stay free and it tries again.

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use actix::prelude::*;
use liveness::vital::{Pulse, Vital};
use schema::{
    connect::DatabaseFault,
    queue::{self, Claim},
};
use sqlx::PgPool;
use tracing::warn;

use crate::{
    database::{Backoff, in_time},
    heart::{Condition, Heart, Registration, Renew},
    job::{Agent, Run},
    metrics::Metrics,
    store::Backlog,
};

/// What is done here, in the words of a warning.
const CLAIM: &str = "claim tasks";
/// How often an idle claimer looks when nobody wakes it.
const POLL: Duration = Duration::from_millis(50);
/// How long a few freed slots wait for more, so that each claim takes many.
const LINGER: Duration = Duration::from_millis(3);
/// As many free slots do not wait.
const WORTH_A_CLAIM: usize = 50;
/// Tasks of one claim at most, so that pods share what is there.
const MOST_CLAIMED: usize = 500;
/// How often a look starts at the beginning of the queue, for what was left behind, and how
/// seldom at least.
const SWEEP: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));
/// Such a look wades through what a long transaction elsewhere keeps of the queue: the next one
/// comes so many times as long after it as it took.
const SWEEP_REST: u32 = 100;
/// Messages that may wait: a freed slot each, and a few others.
const MAILBOX: usize = 4096;

/// See the module.
#[derive(Debug)]
pub struct Claimer {
    db: PgPool,
    registration: Option<Arc<Registration>>,
    heart: Option<Addr<Heart>>,
    crew: Vec<Addr<Agent>>,
    free: VecDeque<usize>,
    backlog: Backlog,
    condition: Arc<Condition>,
    metrics: Metrics,
    /// A claim is under way.
    claiming: bool,
    /// The last look found less than asked for, and nothing was queued since.
    dry: bool,
    /// Something was queued while a claim was under way.
    woken: bool,
    /// A look is due in a moment.
    lingering: Option<SpawnHandle>,
    /// Above everything that this pod has claimed.
    from_job_id: i64,
    swept_at: Instant,
    sweep_again_after: Duration,
    backoff: Backoff,
    not_before: Instant,
    pulse: Pulse,
    _vital: Vital,
}

impl Claimer {
    /// Makes a claimer without agents, heart and registration.
    #[must_use]
    pub fn new(
        db: PgPool,
        backlog: Backlog,
        condition: Arc<Condition>,
        metrics: Metrics,
        pulse: Pulse,
    ) -> Self {
        Self {
            db,
            registration: None,
            heart: None,
            crew: Vec::new(),
            free: VecDeque::new(),
            backlog,
            condition,
            metrics,
            claiming: false,
            dry: false,
            woken: false,
            lingering: None,
            from_job_id: 0,
            swept_at: Instant::now(),
            sweep_again_after: SWEEP.0,
            backoff: Backoff::default(),
            not_before: Instant::now(),
            pulse,
            _vital: Vital::new("claimer"),
        }
    }

    /// Claims for all free slots, unless a claim is under way or there is a reason not to.
    fn fill(&mut self, ctx: &mut Context<Self>) {
        let hindered = self.claiming
            || self.free.is_empty()
            || self.condition.draining.load(Ordering::Relaxed)
            || self.backlog.is_full()
            || Instant::now() < self.not_before;
        let Some(registration) = self.registration.clone().filter(|_| !hindered) else {
            return;
        };
        self.claiming = true;
        self.woken = false;
        // Reserve before the first await: the next message may run while this one waits.
        let most = self.free.len().min(MOST_CLAIMED);
        let slots: Vec<usize> = self.free.drain(..most).collect();
        let from_job_id = self.next_look();
        // Permits count from here: a claim that travels slowly ends early, not late.
        let sent_at = Instant::now();
        let db = self.db.clone();
        let activities = self.condition.activities.clone();
        let claim = async move {
            let limit = u32::try_from(most).unwrap_or(u32::MAX);
            let claimed = in_time(queue::claim(&db, registration.pod_id, from_job_id, limit));
            let claimed = activities.note(CLAIM, claimed).await;
            (claimed, registration)
        };
        let claim = claim.into_actor(self);
        ctx.spawn(claim.map(move |(claimed, registration), claimer, ctx| {
            claimer.claiming = false;
            let took = sent_at.elapsed();
            claimer.metrics.claim_duration.observe(took.as_secs_f64());
            if from_job_id == 0 {
                claimer.sweep_again_after = (took * SWEEP_REST).clamp(SWEEP.0, SWEEP.1);
            }
            match claimed {
                Ok(claims) => claimer.hand_out(claims, slots, sent_at, &registration, ctx),
                Err(error) => {
                    claimer.free.extend(slots);
                    claimer.hold_off(&error, registration);
                }
            }
            claimer.show_slots();
        }));
        self.show_slots();
    }

    /// Where the next look starts; at the beginning now and then.
    fn next_look(&mut self) -> i64 {
        if self.swept_at.elapsed() < self.sweep_again_after {
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
        self.backoff.over();
        self.metrics.claim_tasks.inc_by(claims.len() as u64);
        let found_all = claims.len() == slots.len();
        let mut slots = slots.into_iter();
        for (claim, slot) in claims.into_iter().zip(slots.by_ref()) {
            self.from_job_id = self.from_job_id.max(claim.job_id + 1);
            self.metrics
                .claim_queued
                .observe(claim.queued.as_secs_f64());
            let run = Run {
                deadline: sent_at + claim.permit,
                registration: registration.clone(),
                slot,
                claim,
            };
            // An agent is idle when its slot is free, so there is room; one that is
            // gone ends the process.
            if let Err(error) = self.crew[slot].try_send(run) {
                warn!(%error, slot, "an agent took no claim");
            }
        }
        self.free.extend(slots);
        // Something was queued while this claim was under way: it may have missed it.
        self.dry = !found_all && !mem::take(&mut self.woken);
        if !self.dry {
            self.fill(ctx);
        }
    }

    /// Claims soon: at once if it is worth a statement, else with those that follow.
    fn fill_soon(&mut self, ctx: &mut Context<Self>) {
        if self.free.len() >= WORTH_A_CLAIM {
            self.fill(ctx);
        } else if self.lingering.is_none() {
            self.lingering = Some(ctx.run_later(LINGER, |claimer, ctx| {
                claimer.lingering = None;
                claimer.fill(ctx);
            }));
        }
    }

    fn hold_off(&mut self, error: &sqlx::Error, registration: Arc<Registration>) {
        self.not_before = Instant::now() + self.backoff.next_after(error);
        // Without a connection nothing was sent, and what the database refuses claims nothing;
        // otherwise it may have claimed.
        let is_unknown = DatabaseFault::of(error) == DatabaseFault::Unreachable;
        if !is_unknown || matches!(error, sqlx::Error::PoolTimedOut) {
            return;
        }
        self.registration = None;
        if let Some(heart) = self.heart.clone() {
            actix::spawn(async move {
                if heart.send(Renew(registration)).await.is_err() {
                    warn!("the heart is gone");
                }
            });
        }
    }

    fn show_slots(&self) {
        let busy = self.crew.len() - self.free.len();
        let show = |state, slots| {
            let slots = i64::try_from(slots).unwrap_or(i64::MAX);
            self.metrics
                .agent_slots
                .with_label_values(&[state])
                .set(slots);
        };
        show("busy", busy);
        show("free", self.free.len());
        let busy = i32::try_from(busy).unwrap_or(i32::MAX);
        self.condition.busy.store(busy, Ordering::Relaxed);
    }
}

impl Actor for Claimer {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX);
        ctx.run_interval(POLL, |claimer, ctx| {
            claimer.pulse.beat();
            claimer.fill(ctx);
        });
    }
}

/// The agents that the claimer works for, all free, and the heart it turns to.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Enlist {
    /// One for each slot.
    pub crew: Vec<Addr<Agent>>,
    /// Registers the pod anew.
    pub heart: Addr<Heart>,
}

impl Handler<Enlist> for Claimer {
    type Result = ();

    fn handle(&mut self, Enlist { crew, heart }: Enlist, ctx: &mut Self::Context) {
        self.free = (0..crew.len()).collect();
        self.crew = crew;
        self.heart = Some(heart);
        self.show_slots();
        self.fill(ctx);
    }
}

/// The pod is registered so, or not at all for now.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Registered(pub Option<Arc<Registration>>);

impl Handler<Registered> for Claimer {
    type Result = ();

    fn handle(&mut self, Registered(registration): Registered, ctx: &mut Self::Context) {
        self.registration = registration;
        self.fill(ctx);
    }
}

/// Something was placed in the queue.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Queued;

impl Handler<Queued> for Claimer {
    type Result = ();

    fn handle(&mut self, _: Queued, ctx: &mut Self::Context) {
        self.woken = true;
        self.dry = false;
        self.fill(ctx);
    }
}

/// The agent of this slot is free again.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Freed(pub usize);

impl Handler<Freed> for Claimer {
    type Result = ();

    fn handle(&mut self, Freed(slot): Freed, ctx: &mut Self::Context) {
        self.free.push_back(slot);
        self.show_slots();
        // An empty queue is asked by the poll and by those who fill it.
        if !self.dry {
            self.fill_soon(ctx);
        }
    }
}

/// How many slots are not free.
#[derive(Debug, Message)]
#[rtype(result = "usize")]
pub struct CountBusy;

impl Handler<CountBusy> for Claimer {
    type Result = usize;

    fn handle(&mut self, _: CountBusy, _: &mut Self::Context) -> usize {
        self.crew.len() - self.free.len()
    }
}
