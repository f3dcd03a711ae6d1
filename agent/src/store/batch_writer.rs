//! Writes batches: again where the outcome is unknown, in parts where the database refuses them.
//!
//! Takes a batch; each of its results is written, refused because its lease has ended, or dropped.
//! While the database is away, results are kept until their lease is lost.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use liveness::activity::Activities;
use schema::{
    connect::{DatabaseFault, is_fault_of_values},
    finish,
};
use sqlx::PgPool;
use tracing::{error, warn};

use super::batch::Batch;
use crate::{
    database::{Backoff, Outage as _, in_time},
    metrics::Metrics,
};

/// The activity that a stall report names.
const STORE_RESULTS: &str = "store results";

/// How long a statement is retried that the database refuses regardless of its values, such as for
/// a missing privilege. After the first of both bounds the batch is split, then its results fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusalBounds {
    /// Refusals of one batch.
    pub max_refusals: u32,
    /// Time since the first of them.
    pub max_time: Duration,
}

impl Default for RefusalBounds {
    fn default() -> Self {
        Self {
            max_refusals: 40,
            max_time: Duration::from_mins(3),
        }
    }
}

/// The refusals of one kind that a batch has met, in all its parts.
#[derive(Debug, Default)]
struct Refusals {
    count: u32,
    first_at: Option<Instant>,
}

impl Refusals {
    /// Counts a refusal; returns whether the next try is still within the bounds.
    fn allow_retry(&mut self, bounds: RefusalBounds) -> bool {
        self.count = self.count.saturating_add(1);
        let first_at = *self.first_at.get_or_insert_with(Instant::now);
        self.count < bounds.max_refusals && first_at.elapsed() < bounds.max_time
    }
}

/// Why a part of a batch was not written.
enum NotWritten {
    /// The database refuses it.
    Refused(sqlx::Error),
    /// The leader has ended its registration, and its tasks run elsewhere.
    LeaseLost,
}

/// Writes one batch in as many parts as it needs.
#[derive(Debug)]
pub(super) struct BatchWriter {
    db: PgPool,
    activities: Activities,
    metrics: Metrics,
    bounds: RefusalBounds,
    refused: Refusals,
    /// Statements that took too long or met a conflict.
    transient: Refusals,
}

impl BatchWriter {
    pub(super) fn new(
        db: PgPool,
        activities: Activities,
        metrics: Metrics,
        bounds: RefusalBounds,
    ) -> Self {
        Self {
            db,
            activities,
            metrics,
            bounds,
            refused: Refusals::default(),
            transient: Refusals::default(),
        }
    }

    /// Writes the batch; returns when each of its results is written, refused or dropped.
    ///
    /// A result that the database refuses is found by halving, and fails only its own job.
    pub(super) async fn write(&mut self, batch: Batch) {
        let mut parts = vec![batch];
        while let Some(mut part) = parts.pop() {
            match self.write_part(&mut part).await {
                Ok(()) => {}
                Err(NotWritten::LeaseLost) => self.drop_late(&mut part),
                Err(NotWritten::Refused(_)) if part.len() > 1 => parts.extend(part.split()),
                Err(NotWritten::Refused(refusal)) => {
                    if part.strip_rows(&refusal) {
                        warn!(
                            job = part.first_job(),
                            task = part.first_task(),
                            source = part.first_source(),
                            trace_id = part.first_trace(),
                            error = &refusal as &dyn std::error::Error,
                            "the database refused a result, its job fails"
                        );
                        parts.push(part);
                    } else {
                        self.drop_refused(&mut part, &refusal);
                    }
                }
            }
        }
    }

    /// Writes until the outcome is known, the lease is lost, or the bounds are reached.
    async fn write_part(&mut self, batch: &mut Batch) -> Result<(), NotWritten> {
        let pod_id = batch.registration.pod_id;
        let mut backoff = Backoff::default();
        loop {
            batch.set_ages();
            let sent_at = Instant::now();
            let finished = in_time(finish::finish(&self.db, pod_id, &batch.jobs));
            let finished = self.activities.note(STORE_RESULTS, finished).await;
            self.metrics
                .store_duration
                .observe(sent_at.elapsed().as_secs_f64());
            match finished {
                Ok(ended) => {
                    count(batch, &ended, &self.metrics);
                    let ended: HashSet<i64> = ended.into_iter().map(|ended| ended.job_id).collect();
                    batch.end_traces(&ended);
                    let unknown = batch.jobs.iter().map(|job| job.job_id);
                    let late: Vec<i64> = unknown.filter(|id| !ended.contains(id)).collect();
                    count_late(&self.db, pod_id, late, backoff.has_failed(), &self.metrics).await;
                    backoff.reset();
                    return Ok(());
                }
                Err(_) if batch.registration.is_lost() => return Err(NotWritten::LeaseLost),
                Err(error) if self.may_retry(&error, batch.len()) => {
                    backoff.wait_after(&error).await;
                }
                Err(error) => return Err(NotWritten::Refused(error)),
            }
        }
    }

    /// Whether the same part is tried again. While the database is away it always is.
    fn may_retry(&mut self, error: &sqlx::Error, results: usize) -> bool {
        if is_fault_of_values(error) {
            return false;
        }
        match DatabaseFault::of(error) {
            DatabaseFault::Refused => self.refused.allow_retry(self.bounds),
            // A smaller part may be in time; a single result is kept until it is.
            DatabaseFault::Transient => self.transient.allow_retry(self.bounds) || results == 1,
            DatabaseFault::Unreachable if error.is_out_of_time() => {
                self.transient.allow_retry(self.bounds) || results == 1
            }
            DatabaseFault::Unreachable | DatabaseFault::Unwritable => true,
        }
    }

    /// Drops results whose lease was lost while they were retried.
    fn drop_late(&self, part: &mut Batch) {
        part.end_traces(&HashSet::new());
        self.metrics
            .store_dropped
            .with_label_values(&["lease_lost"])
            .inc_by(part.len() as u64);
        warn!(
            results = part.len(),
            first_job = part.first_job(),
            first_task = part.first_task(),
            first_source = part.first_source(),
            first_trace_id = part.first_trace(),
            "results came after their lease had ended and were dropped; their tasks run elsewhere"
        );
    }

    /// Drops the only result of a part, of which the database refuses even the history.
    fn drop_refused(&self, part: &mut Batch, refusal: &sqlx::Error) {
        part.end_traces(&HashSet::new());
        self.metrics
            .store_dropped
            .with_label_values(&["refused"])
            .inc();
        let (job, task, source) = (part.first_job(), part.first_task(), part.first_source());
        let trace_id = part.first_trace();
        let error = refusal as &dyn std::error::Error;
        if is_fault_of_values(refusal) {
            // The next run would end in the same way.
            error!(
                job,
                task,
                source,
                trace_id,
                error,
                "the database refuses the history of a job; its task waits until this pod ends"
            );
        } else {
            part.registration.request_replacement();
            error!(
                job,
                task,
                source,
                trace_id,
                error,
                "the database refuses every history for too long; the result of this job is \
                 dropped, and its task runs again"
            );
        }
    }
}

fn count(batch: &Batch, ended: &[finish::Ended], metrics: &Metrics) {
    let stored: HashMap<i64, bool> = ended
        .iter()
        .map(|ended| (ended.job_id, ended.stored_snapshot))
        .collect();
    for job in &batch.jobs {
        let (Some(counts), Some(&stored)) = (
            job.seats.as_ref().map(|seats| seats.counts),
            stored.get(&job.job_id),
        ) else {
            continue;
        };
        let result = if stored { "stored" } else { "unchanged" };
        metrics.store_snapshots.with_label_values(&[result]).inc();
        if stored {
            let seats = u64::try_from(counts.total()).unwrap_or(0);
            metrics.store_seats.inc_by(seats);
        }
    }
}

/// Counts the results that came after their lease. An earlier try of the same batch may have
/// written some of them: those are in the history.
async fn count_late(
    db: &PgPool,
    pod_id: i32,
    mut late: Vec<i64>,
    tried_before: bool,
    metrics: &Metrics,
) {
    if late.is_empty() {
        return;
    }
    if tried_before {
        match in_time(finish::in_history(db, pod_id, &late)).await {
            Ok(written) => late.retain(|job_id| !written.contains(job_id)),
            // Only the count is uncertain: none of these results is written any more.
            Err(error) => warn!(
                error = &error as &dyn std::error::Error,
                "late results may have been written by an earlier try"
            ),
        }
    }
    if !late.is_empty() {
        metrics.store_refused.inc_by(late.len() as u64);
        warn!(
            results = late.len(),
            first_job = late.first(),
            "results came after their lease had ended and were refused"
        );
    }
}
