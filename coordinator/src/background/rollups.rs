//! Refreshes rollups.
//!
//! A pass reads the log of dirty showtimes, then refreshes the rollups that have dirty buckets,
//! each after the rollup that it reads, in batches of a tenth to four tenths of a second. Each
//! batch is a transaction of its own, so a pass may be stopped anywhere, and two leaders at a time
//! do no harm. A rollup whose query fails, or for which even one bucket takes longer than the
//! database allows a statement, is set aside with its error; the others go on.
//!
//! Each batch is followed by a rest: none where nothing is stored, a multiple of its own time where
//! much is. Without the rest, a saturated fleet had its showtimes computed over and over, for more
//! of the database's time than storing them took.

use std::time::{Duration, Instant};

use schema::{
    connect::{is_outage, is_refused_with, sqlstate},
    rollup,
};
use sqlx::PgPool;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::BackgroundPass;
use crate::metrics::RollupMetrics;

/// Time between two observations of how far rollups are behind.
const OBSERVE_EVERY: Duration = Duration::from_secs(15);

/// Entries of the log in a second from which on a batch is followed by the longest rest.
const BUSY_ENTRIES_PER_SECOND: f64 = 20.0;
/// The longest rest, as a multiple of the time that its batch took.
const MAX_REST_RATIO: f64 = 9.0;
/// Buckets of the first batch of a rollup in a pass.
const FIRST_BATCH: i32 = 200;
/// Buckets of the largest batch.
const MAX_BATCH: i32 = 2_000;
/// A batch that took less than this is followed by a larger one.
const MIN_BATCH_TIME: Duration = Duration::from_millis(100);
/// A batch that took more than this is followed by a smaller one.
const MAX_BATCH_TIME: Duration = Duration::from_millis(400);

/// Computes the buckets of rollups in which something was stored.
#[derive(Debug)]
pub struct RollupRefresh {
    metrics: RollupMetrics,
    stop: CancellationToken,
    read_at: Instant,
    observed_at: Option<Instant>,
}

impl RollupRefresh {
    /// Refreshes until `stop`.
    #[must_use]
    pub fn new(metrics: RollupMetrics, stop: CancellationToken) -> Self {
        Self {
            metrics,
            stop,
            read_at: Instant::now(),
            observed_at: None,
        }
    }
}

impl BackgroundPass for RollupRefresh {
    type Report = RefreshedBuckets;
    type Error = sqlx::Error;
    const NAME: &'static str = "rollups";
    const EVERY: Duration = Duration::from_secs(1);
    const MAX_RETRY: Duration = Duration::from_mins(1);

    async fn pass(&mut self, db: &PgPool) -> Result<RefreshedBuckets, sqlx::Error> {
        let since = self.read_at.elapsed();
        self.read_at = Instant::now();
        let refreshed = refresh_marked(db, Some(since), &self.stop).await;
        let is_fresh = |at: Instant| at.elapsed() < OBSERVE_EVERY;
        if !self.observed_at.is_some_and(is_fresh) {
            self.metrics.observe(&rollup::status(db).await?);
            self.observed_at = Some(Instant::now());
        }
        refreshed
    }

    fn log(&mut self, refreshed: &RefreshedBuckets) {
        self.metrics.refreshed_buckets.inc_by(refreshed.buckets);
        for (name, cause) in &refreshed.set_aside {
            error!(
                rollup = name,
                error = cause,
                "a rollup is not refreshed any more: correct its query, then run \
                 fullhouse.refresh_rollup"
            );
        }
    }
}

/// The result of one pass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RefreshedBuckets {
    /// Buckets computed again.
    pub buckets: u64,
    /// Rollups that were set aside, with their errors.
    pub set_aside: Vec<(String, String)>,
}

/// Refreshes every marked bucket.
///
/// With the time `since` the log was last read, each batch is followed by a rest that grows with
/// the entries that were stored meanwhile; without it, there are no rests.
///
/// # Errors
///
/// If the database is away; what was done before stays done, and the next pass does the rest.
pub async fn refresh_marked(
    db: &PgPool,
    since: Option<Duration>,
    stop: &CancellationToken,
) -> Result<RefreshedBuckets, sqlx::Error> {
    let began = Instant::now();
    // Buckets that were marked before are refreshed although the log cannot be read.
    let read = read_log(db, stop).await;
    let share = rest_share(*read.as_ref().unwrap_or(&0), since);
    let mut done = RefreshedBuckets::default();
    let mut goes_on = rest(began.elapsed().mul_f64(share), stop).await;
    while goes_on {
        let before = done.buckets;
        for name in rollup::due(db).await? {
            goes_on &= refresh(db, &name, share, &mut done, stop).await?;
        }
        // Buckets may have been marked again meanwhile: another round refreshes them. Rollups
        // that another coordinator refreshes are left to it.
        goes_on &= done.buckets > before;
    }
    read?;
    Ok(done)
}

/// Refreshes the buckets of a rollup; returns whether to go on.
async fn refresh(
    db: &PgPool,
    name: &str,
    share: f64,
    done: &mut RefreshedBuckets,
    stop: &CancellationToken,
) -> Result<bool, sqlx::Error> {
    let mut max_buckets = FIRST_BATCH;
    while !stop.is_cancelled() {
        let began = Instant::now();
        let mut is_last = true;
        match rollup::refresh(db, name, max_buckets).await {
            Ok(buckets) => {
                let buckets = buckets.unwrap_or_default();
                done.buckets += u64::from(buckets.cast_unsigned());
                is_last = buckets < max_buckets;
                max_buckets = next_batch(max_buckets, began.elapsed());
            }
            Err(error) if is_too_long(&error) && max_buckets > 1 => {
                max_buckets = (max_buckets / 8).max(1);
                is_last = false;
            }
            Err(error) if is_outage(&error) && !is_too_long(&error) => return Err(error),
            Err(error) => {
                let cause = error.to_string();
                rollup::set_aside(db, name, &cause).await?;
                done.set_aside.push((name.to_owned(), cause));
            }
        }
        rest(began.elapsed().mul_f64(share), stop).await;
        if is_last {
            break;
        }
    }
    Ok(!stop.is_cancelled())
}

/// Takes the entries of the log; returns their number.
async fn read_log(db: &PgPool, stop: &CancellationToken) -> Result<u32, sqlx::Error> {
    let mut entries = 0;
    loop {
        let taken = rollup::mark_dirty_buckets(db).await?;
        entries += taken.cast_unsigned();
        if taken < rollup::MAX_ENTRIES || stop.is_cancelled() {
            return Ok(entries);
        }
    }
}

/// Returns how long to rest after a batch, as a multiple of the time that it took.
fn rest_share(entries: u32, since: Option<Duration>) -> f64 {
    let Some(since) = since else { return 0.0 };
    let entries_per_second = f64::from(entries) / since.as_secs_f64().max(f64::EPSILON);
    MAX_REST_RATIO * (entries_per_second / BUSY_ENTRIES_PER_SECOND).min(1.0)
}

/// Rests unless stopped; returns whether to go on.
async fn rest(duration: Duration, stop: &CancellationToken) -> bool {
    // A timer takes a millisecond even for nothing.
    if duration.is_zero() {
        return !stop.is_cancelled();
    }
    tokio::select! {
        () = stop.cancelled() => false,
        () = sleep(duration) => true,
    }
}

/// Returns the size of the batch after one of `max_buckets` that took so long.
fn next_batch(max_buckets: i32, took: Duration) -> i32 {
    match took {
        took if took < MIN_BATCH_TIME => (max_buckets * 2).min(MAX_BATCH),
        took if took > MAX_BATCH_TIME => (max_buckets / 2).max(1),
        _ => max_buckets,
    }
}

fn is_too_long(error: &sqlx::Error) -> bool {
    is_refused_with(error, sqlstate::QUERY_CANCELED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_grow_while_they_are_quick_and_shrink_to_one() {
        assert_eq!(next_batch(200, Duration::from_millis(10)), 400);
        assert_eq!(next_batch(1_500, Duration::ZERO), MAX_BATCH);
        assert_eq!(next_batch(200, Duration::from_millis(200)), 200);
        assert_eq!(next_batch(200, Duration::from_secs(9)), 100);
        assert_eq!(next_batch(1, Duration::from_secs(9)), 1);
    }

    #[test]
    fn rests_grow_with_what_is_stored() {
        let second = Some(Duration::from_secs(1));
        assert!(rest_share(0, second).abs() < f64::EPSILON);
        assert!((rest_share(10, second) - MAX_REST_RATIO / 2.0).abs() < 1e-9);
        assert!((rest_share(9_000, second) - MAX_REST_RATIO).abs() < 1e-9);
        assert!(rest_share(9_000, None).abs() < f64::EPSILON);
    }
}
