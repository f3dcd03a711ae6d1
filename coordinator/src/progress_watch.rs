//! Watches whether work goes on, in every coordinator. A stall is shown in the log, at `/ready`,
//! as a metric, and in the row of the leader in the database.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use liveness::{
    activity::Activities,
    stall::{Facts, MAX_IDLE, StallWatch, judge},
};
use schema::{
    connect::in_time,
    leader::Term,
    progress::{self, Progress},
};
use sqlx::PgPool;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::debug;

/// Time between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(3);
/// One of this many looks reads all rows of the queue.
const LOOKS_PER_FULL_LOOK: u32 = 20;
/// How long the database may take to answer.
const MAX_ANSWER_TIME: Duration = Duration::from_secs(10);
/// Name of the work of the watch in a warning.
const READ_PROGRESS: &str = "read how far the fleet is";

/// State of the leader's loop that the watch judges; cloned handles share it.
#[derive(Debug, Clone, Default)]
pub struct LeaderView(Arc<Mutex<Led>>);

#[derive(Debug, Clone, Copy, Default)]
struct Led {
    term: Option<Term>,
    due: usize,
}

impl LeaderView {
    /// Notes in which term this coordinator leads, if it does, and how many tasks are due and not
    /// placed.
    pub fn note(&self, term: Option<Term>, due: usize) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Led { term, due };
    }

    fn read(&self) -> Led {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Watches the progress of the fleet.
#[derive(Debug, Clone)]
pub struct ProgressWatch {
    /// The failures of this coordinator with the database.
    pub activities: Activities,
    /// State of the leader's loop, if this coordinator leads.
    pub leader: LeaderView,
    /// Shows the stall.
    pub stall: StallWatch,
}

/// How long something has held at every look.
#[derive(Debug, Default)]
struct Spell(Option<Instant>);

impl Spell {
    fn lasts(&mut self, holds: bool, now: Instant) -> Duration {
        let since = self.0.filter(|_| holds).or(holds.then_some(now));
        self.0 = since;
        since.map_or(Duration::ZERO, |since| now.duration_since(since))
    }
}

/// Where a look starts among the jobs, so that it does not pass the dead rows below.
#[derive(Debug, Default)]
struct Start {
    first_job_id: i64,
    looks: u32,
}

impl Start {
    /// Returns the number of the job to start from: that of the oldest job at the look before,
    /// or 0 now and then, because a lower number may have been stored later.
    fn next(&mut self) -> i64 {
        self.looks = self.looks.wrapping_add(1);
        if self.looks.is_multiple_of(LOOKS_PER_FULL_LOOK) {
            return 0;
        }
        self.first_job_id
    }

    /// Notes the oldest job of a look. Without one, a crash may have emptied the queue and given
    /// its numbers again.
    fn note(&mut self, first_job_id: Option<i64>) {
        self.first_job_id = first_job_id.unwrap_or(0);
    }
}

#[derive(Debug, Default)]
struct Spells {
    unclaimed: Spell,
    without_pods: Spell,
}

impl Spells {
    fn facts(&mut self, fleet: Progress, due: usize, now: Instant) -> Facts {
        let is_unclaimed = fleet.waiting > 0 && fleet.free_agents > 0 && !fleet.has_claimed_lately;
        let has_work = due > 0 || fleet.waiting > 0;
        Facts {
            unclaimed_for: self.unclaimed.lasts(is_unclaimed, now),
            without_pods_for: self.without_pods.lasts(has_work && fleet.pods == 0, now),
            fleet: Some(fleet),
            failures: Vec::new(),
        }
    }
}

impl ProgressWatch {
    /// Looks until `stop`.
    pub async fn run(self, db: PgPool, stop: CancellationToken) {
        let (mut spells, mut start) = (Spells::default(), Start::default());
        while !stop.is_cancelled() {
            self.look(&db, &mut spells, &mut start).await;
            tokio::select! {
                () = stop.cancelled() => {}
                () = sleep(LOOK_EVERY) => {}
            }
        }
    }

    async fn look(&self, db: &PgPool, spells: &mut Spells, start: &mut Start) {
        let read = in_time(MAX_ANSWER_TIME, progress::read(db, MAX_IDLE, start.next()));
        let read = self.activities.note(READ_PROGRESS, read).await;
        let led = self.leader.read();
        let mut facts = match read {
            Ok(mut fleet) => {
                start.note(fleet.first_job_id);
                // Its own stall of the look before is no fact.
                if led.term.is_some() {
                    fleet.leader_stall = None;
                }
                spells.facts(fleet, led.due, Instant::now())
            }
            Err(_) => Facts::default(),
        };
        facts.failures = self.activities.failures();
        self.stall.update(judge(&facts));
        if let Some(term) = led.term {
            let text = self.stall.text();
            let noted = progress::note_of_leader(db, term, text.as_deref());
            if let Err(error) = in_time(MAX_ANSWER_TIME, noted).await {
                debug!(%error, "the stall of the leader could not be stored");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use liveness::stall::StallReason;

    use super::*;

    fn waiting() -> Progress {
        Progress {
            takes_writes: true,
            pods: 1,
            free_agents: 5,
            waiting: 2,
            ..Progress::default()
        }
    }

    /// Invariant 9: a look does not pass the dead rows that an open transaction keeps.
    #[test]
    fn a_look_starts_at_the_oldest_job_and_one_of_many_at_the_first_row() {
        let mut start = Start::default();
        let mut from = 0;
        let mut full_looks = 0;
        for _ in 0..2 * LOOKS_PER_FULL_LOOK {
            from = start.next();
            full_looks += u32::from(from == 0);
            start.note(Some(4711));
        }
        assert_eq!((full_looks, from), (3, 0), "the first, and one of twenty");
        assert_eq!(start.next(), 4711);
        start.note(None);
        assert_eq!(start.next(), 0, "the queue was empty");
    }

    /// Invariant 13; a task that is placed after an hour of nothing is no stall.
    #[test]
    fn tasks_that_nobody_claims_are_a_stall_after_45_seconds() {
        let start = Instant::now();
        let mut spells = Spells::default();
        let mut reason_at = |seconds, fleet| {
            let facts = spells.facts(fleet, 0, start + Duration::from_secs(seconds));
            judge(&facts).map(|stall| stall.reason)
        };
        assert_eq!(reason_at(0, waiting()), None);
        assert_eq!(reason_at(44, waiting()), None);
        assert_eq!(reason_at(45, waiting()), Some(StallReason::NotClaimed));
        let claimed = Progress {
            has_claimed_lately: true,
            ..waiting()
        };
        assert_eq!(reason_at(48, claimed), None);
        assert_eq!(reason_at(51, waiting()), None);
    }

    #[test]
    fn due_tasks_without_pods_are_a_stall_after_45_seconds() {
        let start = Instant::now();
        let mut spells = Spells::default();
        let nobody = || Progress {
            takes_writes: true,
            ..Progress::default()
        };
        let mut reason_at = |seconds, due| {
            let facts = spells.facts(nobody(), due, start + Duration::from_secs(seconds));
            judge(&facts).map(|stall| stall.reason)
        };
        assert_eq!(reason_at(0, 7), None);
        assert_eq!(reason_at(44, 7), None);
        assert_eq!(reason_at(45, 7), Some(StallReason::NoPods));
        assert_eq!(reason_at(48, 0), None);
    }
}
