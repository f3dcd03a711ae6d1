//! One batch of results, written until its outcome is known.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Instant,
};

use liveness::activity::Activities;
use schema::{
    connect::{is_fault_of_values, is_outage},
    finish::{self, Finished},
    word::{ErrorClass, LogLevel, Outcome},
};
use sqlx::PgPool;
use tracing::{error, warn};

use super::{Ended, Pause};
use crate::{
    database::{Backoff, in_time},
    heart::Registration,
    metrics::Metrics,
};

/// What is done here, in the words of a warning.
const STORE: &str = "store results";

/// Results of one registration; no showtime is twice among them.
#[derive(Debug)]
pub(super) struct Batch {
    registration: Arc<Registration>,
    jobs: Vec<Finished>,
    observed_at: Vec<Option<Instant>>,
    /// What the database refused of its only job is out already.
    is_stripped: bool,
}

impl Batch {
    /// `None` if there is nothing to write. All of `ended` are of one registration.
    pub(super) fn new(ended: Vec<Ended>) -> Option<Self> {
        let registration = ended.first()?.registration.clone();
        let (jobs, observed_at) = ended
            .into_iter()
            .map(|ended| (ended.job, ended.observed_at))
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

    /// Ages are taken when the batch is sent, so that only the database's clock counts.
    fn age(&mut self) {
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

    /// Takes out what the database refused, so that at least the history is written.
    ///
    /// Returns `false` if it was out already.
    fn strip(&mut self, refusal: &sqlx::Error) -> bool {
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
            "the database refused what this job saw".to_owned(),
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
                if part.strip(&refusal) {
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

/// Tells the fleet of a pause, for what is left of it.
pub(super) async fn pause(db: &PgPool, pause: Pause) {
    let limit_key_id = pause.limit_key_id;
    let mut backoff = Backoff::default();
    loop {
        let left = pause.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        let reason = "the source asked for a pause";
        let told = finish::pause_limit_key(db, limit_key_id, left, reason);
        match in_time(told).await {
            Ok(()) => return,
            Err(error) if is_outage(&error) => backoff.wait(&error.to_string()).await,
            Err(error) => {
                error!(
                    limit_key_id,
                    error = &error as &dyn std::error::Error,
                    "a limit key was not paused"
                );
                return;
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
        batch.age();
        let sent_at = Instant::now();
        let finished = in_time(finish::finish(db, pod_id, &batch.jobs));
        let finished = activities.note(STORE, finished).await;
        metrics
            .store_duration
            .observe(sent_at.elapsed().as_secs_f64());
        match finished {
            Ok(ended) => {
                count(batch, &ended, metrics);
                let ended: HashSet<i64> = ended.into_iter().map(|ended| ended.job_id).collect();
                let unknown = batch.jobs.iter().map(|job| job.job_id);
                let late: Vec<i64> = unknown.filter(|id| !ended.contains(id)).collect();
                refuse(db, pod_id, late, backoff.has_begun(), metrics).await;
                backoff.over();
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
            let seats = u64::try_from(counts.total()).unwrap_or(0);
            metrics.store_seats.inc_by(seats);
        }
    }
}

/// Counts the results that came too late. After an earlier try of the same batch
/// some of them may be its own, which the history tells.
async fn refuse(
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
            // Only the count is in doubt: nothing of these is written any more.
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
