//! The heart: registers the pod, renews its lease, and ends it.
//!
//! Takes nothing, gives [`Registered`] to the claimer. Keeps under which
//! registrations the pod has claims. If the leader ended the pod, it registers
//! anew: results of old claims are refused, and the tasks run elsewhere.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI32, Ordering},
    },
    time::{Duration, Instant},
};

use actix::prelude::*;
use liveness::{
    activity::Activities,
    vital::{Pulse, Vital},
};
use schema::{
    pod::{self, NewPod},
    progress,
};
use sqlx::PgPool;
use tracing::{info, warn};

use crate::{
    claim::{Claimer, Registered},
    database::{in_time, within},
};

/// How often the heart looks whether a beat is due.
const TICK: Duration = Duration::from_millis(500);
/// What is done here, in the words of a warning.
const BEAT: &str = "renew the lease of the pod";
/// How soon after a beat that failed the next one is tried.
const AGAIN: Duration = Duration::from_secs(1);

/// A registration of this pod. Every claim under way holds it, so that the heart
/// keeps it alive until the last of them is stored.
#[derive(Debug, PartialEq, Eq)]
pub struct Registration {
    /// The row of the pod.
    pub pod_id: i32,
}

/// What the pod says of itself.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Name of the pod.
    pub name: String,
    /// Jobs that it can run at a time.
    pub agents: i32,
    /// How long it may be silent.
    pub lease: Duration,
}

/// What the parts of a pod know of each other without asking.
#[derive(Debug, Default)]
pub struct Condition {
    /// Whether the leader knows the pod.
    pub registered: AtomicBool,
    /// Whether the pod claims no more and will end.
    pub draining: AtomicBool,
    /// Jobs under way.
    pub busy: AtomicI32,
    /// How the parts fare with the database.
    pub activities: Activities,
    /// Why the pod does not go on, if it does not.
    pub stall: Mutex<Option<String>>,
}

impl Condition {
    fn stall(&self) -> Option<String> {
        let stall = self.stall.lock().unwrap_or_else(PoisonError::into_inner);
        stall.clone()
    }
}

/// Registers the pod.
///
/// # Errors
///
/// If the statement fails.
pub async fn register(db: &PgPool, identity: &Identity) -> Result<Arc<Registration>, sqlx::Error> {
    let new = NewPod {
        name: &identity.name,
        version: env!("CARGO_PKG_VERSION"),
        agents: identity.agents,
        lease: identity.lease,
    };
    let pod_id = in_time(pod::register(db, &new)).await?;
    info!(pod = pod_id, name = identity.name, "registered");
    Ok(Arc::new(Registration { pod_id }))
}

/// Whether a beat is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beating {
    No,
    /// One is.
    Yes,
    /// One is, and there is something to say that it does not say.
    YesAndAgain,
    /// The pod has drained: there is nothing to say any more, and soon no connection.
    Over,
}

/// Sends the heartbeats of a pod for all its registrations.
#[derive(Debug)]
pub struct Heart {
    db: PgPool,
    identity: Identity,
    condition: Arc<Condition>,
    claimer: Addr<Claimer>,
    current: Option<Arc<Registration>>,
    /// Not used for new claims; ended when their last claim is.
    retiring: Vec<Arc<Registration>>,
    beaten_at: Instant,
    beating: Beating,
    /// The last beat did.
    failed: bool,
    pulse: Pulse,
    _vital: Vital,
}

impl Heart {
    /// Makes the heart of a pod that was registered just now.
    #[must_use]
    pub fn new(
        db: PgPool,
        identity: Identity,
        condition: Arc<Condition>,
        claimer: Addr<Claimer>,
        current: Arc<Registration>,
        pulse: Pulse,
    ) -> Self {
        Self {
            db,
            identity,
            condition,
            claimer,
            current: Some(current),
            retiring: Vec::new(),
            beaten_at: Instant::now(),
            beating: Beating::No,
            failed: false,
            pulse,
            _vital: Vital::new("heart"),
        }
    }

    fn is_draining(&self) -> bool {
        self.condition.draining.load(Ordering::Relaxed)
    }

    fn tick(&mut self, ctx: &mut Context<Self>) {
        self.pulse.beat();
        let third = self.identity.lease / 3;
        let rest = if self.failed { third.min(AGAIN) } else { third };
        if self.beaten_at.elapsed() >= rest || self.current.is_none() {
            self.beat(ctx);
        }
    }

    /// Beats for every registration; ends those without claims; registers if there is none.
    fn beat(&mut self, ctx: &mut Context<Self>) {
        if self.beating != Beating::No {
            return;
        }
        self.beating = Beating::Yes;
        self.beaten_at = Instant::now();
        // Only this list still holds it: its last claim was stored.
        let (over, retiring): (Vec<_>, Vec<_>) = std::mem::take(&mut self.retiring)
            .into_iter()
            .partition(|registration| Arc::strong_count(registration) == 1);
        self.retiring = retiring;
        let round = Round {
            current: self.current.as_ref().map(|current| current.pod_id),
            retiring: self.retiring.iter().map(|old| old.pod_id).collect(),
            over: over.iter().map(|old| old.pod_id).collect(),
            register: self.current.is_none() && !self.is_draining(),
            busy: self.condition.busy.load(Ordering::Relaxed),
            draining: self.is_draining(),
            stall: self.condition.stall(),
        };
        let (db, identity) = (self.db.clone(), self.identity.clone());
        let activities = self.condition.activities.clone();
        let beaten = async move { round.beat(&db, &identity, &activities).await };
        let beaten = beaten.into_actor(self);
        ctx.spawn(beaten.map(|beaten, heart, ctx| {
            if heart.beating == Beating::Over {
                return;
            }
            let before = std::mem::replace(&mut heart.beating, Beating::No);
            let not_ended = over
                .into_iter()
                .filter(|old| !beaten.ended.contains(&old.pod_id));
            heart.retiring.extend(not_ended);
            heart.learn(beaten);
            if before == Beating::YesAndAgain {
                heart.beat(ctx);
            }
        }));
    }

    /// Beats now, or as soon as the beat under way is over: that one may say what was so before.
    fn beat_soon(&mut self, ctx: &mut Context<Self>) {
        match self.beating {
            Beating::No => self.beat(ctx),
            Beating::Yes => self.beating = Beating::YesAndAgain,
            Beating::YesAndAgain | Beating::Over => {}
        }
    }

    fn learn(&mut self, beaten: Beaten) {
        match (self.failed, &beaten.failure) {
            (false, Some(error)) => warn!(
                error = error as &dyn std::error::Error,
                "no heartbeat, trying again each second"
            ),
            (true, None) => info!("the heart beats again"),
            _ => {}
        }
        self.failed = beaten.failure.is_some();
        let is_dead = |registration: &Arc<Registration>| beaten.dead.contains(&registration.pod_id);
        self.retiring.retain(|registration| !is_dead(registration));
        if self.current.as_ref().is_some_and(is_dead) {
            warn!("the leader ended this pod; its claims run elsewhere");
            self.current = None;
            self.tell(None);
        }
        if let Some(registration) = beaten.registered {
            self.current = Some(registration.clone());
            self.tell(Some(registration));
        }
    }

    fn tell(&self, registration: Option<Arc<Registration>>) {
        let known = registration.is_some();
        self.condition.registered.store(known, Ordering::Relaxed);
        let told = self.claimer.send(Registered(registration));
        actix::spawn(async move {
            if told.await.is_err() {
                warn!("the claimer is gone");
            }
        });
    }
}

impl Actor for Heart {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(TICK.min(self.identity.lease / 6), Self::tick);
    }
}

/// The answer to a claim was lost: what it claimed, if anything, is nobody's until
/// the registration ends. New claims need another; the old one lives as long as
/// its known claims.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Renew(pub Arc<Registration>);

impl Handler<Renew> for Heart {
    type Result = ();

    fn handle(&mut self, Renew(doubtful): Renew, ctx: &mut Self::Context) {
        if self.current.as_ref() == Some(&doubtful) {
            self.retiring.extend(self.current.take());
            self.tell(None);
        }
        drop(doubtful);
        self.beat_soon(ctx);
    }
}

/// Beats at once, so that the leader hears of a drain.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Hurry;

impl Handler<Hurry> for Heart {
    type Result = ();

    fn handle(&mut self, _: Hurry, ctx: &mut Self::Context) {
        self.beat_soon(ctx);
    }
}

/// Ends all registrations of the pod, which has drained.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), sqlx::Error>")]
pub struct End;

impl Handler<End> for Heart {
    type Result = ResponseFuture<Result<(), sqlx::Error>>;

    fn handle(&mut self, _: End, _: &mut Self::Context) -> Self::Result {
        self.beating = Beating::Over;
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

/// What one beat shall do.
struct Round {
    current: Option<i32>,
    retiring: Vec<i32>,
    over: Vec<i32>,
    register: bool,
    busy: i32,
    draining: bool,
    stall: Option<String>,
}

/// What one beat found.
#[derive(Default)]
struct Beaten {
    dead: Vec<i32>,
    registered: Option<Arc<Registration>>,
    /// Of those that are over.
    ended: Vec<i32>,
    /// Why the rest was not done.
    failure: Option<sqlx::Error>,
}

impl Round {
    async fn beat(self, db: &PgPool, identity: &Identity, activities: &Activities) -> Beaten {
        let mut beaten = Beaten::default();
        let ended = activities.note(BEAT, self.beat_all(db, identity, &mut beaten));
        let ended = ended.await;
        beaten.failure = ended.err();
        beaten
    }

    async fn beat_all(
        &self,
        db: &PgPool,
        identity: &Identity,
        beaten: &mut Beaten,
    ) -> Result<(), sqlx::Error> {
        // One that hangs may not cost the lease: there is time for another on another connection.
        let at_most = identity.lease / 3;
        let current = self.current.map(|pod_id| (pod_id, self.draining));
        let retiring = self.retiring.iter().map(|&pod_id| (pod_id, true));
        for (pod_id, draining) in current.into_iter().chain(retiring) {
            let beat = pod::beat(db, pod_id, identity.lease, self.busy, draining);
            if !within(at_most, beat).await? {
                beaten.dead.push(pod_id);
            }
        }
        if let Some(pod_id) = self.current {
            let stall = self.stall.as_deref();
            within(at_most, progress::note_of_pod(db, pod_id, stall)).await?;
        }
        if self.register {
            beaten.registered = Some(register(db, identity).await?);
        }
        for &pod_id in &self.over {
            within(at_most, pod::end(db, pod_id)).await?;
            beaten.ended.push(pod_id);
        }
        Ok(())
    }
}
