//! The leader's loop: election, ticks, upkeep; and what a coordinator does that
//! does not lead, which is to wait for its turn.
//!
//! If the database is away, the loop waits and tries again; if the leadership is
//! lost, the schedule is forgotten; if the process dies, another takes over when
//! the lease has run out, and rebuilds the schedule from the database.

use std::{
    error::Error,
    time::{Duration, Instant},
};

use agent::vital::Pulse;
use schema::{
    health,
    leader::{self, Term},
    pod::{self, Rescued},
};
use sqlx::PgPool;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::{debug, info, warn};
use uuid::Uuid;

use crate::{
    export::background, metrics::Metrics, policy::Policy, rollup,
    schedule::suspect::DEATHS_TO_ISOLATE, steady::Steady, storage, tick::Leadership,
};

/// How the leader leads.
#[derive(Debug, Clone)]
pub struct LeadSettings {
    /// Name of this process, for people.
    pub name: String,
    /// How long a leader may be silent before another takes over.
    pub lease: Duration,
    /// Time between two looks at what ended and what is due.
    pub tick: Duration,
    /// How long the database must have answered before pods that were silent
    /// meanwhile are taken for dead.
    pub rescue_after_outage: Duration,
    /// How it is decided when a task is due.
    pub policy: Policy,
    /// How long after its start and its last snapshot a showtime is sealed.
    pub seal_after: Duration,
    /// What is exported without being asked for, if anything is.
    pub export: Option<background::Schedule>,
}

/// Time between two beats of the pulse while a schedule is read.
const BEAT_EVERY: Duration = Duration::from_secs(1);

/// Time between two looks for dead pods, at least and at most.
const RESCUE_EVERY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(3));
/// A look reads through all claims, and what a long transaction elsewhere keeps of them: the next
/// one comes so many times as long after it as it took.
const RESCUE_REST: u32 = 50;

/// Time between two looks at the quarantined answers, and how many are kept of each step.
const BOUND_QUARANTINE_EVERY: Duration = Duration::from_secs(30);
const MOST_QUARANTINED: i64 = 20;

/// Time between two checks that tomorrow's partitions are there.
const PARTITION_EVERY: Duration = Duration::from_mins(30);

/// Leads when it can, until `stop`; `pulse` beats as long as the loop turns.
pub async fn lead(
    db: PgPool,
    settings: LeadSettings,
    metrics: Metrics,
    pulse: Pulse,
    stop: CancellationToken,
) {
    let mut coordinator = Coordinator {
        holder: Uuid::new_v4(),
        db,
        settings,
        metrics,
        leadership: None,
        storage: None,
        renewed: None,
        rescued: Instant::now(),
        rescue_again_after: RESCUE_EVERY.0,
        partitioned: None,
        bounded: Instant::now(),
        steady: Steady::default(),
        pulse,
    };
    let mut ticks = interval(coordinator.settings.tick);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            _ = ticks.tick() => {}
        }
        coordinator.pulse.beat();
        let pause = match coordinator.beat().await {
            Ok(pause) => pause,
            Err(error) => {
                if let Some(leadership) = &mut coordinator.leadership {
                    leadership.cut_off();
                }
                if coordinator.steady.failed() {
                    warn!(
                        error = &error as &dyn Error,
                        "the database does not answer, trying on"
                    );
                }
                coordinator.settings.tick.max(Duration::from_millis(250))
            }
        };
        tokio::select! {
            () = stop.cancelled() => break,
            () = sleep(pause) => {}
        }
    }
    coordinator.resign().await;
}

struct Coordinator {
    holder: Uuid,
    db: PgPool,
    settings: LeadSettings,
    metrics: Metrics,
    leadership: Option<Leadership>,
    /// Stops what is done at leisure when the leadership is over.
    storage: Option<DropGuard>,
    renewed: Option<Instant>,
    rescued: Instant,
    rescue_again_after: Duration,
    partitioned: Option<Instant>,
    bounded: Instant,
    steady: Steady,
    pulse: Pulse,
}

impl Coordinator {
    /// One turn of the loop; returns how long to wait beyond the tick.
    async fn beat(&mut self) -> Result<Duration, sqlx::Error> {
        if self.is_renewal_due() {
            self.renew().await?;
        }
        let Some(leadership) = &mut self.leadership else {
            // Not more often than the lease asks for.
            return Ok(self.settings.lease / 10);
        };
        leadership.tick(&self.db, &self.metrics).await?;
        if self.steady.answered() {
            info!("the database answers again");
        }
        self.keep_up().await?;
        Ok(Duration::ZERO)
    }

    fn is_renewal_due(&self) -> bool {
        self.renewed.is_none_or(|renewed| {
            self.leadership.is_none() || renewed.elapsed() > self.settings.lease / 3
        })
    }

    async fn renew(&mut self) -> Result<(), sqlx::Error> {
        let term = self.ask_to_lead().await?;
        self.steady.answered();
        self.renewed = Some(Instant::now());
        match (term, &self.leadership) {
            (Some(term), Some(leadership)) if leadership.term() == term => {}
            (Some(term), _) => self.take_over(term).await?,
            (None, Some(_)) => {
                warn!("another coordinator leads now");
                self.step_down();
            }
            (None, None) => debug!("another coordinator leads"),
        }
        Ok(())
    }

    async fn ask_to_lead(&self) -> Result<Option<Term>, sqlx::Error> {
        let LeadSettings { name, lease, .. } = &self.settings;
        leader::lead(&self.db, self.holder, name, *lease).await
    }

    async fn take_over(&mut self, term: Term) -> Result<(), sqlx::Error> {
        let began = Instant::now();
        // A schedule may take longer to read than the lease lasts: without renewals another
        // would take over meanwhile, and so in turn.
        let mut renewals = interval(self.settings.lease / 3);
        renewals.reset();
        // Nor does it hang meanwhile; a statement that does is ended by the database.
        let mut beats = interval(BEAT_EVERY);
        let rebuilding = Leadership::take_over(&self.db, term, self.settings.policy);
        tokio::pin!(rebuilding);
        let leadership = loop {
            tokio::select! {
                rebuilt = &mut rebuilding => break rebuilt?,
                _ = beats.tick() => self.pulse.beat(),
                _ = renewals.tick() => {
                    if self.ask_to_lead().await? != Some(term) {
                        return Ok(());
                    }
                }
            }
        };
        info!(
            epoch = term.epoch,
            tasks = leadership.census().tasks,
            outstanding = leadership.census().outstanding,
            took = ?began.elapsed(),
            "this coordinator leads"
        );
        self.metrics.leader.set(1);
        self.leadership = Some(leadership);
        self.storage = Some(self.keep_storage());
        Ok(())
    }

    /// Keeps rollups up, exports, seals and retires beside the ticks, until the guard is dropped.
    fn keep_storage(&self) -> DropGuard {
        let stop = CancellationToken::new();
        let (db, metrics) = (self.db.clone(), self.metrics.clone());
        let quiet = self.settings.seal_after;
        tokio::spawn(rollup::keep(
            db.clone(),
            metrics.rollup.clone(),
            stop.clone(),
        ));
        if let Some(schedule) = self.settings.export.clone() {
            let metrics = metrics.export.clone();
            let stop = stop.clone();
            tokio::spawn(background::keep(db.clone(), schedule, metrics, stop));
        }
        tokio::spawn(storage::keep(db, quiet, metrics, stop.clone()));
        stop.drop_guard()
    }

    fn step_down(&mut self) {
        self.leadership = None;
        self.storage = None;
        self.metrics.leader.set(0);
    }

    /// The passes that a leader makes beside its ticks.
    async fn keep_up(&mut self) -> Result<(), sqlx::Error> {
        // A pod that was silent while the database was away is not dead.
        let may_rescue = self.steady.for_at_least(self.settings.rescue_after_outage);
        if may_rescue && self.rescued.elapsed() > self.rescue_again_after {
            self.rescued = Instant::now();
            let rescued = pod::rescue(&self.db, DEATHS_TO_ISOLATE.into()).await?;
            let rest = self.rescued.elapsed() * RESCUE_REST;
            self.rescue_again_after = rest.clamp(RESCUE_EVERY.0, RESCUE_EVERY.1);
            if rescued != Rescued::default() {
                warn!(
                    pods = rescued.pods,
                    claims = rescued.claims,
                    isolated = rescued.isolated,
                    "dead pods' claims given back"
                );
                self.metrics
                    .rescued_claims
                    .inc_by(u64::try_from(rescued.claims).unwrap_or(0));
            }
        }
        if self
            .partitioned
            .is_none_or(|at| at.elapsed() > PARTITION_EVERY)
        {
            let made = schema::migrate::ensure_partitions(&self.db).await?;
            self.partitioned = Some(Instant::now());
            if made > 0 {
                info!(made, "partitions made ahead");
            }
        }
        if self.bounded.elapsed() > BOUND_QUARANTINE_EVERY {
            self.bounded = Instant::now();
            let dropped = health::bound_quarantine(&self.db, MOST_QUARANTINED).await?;
            debug!(dropped, "quarantined answers bounded");
        }
        Ok(())
    }

    async fn resign(&mut self) {
        self.storage = None;
        let Some(leadership) = &mut self.leadership else {
            return;
        };
        let farewell = async {
            leadership.write_back(&self.db).await?;
            leadership.write_curves(&self.db).await?;
            leader::resign(&self.db, leadership.term()).await
        };
        match timeout(Duration::from_secs(5), farewell).await {
            Ok(Ok(())) => info!("resigned, another coordinator may lead at once"),
            Ok(Err(error)) => warn!(error = &error as &dyn Error, "left without resigning"),
            Err(_) => warn!("left without resigning: the database does not answer"),
        }
    }
}
