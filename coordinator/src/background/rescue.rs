//! Rescue: gives the claims of dead pods back (invariant 2).
//!
//! It depends on nothing else: every coordinator rescues, whether it leads or not, in a task of
//! its own, on a connection of its own, by an outage clock of its own. Two at a time do no harm.
//!
//! An outage of the database says nothing about pods: leases that ran out meanwhile count only
//! after the database has served for a while (`rescue_after_outage`). An outage is a database that
//! cannot be reached or takes no writes; one that refuses a statement serves.

use std::time::{Duration, Instant};

use liveness::activity::Activities;
use schema::{
    connect::{DatabaseFault, takes_writes},
    pod::{self, Rescued},
};
use sqlx::PgPool;
use tracing::warn;

use super::BackgroundPass;
use crate::{
    database_uptime::DatabaseUptime, metrics::Metrics, schedule::suspects::DEATHS_TO_ISOLATE,
};

/// Time between two looks for dead pods, at least and at most.
const MIN_RESCUE_EVERY: Duration = Duration::from_secs(1);
const MAX_RESCUE_EVERY: Duration = Duration::from_secs(3);
/// Pause between two looks, as a multiple of the duration of the last look: it reads all claims,
/// and all dead rows that a long transaction elsewhere keeps.
const REST: u32 = 50;

/// Name of this work in a warning.
const RESCUE: &str = "give back the claims of dead pods";

/// Gives the claims of dead pods back.
#[derive(Debug)]
pub struct Rescuer {
    /// How long the database must have served before pods that were silent meanwhile are taken
    /// for dead.
    after_outage: Duration,
    uptime: DatabaseUptime,
    last_look_at: Option<Instant>,
    look_again_after: Duration,
    activities: Activities,
    metrics: Metrics,
}

impl Rescuer {
    /// Takes silent pods for dead once the database has served for `after_outage`.
    #[must_use]
    pub fn new(after_outage: Duration, activities: Activities, metrics: Metrics) -> Self {
        Self {
            after_outage,
            uptime: DatabaseUptime::default(),
            last_look_at: None,
            look_again_after: MIN_RESCUE_EVERY,
            activities,
            metrics,
        }
    }

    /// Notes whether the database serves, twice as often as pods are looked for.
    async fn probe(&mut self, db: &PgPool) -> Result<bool, sqlx::Error> {
        let probed = async { takes_writes(&mut *db.acquire().await?).await }.await;
        match &probed {
            Ok(true) => {
                self.uptime.answered();
            }
            Ok(false) => {
                self.uptime.failed(DatabaseFault::Unwritable);
            }
            Err(error) => {
                self.uptime.failed(DatabaseFault::of(error));
            }
        }
        probed
    }
}

impl BackgroundPass for Rescuer {
    type Report = Rescued;
    type Error = sqlx::Error;
    const NAME: &'static str = "rescue";
    const EVERY: Duration = Duration::from_millis(500);
    const MAX_RETRY: Duration = MIN_RESCUE_EVERY;

    async fn pass(&mut self, db: &PgPool) -> Result<Rescued, sqlx::Error> {
        let takes_writes = self.probe(db).await?;
        let is_due = self
            .last_look_at
            .is_none_or(|at| at.elapsed() >= self.look_again_after);
        // A pod that was silent while the database was away is not dead.
        if !takes_writes || !is_due || !self.uptime.for_at_least(self.after_outage) {
            return Ok(Rescued::default());
        }
        let began = Instant::now();
        self.last_look_at = Some(began);
        let rescued = pod::rescue(db, DEATHS_TO_ISOLATE.into());
        let rescued = self.activities.note(RESCUE, rescued).await;
        let rest = began.elapsed() * REST;
        self.look_again_after = rest.clamp(MIN_RESCUE_EVERY, MAX_RESCUE_EVERY);
        if let Err(error) = &rescued {
            self.uptime.failed(DatabaseFault::of(error));
        }
        rescued
    }

    fn log(&mut self, rescued: &Rescued) {
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
