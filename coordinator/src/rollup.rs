//! Keeps rollups up, beside the ticks of the leader.
//!
//! A pass takes what the log of dirty showtimes has, then refreshes the rollups in which
//! something is marked, each after the one that it reads, in batches that take about a second.
//! Each batch is a transaction of its own, so a pass may be stopped anywhere, and two leaders at
//! a time do no harm. A rollup whose query fails, or takes longer than the database lets a
//! statement take even for one bucket, is set aside with its error; the others go on.

use std::time::{Duration, Instant};

use schema::{
    connect::{is_outage, is_refused_with, sqlstate},
    rollup,
};
use sqlx::PgPool;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// Entries of the log in a second above which a batch is followed by the longest rest, and how
/// many times as long as the batch that is.
const BUSY: f64 = 20.0;
const LONGEST_REST: f64 = 9.0;
/// Buckets of the first batch of a rollup in a pass, and of the largest.
const FIRST_BATCH: i32 = 200;
const LARGEST_BATCH: i32 = 2_000;
/// A batch that took less is followed by a larger one, and one that took more by a smaller one.
const BATCH_TAKES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(400));

/// What a pass did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refreshed {
    /// Buckets computed again.
    pub buckets: u64,
    /// Rollups that were set aside, with their errors.
    pub set_aside: Vec<(String, String)>,
}

/// Refreshes all that is marked. With the time `since` the log was read last it rests after each
/// batch by how much was stored meanwhile; without it, never.
///
/// # Errors
///
/// If the database is away; what was done before stays done, and the next pass does the rest.
pub async fn pass(
    db: &PgPool,
    since: Option<Duration>,
    stop: &CancellationToken,
) -> Result<Refreshed, sqlx::Error> {
    let began = Instant::now();
    // Where the log cannot be read, what it has marked before is refreshed all the same.
    let read = read_log(db, stop).await;
    let share = rest_share(*read.as_ref().unwrap_or(&0), since);
    let mut done = Refreshed::default();
    let mut goes_on = rest(began.elapsed().mul_f64(share), stop).await;
    while goes_on {
        let before = done.buckets;
        for name in rollup::due(db).await? {
            goes_on &= refresh(db, &name, share, &mut done, stop).await?;
        }
        // A bucket may be marked more often than a batch takes: another round has the rest. What
        // another coordinator refreshes is left to it.
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
    done: &mut Refreshed,
    stop: &CancellationToken,
) -> Result<bool, sqlx::Error> {
    let mut most = FIRST_BATCH;
    while !stop.is_cancelled() {
        let began = Instant::now();
        let mut is_last = true;
        match rollup::refresh(db, name, most).await {
            Ok(buckets) => {
                let buckets = buckets.unwrap_or_default();
                done.buckets += u64::from(buckets.cast_unsigned());
                is_last = buckets < most;
                most = next_batch(most, began.elapsed());
            }
            Err(error) if is_too_long(&error) && most > 1 => {
                most = (most / 8).max(1);
                is_last = false;
            }
            Err(error) if is_outage(&error) && !is_too_long(&error) => return Err(error),
            Err(error) => {
                let said = error.to_string();
                rollup::set_aside(db, name, &said).await?;
                done.set_aside.push((name.to_owned(), said));
            }
        }
        rest(began.elapsed().mul_f64(share), stop).await;
        if is_last {
            break;
        }
    }
    Ok(!stop.is_cancelled())
}

/// Takes what the log has; returns how many entries that were.
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

/// How long a rest is for the time that its batch took.
fn rest_share(entries: u32, since: Option<Duration>) -> f64 {
    let Some(since) = since else { return 0.0 };
    let a_second = f64::from(entries) / since.as_secs_f64().max(f64::EPSILON);
    LONGEST_REST * (a_second / BUSY).min(1.0)
}

/// Returns whether to go on afterwards.
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

/// How many buckets the next batch has, after one of `most` that took so long.
fn next_batch(most: i32, took: Duration) -> i32 {
    match took {
        took if took < BATCH_TAKES.0 => (most * 2).min(LARGEST_BATCH),
        took if took > BATCH_TAKES.1 => (most / 2).max(1),
        _ => most,
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
        assert_eq!(next_batch(1_500, Duration::ZERO), LARGEST_BATCH);
        assert_eq!(next_batch(200, Duration::from_millis(200)), 200);
        assert_eq!(next_batch(200, Duration::from_secs(9)), 100);
        assert_eq!(next_batch(1, Duration::from_secs(9)), 1);
    }

    #[test]
    fn rests_grow_with_what_is_stored() {
        let second = Some(Duration::from_secs(1));
        assert!(rest_share(0, second).abs() < f64::EPSILON);
        assert!((rest_share(10, second) - LONGEST_REST / 2.0).abs() < 1e-9);
        assert!((rest_share(9_000, second) - LONGEST_REST).abs() < 1e-9);
        assert!(rest_share(9_000, None).abs() < f64::EPSILON);
    }
}
