//! The store: writes what became of claims, in batches.
//!
//! Takes ended jobs, gives history, logs and snapshots in the database. Keeps
//! results until they are written; agents and claimer wait while it keeps too many
//! or too large ones. A batch whose outcome is unknown is written again: the leases that the first
//! try ended are found in the history, and those of others are refused.

mod backlog;
mod batch;
pub mod caps;
pub mod catalogue;
pub mod ids;

use std::{
    collections::{HashMap, HashSet, VecDeque, hash_map},
    sync::Arc,
    time::{Duration, Instant},
};

use actix::prelude::*;
use liveness::{
    activity::Activities,
    vital::{Pulse, Vital},
};
use schema::{finish::Finished, word::Outcome};
use sqlx::PgPool;

use crate::{heart::Registration, metrics::Metrics};
pub use backlog::{Backlog, Room};
use batch::Batch;

/// How long a result waits for others to share its transaction: a statement for one costs the
/// database nearly what one for twenty does, and many pods have few results each.
const LINGER: Duration = Duration::from_millis(60);
/// The same where another job waits to go on.
const SHORT_LINGER: Duration = Duration::from_millis(10);
/// Transactions at a time: one travels while the other is written.
const MOST_IN_FLIGHT: usize = 2;
/// Messages that may wait; senders wait for room.
const MAILBOX: usize = 4096;
const PULSE: Duration = Duration::from_secs(1);

/// A claim that ended, and what the store must know beside its history.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    /// Under which the task was claimed.
    pub registration: Arc<Registration>,
    /// When its answer was complete, by this process's clock.
    pub observed_at: Option<Instant>,
    /// What its history will say; [`Finished::observed_ago`] is filled in when it is sent.
    pub job: Finished,
    /// What the source asked of the whole fleet.
    pub pause: Option<Pause>,
}

/// A pause of a limit key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// The key.
    pub limit_key_id: i32,
    /// Until when, by this process's clock.
    pub until: Instant,
}

/// See the module.
#[derive(Debug)]
pub struct Store {
    db: PgPool,
    most: usize,
    waiting: VecDeque<Ended>,
    backlog: Backlog,
    /// What the results that wait or are being written take of the backlog, by job.
    rooms: HashMap<i64, Room>,
    in_flight: usize,
    /// Showtimes whose snapshot is being written: another waits, for it is compared with that one.
    showtimes_in_flight: HashSet<i32>,
    lingering: bool,
    /// Pauses of which the fleet is being told, the longest of each key.
    pauses: HashMap<i32, Pause>,
    activities: Activities,
    metrics: Metrics,
    pulse: Pulse,
    _vital: Vital,
}

impl Store {
    /// Makes a store that writes up to `most` results in one transaction.
    #[must_use]
    pub fn new(db: PgPool, most: usize, backlog: Backlog, metrics: Metrics, pulse: Pulse) -> Self {
        Self {
            db,
            most,
            waiting: VecDeque::new(),
            backlog,
            rooms: HashMap::new(),
            in_flight: 0,
            showtimes_in_flight: HashSet::new(),
            lingering: false,
            pauses: HashMap::new(),
            activities: Activities::default(),
            metrics,
            pulse,
            _vital: Vital::new("store"),
        }
    }

    /// Notes in `activities` how storing fares.
    #[must_use]
    pub fn noting(mut self, activities: Activities) -> Self {
        self.activities = activities;
        self
    }

    /// Writes what waits, unless as much as may be is being written.
    fn flush(&mut self, ctx: &mut Context<Self>) {
        while self.in_flight < MOST_IN_FLIGHT {
            let taken = take_batch(&mut self.waiting, self.most, &self.showtimes_in_flight);
            let Some(batch) = Batch::new(taken) else {
                return;
            };
            self.in_flight += 1;
            let (jobs, showtimes) = (batch.job_ids(), batch.showtimes());
            self.showtimes_in_flight.extend(&showtimes);
            let (db, metrics) = (self.db.clone(), self.metrics.clone());
            let activities = self.activities.clone();
            let written = async move { batch::write(&db, batch, &activities, &metrics).await };
            let written = written.into_actor(self);
            ctx.spawn(written.map(move |(), store, ctx| {
                store.in_flight -= 1;
                for showtime in &showtimes {
                    store.showtimes_in_flight.remove(showtime);
                }
                for job in &jobs {
                    store.rooms.remove(job);
                }
                store.show_backlog();
                store.flush_soon(ctx);
            }));
        }
    }

    /// Writes at once if a batch is full, else when more may have come.
    fn flush_soon(&mut self, ctx: &mut Context<Self>) {
        let Some(newest) = self.waiting.back() else {
            return;
        };
        if self.waiting.len() >= self.most {
            self.flush(ctx);
        } else if newest.job.outcome == Outcome::Continued {
            ctx.run_later(SHORT_LINGER, Self::flush);
        } else if !self.lingering {
            self.lingering = true;
            ctx.run_later(LINGER, |store, ctx| {
                store.lingering = false;
                store.flush(ctx);
            });
        }
    }

    /// Tells the fleet of a pause at once, for the result that brings it waits for others; one
    /// statement at a time for each key.
    fn tell(&mut self, pause: Pause, ctx: &mut Context<Self>) {
        match self.pauses.entry(pause.limit_key_id) {
            hash_map::Entry::Occupied(mut known) => {
                if known.get().until < pause.until {
                    known.insert(pause);
                }
                return;
            }
            hash_map::Entry::Vacant(new) => new.insert(pause),
        };
        let db = self.db.clone();
        let told = async move { batch::pause(&db, pause).await }.into_actor(self);
        ctx.spawn(told.map(move |(), store, ctx| {
            let longest = store.pauses.remove(&pause.limit_key_id);
            if let Some(longer) = longest.filter(|longest| longest.until > pause.until) {
                store.tell(longer, ctx);
            }
        }));
    }

    fn show_backlog(&self) {
        let waiting = i64::try_from(self.backlog.len()).unwrap_or(i64::MAX);
        self.metrics.store_backlog.set(waiting);
    }
}

/// Takes up to `most` results of one registration, no showtime twice and none
/// that is `in_flight`. Results of one showtime keep their order.
fn take_batch(waiting: &mut VecDeque<Ended>, most: usize, in_flight: &HashSet<i32>) -> Vec<Ended> {
    let Some(registration) = waiting.front().map(|ended| ended.registration.clone()) else {
        return Vec::new();
    };
    let mut taken = Vec::new();
    let mut left = VecDeque::new();
    let mut seen = HashSet::new();
    while taken.len() < most
        && let Some(ended) = waiting.pop_front()
    {
        let showtime = ended.job.showtime_id();
        let is_new =
            showtime.is_none_or(|showtime| !in_flight.contains(&showtime) && seen.insert(showtime));
        if is_new && ended.registration == registration {
            taken.push(ended);
        } else {
            left.push_back(ended);
        }
    }
    left.append(waiting);
    *waiting = left;
    taken
}

impl Actor for Store {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX);
        ctx.run_interval(PULSE, |store, _| store.pulse.beat());
    }
}

/// Keeps a result until it is written.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Keep(pub Ended, pub Room);

impl Handler<Keep> for Store {
    type Result = ();

    fn handle(&mut self, Keep(ended, room): Keep, ctx: &mut Self::Context) {
        if let Some(pause) = ended.pause {
            self.tell(pause, ctx);
        }
        self.rooms.insert(ended.job.job_id, room);
        self.waiting.push_back(ended);
        self.show_backlog();
        self.flush_soon(ctx);
    }
}

/// Tells the fleet of a pause, before the job that met it has ended.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct PauseKey(pub Pause);

impl Handler<PauseKey> for Store {
    type Result = ();

    fn handle(&mut self, PauseKey(pause): PauseKey, ctx: &mut Self::Context) {
        self.tell(pause, ctx);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use schema::finish::{Counts, Labels, Snapshot};
    use uuid::Uuid;

    pub(super) fn ended(pod_id: i32, job_id: i64, showtime_id: i32) -> Ended {
        let seats = Snapshot {
            showtime_id,
            layout_id: 1,
            tariff_id: None,
            state_hash: Uuid::nil(),
            packed: vec![0],
            counts: Counts::default(),
            codes_version: 0,
            labels: Labels::default(),
            price_median: None,
        };
        Ended {
            registration: Arc::new(Registration { pod_id }),
            observed_at: None,
            job: Finished {
                job_id,
                task_id: job_id,
                parent_job_id: None,
                observed_ago: None,
                fetch: None,
                response_bytes: None,
                row_count: None,
                missing: None,
                retry_after: None,
                outcome: Outcome::Returned,
                error_class: None,
                http_status: None,
                requests: 0,
                request_url: None,
                error: None,
                seats: Some(seats),
                prices: None,
                observations: Vec::new(),
                quarantined: None,
                logs: Vec::new(),
            },
            pause: None,
        }
    }

    fn job_ids<'a>(of: impl IntoIterator<Item = &'a Ended>) -> Vec<i64> {
        of.into_iter().map(|ended| ended.job.job_id).collect()
    }

    #[test]
    fn no_showtime_is_twice_in_a_batch_or_in_two_at_a_time() {
        let mut waiting = VecDeque::from([
            ended(1, 1, 7),
            ended(1, 2, 7),
            ended(1, 3, 8),
            ended(1, 4, 9),
        ]);
        let taken = take_batch(&mut waiting, 10, &HashSet::from([9]));
        assert_eq!(job_ids(&taken), [1, 3]);
        assert_eq!(job_ids(&waiting), [2, 4]);
    }

    #[test]
    fn results_of_a_showtime_do_not_overtake_each_other() {
        let mut waiting = VecDeque::from([ended(1, 1, 6), ended(2, 2, 7), ended(1, 3, 7)]);
        let taken = take_batch(&mut waiting, 10, &HashSet::new());
        assert_eq!(job_ids(&taken), [1]);
        assert_eq!(job_ids(&waiting), [2, 3]);
    }

    #[test]
    fn a_batch_is_bounded() {
        let mut waiting: VecDeque<Ended> = (1..=5).map(|id| ended(1, i64::from(id), id)).collect();
        assert_eq!(
            job_ids(&take_batch(&mut waiting, 2, &HashSet::new())),
            [1, 2]
        );
        assert_eq!(job_ids(&waiting), [3, 4, 5]);
    }
}
