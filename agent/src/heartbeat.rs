//! The heartbeat: renews the lease of the pod, replaces its registration, and ends it.
//!
//! Gives [`Registered`] to the claimer; keeps the registrations under which the pod has claims. If
//! the pod was declared dead, it registers again: results of old claims are refused, and their
//! tasks run elsewhere. A beat that hangs is given up after a third of the lease and tried on
//! another connection; a connection that no longer answers is closed after some seconds, where TCP
//! would keep it for a quarter of an hour after a failover.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use actix::prelude::*;
use liveness::{
    activity::Activities,
    watchdog::{ExitOnPanic, Watchdog},
};
use schema::{pod, progress};
use sqlx::PgPool;
use tracing::{info, warn};

use crate::{
    database::{in_time, within},
    registration::{Identity, PodState, Registered, Registration, ReplaceRegistration, register},
};

/// How often the actor checks whether a beat is due.
const TICK: Duration = Duration::from_millis(500);
/// The activity that a stall report names.
const RENEW_LEASE: &str = "renew the lease of the pod";
/// Time between a beat that failed and the next one.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// State of the statements of a beat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BeatState {
    Idle,
    InFlight,
    /// A beat is under way that does not include the latest change, so another must follow.
    InFlightAndStale,
    /// The pod has drained: nothing is sent any more, and soon there is no connection.
    Ended,
}

/// The actor that sends the heartbeats of a pod for all its registrations.
#[derive(Debug)]
pub struct Heartbeat {
    db: PgPool,
    identity: Identity,
    state: Arc<PodState>,
    claimer: Recipient<Registered>,
    current: Option<Arc<Registration>>,
    /// Registrations without new claims; each is ended when its last claim is stored.
    retiring: Vec<Arc<Registration>>,
    last_beat_at: Instant,
    beat_state: BeatState,
    /// Whether the last beat failed.
    failed: bool,
    watchdog: Watchdog,
    _guard: ExitOnPanic,
}

impl Heartbeat {
    /// Creates the heartbeat of a pod that was registered just now.
    #[must_use]
    pub fn new(
        db: PgPool,
        identity: Identity,
        state: Arc<PodState>,
        claimer: Recipient<Registered>,
        current: Arc<Registration>,
        watchdog: Watchdog,
    ) -> Self {
        Self {
            db,
            identity,
            state,
            claimer,
            current: Some(current),
            retiring: Vec::new(),
            last_beat_at: Instant::now(),
            beat_state: BeatState::Idle,
            failed: false,
            watchdog,
            _guard: ExitOnPanic::new("heartbeat"),
        }
    }

    fn is_draining(&self) -> bool {
        self.state.draining.load(Ordering::Relaxed)
    }

    fn tick(&mut self, ctx: &mut Context<Self>) {
        self.watchdog.feed();
        let current = self.current.as_deref();
        if current.is_some_and(Registration::must_be_replaced) {
            self.retire_current();
            self.beat_now(ctx);
            return;
        }
        let third = self.identity.lease / 3;
        let interval = if self.failed {
            third.min(RETRY_INTERVAL)
        } else {
            third
        };
        if self.last_beat_at.elapsed() >= interval || self.current.is_none() {
            self.beat(ctx);
        }
    }

    /// Renews every lease, ends registrations without claims, and registers if there is no
    /// current registration.
    fn beat(&mut self, ctx: &mut Context<Self>) {
        if self.beat_state != BeatState::Idle {
            return;
        }
        self.beat_state = BeatState::InFlight;
        self.last_beat_at = Instant::now();
        // Where only this list holds a registration, its last claim was stored.
        let (unused, retiring): (Vec<_>, Vec<_>) = std::mem::take(&mut self.retiring)
            .into_iter()
            .partition(|registration| Arc::strong_count(registration) == 1);
        self.retiring = retiring;
        let request = BeatRequest {
            current: self.current.as_ref().map(|current| current.pod_id),
            retiring: self.retiring.iter().map(|old| old.pod_id).collect(),
            to_end: unused.iter().map(|old| old.pod_id).collect(),
            registers: self.current.is_none() && !self.is_draining(),
            busy: self.state.busy.load(Ordering::Relaxed),
            draining: self.is_draining(),
            stall: self.state.stall(),
        };
        let (db, identity) = (self.db.clone(), self.identity.clone());
        let activities = self.state.activities.clone();
        let outcome = async move { request.send(&db, &identity, &activities).await };
        let outcome = outcome.into_actor(self);
        ctx.spawn(outcome.map(|outcome, heartbeat, ctx| {
            if heartbeat.beat_state == BeatState::Ended {
                return;
            }
            let before = std::mem::replace(&mut heartbeat.beat_state, BeatState::Idle);
            let not_ended = unused
                .into_iter()
                .filter(|old| !outcome.ended.contains(&old.pod_id));
            heartbeat.retiring.extend(not_ended);
            heartbeat.apply(outcome);
            if before == BeatState::InFlightAndStale {
                heartbeat.beat(ctx);
            }
        }));
    }

    /// Beats now, or again as soon as the beat under way has ended: that one may carry the
    /// state of before.
    fn beat_now(&mut self, ctx: &mut Context<Self>) {
        match self.beat_state {
            BeatState::Idle => self.beat(ctx),
            BeatState::InFlight => self.beat_state = BeatState::InFlightAndStale,
            BeatState::InFlightAndStale | BeatState::Ended => {}
        }
    }

    /// Stops new claims under the current registration; the next beat registers the pod again.
    fn retire_current(&mut self) {
        self.retiring.extend(self.current.take());
        self.announce(None);
    }

    fn apply(&mut self, outcome: BeatOutcome) {
        match (self.failed, &outcome.failure) {
            (false, Some(error)) => warn!(
                error = error as &dyn std::error::Error,
                "no heartbeat could be sent, trying again each second"
            ),
            (true, None) => info!("heartbeats are sent again"),
            _ => {}
        }
        self.failed = outcome.failure.is_some();
        let is_dead =
            |registration: &Arc<Registration>| outcome.dead.contains(&registration.pod_id);
        let all = self.retiring.iter().chain(&self.current);
        for registration in all.filter(|registration| is_dead(registration)) {
            registration.mark_lost();
        }
        self.retiring.retain(|registration| !is_dead(registration));
        if self.current.as_ref().is_some_and(is_dead) {
            warn!("the leader ended this pod; its claims run elsewhere");
            self.current = None;
            self.announce(None);
        }
        if let Some(registration) = outcome.registered {
            self.current = Some(registration.clone());
            self.announce(Some(registration));
        }
    }

    /// Sends the registration to the claimer, and notes it for `/ready`.
    fn announce(&self, registration: Option<Arc<Registration>>) {
        let is_registered = registration.is_some();
        self.state
            .registered
            .store(is_registered, Ordering::Relaxed);
        let sent = self.claimer.send(Registered(registration));
        actix::spawn(async move {
            if sent.await.is_err() {
                warn!("the claimer has ended, so it gets no registration");
            }
        });
    }
}

impl Actor for Heartbeat {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(TICK.min(self.identity.lease / 6), Self::tick);
    }
}

impl Handler<ReplaceRegistration> for Heartbeat {
    type Result = ();

    fn handle(
        &mut self,
        ReplaceRegistration(doubtful): ReplaceRegistration,
        ctx: &mut Self::Context,
    ) {
        if self.current.as_ref() == Some(&doubtful) {
            self.retire_current();
        }
        drop(doubtful);
        self.beat_now(ctx);
    }
}

/// Sends a heartbeat at once, so that the leader learns of a drain.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct BeatNow;

impl Handler<BeatNow> for Heartbeat {
    type Result = ();

    fn handle(&mut self, _: BeatNow, ctx: &mut Self::Context) {
        self.beat_now(ctx);
    }
}

/// Ends all registrations of the pod, which has drained.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), sqlx::Error>")]
pub struct EndRegistrations;

impl Handler<EndRegistrations> for Heartbeat {
    type Result = ResponseFuture<Result<(), sqlx::Error>>;

    fn handle(&mut self, _: EndRegistrations, _: &mut Self::Context) -> Self::Result {
        self.beat_state = BeatState::Ended;
        let all = self.retiring.drain(..).chain(self.current.take());
        let pod_ids: Vec<i32> = all.map(|registration| registration.pod_id).collect();
        let db = self.db.clone();
        Box::pin(async move {
            for pod_id in pod_ids {
                in_time(pod::end(&db, pod_id)).await?;
            }
            Ok(())
        })
    }
}

/// The content of one beat.
struct BeatRequest {
    current: Option<i32>,
    retiring: Vec<i32>,
    /// Registrations without claims.
    to_end: Vec<i32>,
    /// Whether it registers the pod.
    registers: bool,
    busy: i32,
    draining: bool,
    stall: Option<String>,
}

/// The result of one beat.
#[derive(Default)]
struct BeatOutcome {
    /// Registrations that the leader has ended.
    dead: Vec<i32>,
    registered: Option<Arc<Registration>>,
    /// Registrations of [`BeatRequest::to_end`] that were ended.
    ended: Vec<i32>,
    /// Why the statements after these were not run.
    failure: Option<sqlx::Error>,
}

impl BeatRequest {
    async fn send(self, db: &PgPool, identity: &Identity, activities: &Activities) -> BeatOutcome {
        let mut outcome = BeatOutcome::default();
        let sent = activities.note(RENEW_LEASE, self.run_statements(db, identity, &mut outcome));
        let sent = sent.await;
        outcome.failure = sent.err();
        outcome
    }

    async fn run_statements(
        &self,
        db: &PgPool,
        identity: &Identity,
        outcome: &mut BeatOutcome,
    ) -> Result<(), sqlx::Error> {
        // A statement that hangs must not cost the lease: this leaves time for another one on
        // another connection.
        let at_most = identity.lease / 3;
        let current = self.current.map(|pod_id| (pod_id, self.draining));
        let retiring = self.retiring.iter().map(|&pod_id| (pod_id, true));
        for (pod_id, draining) in current.into_iter().chain(retiring) {
            let beat = pod::beat(db, pod_id, identity.lease, self.busy, draining);
            if !within(at_most, beat).await? {
                outcome.dead.push(pod_id);
            }
        }
        if let Some(pod_id) = self.current {
            let stall = self.stall.as_deref();
            within(at_most, progress::note_of_pod(db, pod_id, stall)).await?;
        }
        if self.registers {
            outcome.registered = Some(register(db, identity).await?);
        }
        for &pod_id in &self.to_end {
            within(at_most, pod::end(db, pod_id)).await?;
            outcome.ended.push(pod_id);
        }
        Ok(())
    }
}
