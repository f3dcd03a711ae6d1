//! Keeps rollups up, beside the ticks of the leader.
//!
//! A pass takes what the log of dirty showtimes has, then refreshes the rollups in which
//! something is marked, each after the one that it reads, in batches that take about a second.
//! Each batch is a transaction of its own, so a pass may be stopped anywhere, and two leaders at
//! a time do no harm. A rollup whose query fails, or takes longer than the database lets a
//! statement take even for one bucket, is set aside with its error; the others go on.

use std::{
    error::Error,
    time::{Duration, Instant},
};

use schema::{
    connect::{is_outage, is_refused_with, sqlstate},
    rollup,
};
use sqlx::PgPool;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};

use crate::metrics::RollupMetrics;

/// Shortest and longest time between two passes.
const REST: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));
/// Time between two passes for the time that one takes.
const REST_SHARE: u32 = 9;
/// Time between two looks at how far rollups are behind.
const TOLD_EVERY: Duration = Duration::from_secs(15);
/// Buckets of the first batch of a rollup in a pass, and of the largest.
const FIRST_BATCH: i32 = 200;
const LARGEST_BATCH: i32 = 2_000;
/// A batch that took less is followed by a larger one, and one that took more by a smaller one.
const BATCH_TAKES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(2));

/// What a pass did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refreshed {
    /// Buckets computed again.
    pub buckets: u64,
    /// Rollups that were set aside, with their errors.
    pub set_aside: Vec<(String, String)>,
}

/// Makes a pass each second, or less often where passes take long, until `stop`.
pub async fn keep(db: PgPool, metrics: RollupMetrics, stop: CancellationToken) {
    let mut told: Option<Instant> = None;
    loop {
        let began = Instant::now();
        match pass(&db, &stop).await {
            Ok(done) => tell(&done, &metrics),
            // The leader's own loop says that the database is away.
            Err(error) if is_outage(&error) => debug!(%error, "rollups were not refreshed"),
            Err(error) => warn!(
                error = &error as &dyn Error,
                "rollups were not refreshed, the next pass tries again"
            ),
        }
        if told.is_none_or(|at| at.elapsed() > TOLD_EVERY) {
            match rollup::status(&db).await {
                Ok(rollups) => metrics.observe(&rollups),
                Err(error) => debug!(%error, "rollups were not looked at"),
            }
            told = Some(Instant::now());
        }
        let rest = (began.elapsed() * REST_SHARE).clamp(REST.0, REST.1);
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(rest) => {}
        }
    }
}

/// Refreshes all that is marked.
///
/// # Errors
///
/// If the database is away; what was done before stays done, and the next pass does the rest.
pub async fn pass(db: &PgPool, stop: &CancellationToken) -> Result<Refreshed, sqlx::Error> {
    let mut done = Refreshed::default();
    while rollup::spread(db).await? && !stop.is_cancelled() {}
    for name in rollup::due(db).await? {
        let mut most = FIRST_BATCH;
        while !stop.is_cancelled() {
            let began = Instant::now();
            match rollup::refresh(db, &name, most).await {
                // Nothing is left, or another coordinator is at it.
                Ok(None | Some(0)) => break,
                Ok(Some(buckets)) => {
                    done.buckets += u64::from(buckets.cast_unsigned());
                    most = next_batch(most, began.elapsed());
                }
                Err(error) if is_too_long(&error) && most > 1 => most = (most / 8).max(1),
                Err(error) if is_outage(&error) && !is_too_long(&error) => return Err(error),
                Err(error) => {
                    let said = error.to_string();
                    rollup::set_aside(db, &name, &said).await?;
                    done.set_aside.push((name.clone(), said));
                    break;
                }
            }
        }
    }
    Ok(done)
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

fn tell(done: &Refreshed, metrics: &RollupMetrics) {
    metrics.refreshed_buckets.inc_by(done.buckets);
    for (name, said) in &done.set_aside {
        error!(
            rollup = name,
            error = said,
            "a rollup was set aside: fullhouse.refresh_rollup takes it up again once its query works"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_grow_while_they_are_quick_and_shrink_to_one() {
        assert_eq!(next_batch(200, Duration::from_millis(10)), 400);
        assert_eq!(next_batch(1_500, Duration::ZERO), LARGEST_BATCH);
        assert_eq!(next_batch(200, Duration::from_secs(1)), 200);
        assert_eq!(next_batch(200, Duration::from_secs(9)), 100);
        assert_eq!(next_batch(1, Duration::from_secs(9)), 1);
    }
}
