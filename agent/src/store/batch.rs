//! One batch of results: written, split where the database refuses it, or written again.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Instant,
};

use schema::{
    connect::is_fault_of_values,
    finish::{self, Finished},
    word::{ErrorClass, LogLevel, Outcome},
};
use sqlx::PgPool;
use tracing::{error, warn};

use super::JobResult;
use crate::{
    activity::Activities,
    database::{Backoff, in_time},
    metrics::Metrics,
    registration::Registration,
};

/// The activity that a stall report names.
const STORE_RESULTS: &str = "store results";

/// Results of one registration; no showtime is twice among them.
#[derive(Debug)]
pub(super) struct Batch {
    registration: Arc<Registration>,
    jobs: Vec<Finished>,
    observed_at: Vec<Option<Instant>>,
    /// Whether the rows of its only job were taken out, because the database refused them.
    is_stripped: bool,
}

impl Batch {
    /// Makes a batch of results of one registration; `None` if there are none.
    pub(super) fn new(results: Vec<JobResult>) -> Option<Self> {
        let registration = results.first()?.registration.clone();
        let (jobs, observed_at) = results
            .into_iter()
            .map(|result| (result.job, result.observed_at))
            .unzip();
        Some(Self {
            registration,
            jobs,
            observed_at,
            is_stripped: false,
        })
    }

    pub(super) fn len(&self) -> usize {
        self.jobs.len()
    }

    pub(super) fn job_ids(&self) -> Vec<i64> {
        self.jobs.iter().map(|job| job.job_id).collect()
    }

    pub(super) fn showtimes(&self) -> Vec<i32> {
        self.jobs.iter().filter_map(Finished::showtime_id).collect()
    }

    /// Sets the ages of observations. That is done when the batch is sent, so that only the clock
    /// of the database counts.
    fn set_ages(&mut self) {
        for (job, observed_at) in self.jobs.iter_mut().zip(&self.observed_at) {
            job.observed_ago = observed_at.map(|at| at.elapsed());
        }
    }

    fn split(mut self) -> [Self; 2] {
        let middle = self.jobs.len() / 2;
        let second = Self {
            registration: self.registration.clone(),
            jobs: self.jobs.split_off(middle),
            observed_at: self.observed_at.split_off(middle),
            is_stripped: false,
        };
        [self, second]
    }

    /// Takes out the rows of the only job, which the database refused, so that at least its
    /// history is written. Returns `false` if they were out already.
    fn strip_rows(&mut self, refusal: &sqlx::Error) -> bool {
        let Some(job) = self.jobs.first_mut().filter(|_| !self.is_stripped) else {
            return false;
        };
        self.is_stripped = true;
        job.seats = None;
        job.prices = None;
        job.observations = Vec::new();
        job.quarantined = None;
        job.row_count = None;
        job.request_url = None;
        job.logs = vec![(
            LogLevel::Error,
            "the database refused the rows of this job".to_owned(),
        )];
        job.error = Some(format!("the database refused its result: {refusal}"));
        if job.outcome == Outcome::Succeeded {
            job.outcome = Outcome::Failed;
            job.error_class = Some(ErrorClass::Malformed);
        }
        true
    }
}

/// Writes a batch; returns when it is written, refused, or hopeless.
///
/// While the database is away, or refuses whatever it is given, it tries again. A result that the database refuses
/// is found by halving, and fails its own job only.
pub(super) async fn write(db: &PgPool, batch: Batch, activities: &Activities, metrics: &Metrics) {
    let mut parts = vec![batch];
    while let Some(mut part) = parts.pop() {
        match write_part(db, &mut part, activities, metrics).await {
            Ok(()) => {}
            Err(_) if part.len() > 1 => parts.extend(part.split()),
            Err(refusal) => {
                let job = part.jobs.first().map(|job| job.job_id);
                if part.strip_rows(&refusal) {
                    warn!(
                        job,
                        error = &refusal as &dyn std::error::Error,
                        "the database refused a result, its job fails"
                    );
                    parts.push(part);
                } else {
                    error!(
                        job,
                        error = &refusal as &dyn std::error::Error,
                        "the database refuses the history of a job; its task waits until this pod ends"
                    );
                }
            }
        }
    }
}

/// Writes until the outcome is known.
async fn write_part(
    db: &PgPool,
    batch: &mut Batch,
    activities: &Activities,
    metrics: &Metrics,
) -> Result<(), sqlx::Error> {
    let pod_id = batch.registration.pod_id;
    let mut backoff = Backoff::default();
    loop {
        batch.set_ages();
        let sent_at = Instant::now();
        let finished = in_time(finish::finish(db, pod_id, &batch.jobs));
        let finished = activities.note(STORE_RESULTS, finished).await;
        metrics
            .store_duration
            .observe(sent_at.elapsed().as_secs_f64());
        match finished {
            Ok(ended) => {
                count(batch, &ended, metrics);
                let ended: HashSet<i64> = ended.into_iter().map(|ended| ended.job_id).collect();
                let unknown = batch.jobs.iter().map(|job| job.job_id);
                let late: Vec<i64> = unknown.filter(|id| !ended.contains(id)).collect();
                count_late(db, pod_id, late, backoff.has_failed(), metrics).await;
                backoff.reset();
                return Ok(());
            }
            Err(error) if is_fault_of_values(&error) => return Err(error),
            // Whatever the values are: the results are kept until a person has helped.
            Err(error) => backoff.wait_after(&error).await,
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
            let seats = seat_count(counts);
            metrics.store_seats.inc_by(seats);
        }
    }
}

fn seat_count(counts: finish::Counts) -> u64 {
    [
        counts.available,
        counts.sold,
        counts.held,
        counts.blocked,
        counts.broken,
        counts.house,
        counts.unknown,
        counts.unmapped,
    ]
    .into_iter()
    .map(|count| u64::try_from(count).unwrap_or(0))
    .sum()
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
