//! Keeps the totals of events up to date, finishes erasures, makes the views of events, computes
//! experiments, and deletes old rejected events and old counts of five minutes.
//!
//! Counts are written with the events that they count; a pass adds them to the totals, in statements
//! of bounded size, so it may be stopped anywhere. Views add what is not in the totals
//! yet, so readers do not wait for a pass. Experiments are computed from all their events, seldom: the
//! rest after a computation is a multiple of the time that it took.

use std::time::{Duration, Instant};

use schema::events::{
    erasure, experiment,
    fold::{self, Folded},
    identity,
};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error};

use super::BackgroundPass;

/// Changes that one statement adds to the totals.
const FOLDED_AT_ONCE: i64 = 20_000;
/// How long rejected events are kept.
const REJECTS_KEPT_FOR: Duration = Duration::from_hours(30 * 24);
/// Rejected events, and counts of five minutes, that are deleted in one pass.
const MAX_DELETED: i64 = 10_000;
/// Time between two computations of the experiments, at least.
const COMPUTED_EVERY: Duration = Duration::from_mins(5);
/// Computations take this part of the time, at most.
const COMPUTED_SHARE: u32 = 20;

/// Keeps totals and experiments up to date until it is stopped.
#[derive(Debug)]
pub struct EventUpkeep {
    five_minutes_for: Duration,
    stop: CancellationToken,
    computed: Option<(Instant, Duration)>,
}

impl EventUpkeep {
    /// Makes the pass, which keeps counts of five minutes for `five_minutes_for`; it ends early when
    /// `stop` is cancelled.
    #[must_use]
    pub fn new(five_minutes_for: Duration, stop: CancellationToken) -> Self {
        Self {
            five_minutes_for,
            stop,
            computed: None,
        }
    }

    fn is_computation_due(&self) -> bool {
        self.computed.is_none_or(|(at, took)| {
            at.elapsed() >= COMPUTED_EVERY.max(took.saturating_mul(COMPUTED_SHARE))
        })
    }
}

/// The result of one pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EventReport {
    /// Changes of counts that were added to the totals.
    pub folded: i64,
    /// Experiments that were computed.
    pub experiments: usize,
    /// Rejected events that were deleted.
    pub deleted_rejects: u64,
    /// Counts of five minutes that were deleted, because they are old.
    pub deleted_counts: u64,
    /// Views of single events that were made, changed or dropped.
    pub views: i32,
    /// Erasures that are done now.
    pub erasures: usize,
}

impl BackgroundPass for EventUpkeep {
    type Report = EventReport;
    type Error = sqlx::Error;
    const NAME: &'static str = "events";
    const EVERY: Duration = Duration::from_secs(2);

    async fn pass(&mut self, db: &PgPool) -> Result<EventReport, sqlx::Error> {
        let mut report = EventReport {
            folded: fold_all(db, self.five_minutes_for, &self.stop).await?,
            erasures: erasure::finish(db).await?,
            ..EventReport::default()
        };
        if self.is_computation_due() {
            let began = Instant::now();
            report.views = identity::make_views(db).await?;
            report.experiments = compute_experiments(db, &self.stop).await?;
            report.deleted_rejects =
                fold::delete_rejects(db, REJECTS_KEPT_FOR, MAX_DELETED).await?;
            report.deleted_counts =
                fold::delete_five_minutes(db, self.five_minutes_for, MAX_DELETED).await?;
            while let Some(partition) = erasure::index_partition(db).await? {
                debug!(partition, "partition of events indexed by user and name");
            }
            self.computed = Some((Instant::now(), began.elapsed()));
        }
        Ok(report)
    }

    fn log(&mut self, report: &EventReport) {
        debug!(pass = Self::NAME, ?report, "pass done");
    }
}

async fn fold_all(
    db: &PgPool,
    five_minutes_for: Duration,
    stop: &CancellationToken,
) -> Result<i64, sqlx::Error> {
    let mut all = 0;
    while !stop.is_cancelled() {
        let Folded { counts, intake } = fold::fold(db, five_minutes_for, FOLDED_AT_ONCE).await?;
        all += counts + intake;
        if counts < FOLDED_AT_ONCE && intake < FOLDED_AT_ONCE {
            break;
        }
    }
    Ok(all)
}

/// Computes all experiments that are due; one that fails does not stop the others.
async fn compute_experiments(db: &PgPool, stop: &CancellationToken) -> Result<usize, sqlx::Error> {
    let mut computed = 0;
    for experiment_id in experiment::due(db).await? {
        if stop.is_cancelled() {
            break;
        }
        match experiment::compute(db, experiment_id).await {
            Ok(_) => computed += 1,
            Err(error) if schema::connect::is_outage(&error) => return Err(error),
            Err(error) => error!(
                experiment_id,
                error = &error as &dyn std::error::Error,
                "an experiment cannot be computed; its last result stays"
            ),
        }
    }
    Ok(computed)
}
