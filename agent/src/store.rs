//! The store: writes the results of jobs in batches.
//!
//! Takes job results, gives history, logs and snapshots in the database. Keeps results until
//! they are written; agents and claimer wait while too many or too large ones wait. A batch whose
//! outcome is unknown is written again: claims that the first try ended are found in the history,
//! and those whose lease ended meanwhile are refused. While the database is away, results are kept
//! until their lease is lost; what it refuses is retried within [`RefusalBounds`].
//!
//! A result waits briefly for others to share its transaction: a statement that ends one job costs
//! the database nearly what one for twenty does. A result from which another job continues waits
//! less.

mod backlog;
mod batch;
mod batch_writer;
mod pause;
mod result;
mod single_flight;
pub mod caps;
pub mod catalogue;
pub mod reference_cache;

use std::{
    collections::{HashMap, HashSet, VecDeque, hash_map},
    time::Duration,
};

use actix::prelude::*;
use liveness::{
    activity::Activities,
    watchdog::{ExitOnPanic, Watchdog},
};
use schema::enums::Outcome;
use sqlx::PgPool;

pub use self::{
    backlog::{Backlog, BacklogSpace},
    batch_writer::RefusalBounds,
    pause::Pause,
    result::JobResult,
};
use crate::metrics::Metrics;
use batch::Batch;
use batch_writer::BatchWriter;

/// How long a result waits for others to share its transaction: a statement for one result costs
/// the database nearly as much as one for twenty, and many pods have few results each.
const BATCH_DELAY: Duration = Duration::from_millis(60);
/// The same for a result from which another job continues the conversation.
const SHORT_BATCH_DELAY: Duration = Duration::from_millis(10);
/// Transactions at a time: one is sent while the other is written.
const MAX_IN_FLIGHT: usize = 2;
/// Messages that may wait; senders wait for room.
const MAILBOX_CAPACITY: usize = 4096;
/// Time between two feeds of the watchdog.
const FEED_INTERVAL: Duration = Duration::from_secs(1);

/// The actor that writes the results of a pod.
#[derive(Debug)]
pub struct Store {
    db: PgPool,
    max_batch: usize,
    waiting: VecDeque<JobResult>,
    backlog: Backlog,
    /// The space of results that wait or are being written, by job.
    spaces: HashMap<i64, BacklogSpace>,
    in_flight: usize,
    /// Showtimes whose snapshot is being written. The next one waits, because it is compared with
    /// that snapshot.
    showtimes_in_flight: HashSet<i32>,
    /// Whether a flush waits for more results.
    flush_is_delayed: bool,
    /// Pauses that are being published, the longest of each key.
    pauses: HashMap<i32, Pause>,
    refusal_bounds: RefusalBounds,
    activities: Activities,
    metrics: Metrics,
    watchdog: Watchdog,
    _guard: ExitOnPanic,
}

impl Store {
    /// Creates a store that writes up to `max_batch` results in one transaction.
    #[must_use]
    pub fn new(
        db: PgPool,
        max_batch: usize,
        backlog: Backlog,
        metrics: Metrics,
        watchdog: Watchdog,
    ) -> Self {
        Self {
            db,
            max_batch,
            waiting: VecDeque::new(),
            backlog,
            spaces: HashMap::new(),
            in_flight: 0,
            showtimes_in_flight: HashSet::new(),
            flush_is_delayed: false,
            pauses: HashMap::new(),
            refusal_bounds: RefusalBounds::default(),
            activities: Activities::default(),
            metrics,
            watchdog,
            _guard: ExitOnPanic::new("store"),
        }
    }

    /// Notes in `activities` how the statements end.
    #[must_use]
    pub fn with_activities(mut self, activities: Activities) -> Self {
        self.activities = activities;
        self
    }

    /// Retries statements that the database refuses within `bounds` instead of the usual ones.
    #[must_use]
    pub fn with_refusal_bounds(mut self, bounds: RefusalBounds) -> Self {
        self.refusal_bounds = bounds;
        self
    }

    /// Writes the results that wait, in as many transactions as may be under way.
    fn flush(&mut self, ctx: &mut Context<Self>) {
        while self.in_flight < MAX_IN_FLIGHT {
            let taken = take_batch(&mut self.waiting, self.max_batch, &self.showtimes_in_flight);
            let Some(batch) = Batch::new(taken) else {
                return;
            };
            self.in_flight += 1;
            let (jobs, showtimes) = (batch.job_ids(), batch.showtimes());
            self.showtimes_in_flight.extend(&showtimes);
            let mut writer = BatchWriter::new(
                self.db.clone(),
                self.activities.clone(),
                self.metrics.clone(),
                self.refusal_bounds,
            );
            let written = async move { writer.write(batch).await };
            let written = written.into_actor(self);
            ctx.spawn(written.map(move |(), store, ctx| {
                store.in_flight -= 1;
                for showtime in &showtimes {
                    store.showtimes_in_flight.remove(showtime);
                }
                for job in &jobs {
                    store.spaces.remove(job);
                }
                store.publish_backlog();
                store.flush_soon(ctx);
            }));
        }
    }

    /// Writes at once if a batch is full, else after a delay in which more results may come.
    fn flush_soon(&mut self, ctx: &mut Context<Self>) {
        let Some(newest) = self.waiting.back() else {
            return;
        };
        if self.waiting.len() >= self.max_batch {
            self.flush(ctx);
        } else if newest.job.outcome == Outcome::Continued {
            ctx.run_later(SHORT_BATCH_DELAY, Self::flush);
        } else if !self.flush_is_delayed {
            self.flush_is_delayed = true;
            ctx.run_later(BATCH_DELAY, |store, ctx| {
                store.flush_is_delayed = false;
                store.flush(ctx);
            });
        }
    }

    /// Publishes a pause to the fleet at once, because the result with the pause waits for others;
    /// one statement at a time for each key.
    fn publish_pause(&mut self, pause: Pause, ctx: &mut Context<Self>) {
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
        let published = async move { pause::publish(&db, pause).await }.into_actor(self);
        ctx.spawn(published.map(move |(), store, ctx| {
            let longest = store.pauses.remove(&pause.limit_key_id);
            if let Some(longer) = longest.filter(|longest| longest.until > pause.until) {
                store.publish_pause(longer, ctx);
            }
        }));
    }

    fn publish_backlog(&self) {
        let waiting = i64::try_from(self.backlog.len()).unwrap_or(i64::MAX);
        self.metrics.store_backlog.set(waiting);
    }
}

/// Takes up to `max_batch` results of one registration, no showtime twice and none that is
/// `in_flight`. Results of one showtime keep their order.
fn take_batch(
    waiting: &mut VecDeque<JobResult>,
    max_batch: usize,
    in_flight: &HashSet<i32>,
) -> Vec<JobResult> {
    let Some(registration) = waiting.front().map(|result| result.registration.clone()) else {
        return Vec::new();
    };
    let mut taken = Vec::new();
    let mut left = VecDeque::new();
    let mut seen = HashSet::new();
    while taken.len() < max_batch
        && let Some(result) = waiting.pop_front()
    {
        let showtime = result.job.showtime_id();
        let is_new =
            showtime.is_none_or(|showtime| !in_flight.contains(&showtime) && seen.insert(showtime));
        if is_new && result.registration == registration {
            taken.push(result);
        } else {
            left.push_back(result);
        }
    }
    left.append(waiting);
    *waiting = left;
    taken
}

impl Actor for Store {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_CAPACITY);
        ctx.run_interval(FEED_INTERVAL, |store, _| store.watchdog.feed());
    }
}

/// Stores a result, which holds its space in the backlog until it is written.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct StoreResult(pub JobResult, pub BacklogSpace);

impl Handler<StoreResult> for Store {
    type Result = ();

    fn handle(&mut self, StoreResult(result, space): StoreResult, ctx: &mut Self::Context) {
        if let Some(pause) = result.pause {
            self.publish_pause(pause, ctx);
        }
        self.spaces.insert(result.job.job_id, space);
        self.waiting.push_back(result);
        self.publish_backlog();
        self.flush_soon(ctx);
    }
}

/// Publishes a pause to the fleet before the job that met it has ended.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct PauseKey(pub Pause);

impl Handler<PauseKey> for Store {
    type Result = ();

    fn handle(&mut self, PauseKey(pause): PauseKey, ctx: &mut Self::Context) {
        self.publish_pause(pause, ctx);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::registration::Registration;
    use std::time::Instant;

    use schema::finish::{Counts, Finished, Labels, Snapshot, Trace};
    use uuid::Uuid;

    pub(super) fn result(pod_id: i32, job_id: i64, showtime_id: i32) -> JobResult {
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
        JobResult {
            registration: Arc::new(Registration::new(pod_id)),
            observed_at: None,
            completed_at: Instant::now(),
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
                trace: Trace::default(),
            },
            pause: None,
            tag: crate::trace::JobTag::default(),
        }
    }

    fn job_ids<'a>(of: impl IntoIterator<Item = &'a JobResult>) -> Vec<i64> {
        of.into_iter().map(|result| result.job.job_id).collect()
    }

    #[test]
    fn no_showtime_is_twice_in_a_batch_or_in_two_at_a_time() {
        let mut waiting = VecDeque::from([
            result(1, 1, 7),
            result(1, 2, 7),
            result(1, 3, 8),
            result(1, 4, 9),
        ]);
        let taken = take_batch(&mut waiting, 10, &HashSet::from([9]));
        assert_eq!(job_ids(&taken), [1, 3]);
        assert_eq!(job_ids(&waiting), [2, 4]);
    }

    #[test]
    fn results_of_a_showtime_do_not_overtake_each_other() {
        let mut waiting = VecDeque::from([result(1, 1, 6), result(2, 2, 7), result(1, 3, 7)]);
        let taken = take_batch(&mut waiting, 10, &HashSet::new());
        assert_eq!(job_ids(&taken), [1]);
        assert_eq!(job_ids(&waiting), [2, 3]);
    }

    #[test]
    fn a_batch_is_bounded() {
        let mut waiting: VecDeque<JobResult> =
            (1..=5).map(|id| result(1, i64::from(id), id)).collect();
        assert_eq!(
            job_ids(&take_batch(&mut waiting, 2, &HashSet::new())),
            [1, 2]
        );
        assert_eq!(job_ids(&waiting), [3, 4, 5]);
    }
}
