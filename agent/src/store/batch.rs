//! One batch of results, which can be split and stripped where the database refuses it.

use std::{collections::HashSet, sync::Arc, time::Instant};

use schema::{
    connect::is_fault_of_values,
    enums::{ErrorClass, LogLevel, Outcome},
    finish::{Finished, NewLogLine},
};

use telemetry::TraceId;
use tracing::field::DisplayValue;

use super::result::JobResult;
use crate::{registration::Registration, trace::JobTag};

/// When a result was seen and when it was complete, by this process's clock.
#[derive(Debug, Clone, Copy)]
struct Times {
    observed_at: Option<Instant>,
    completed_at: Instant,
}

/// Results of one registration; no showtime is twice among them.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) registration: Arc<Registration>,
    pub(super) jobs: Vec<Finished>,
    times: Vec<Times>,
    tags: Vec<JobTag>,
    /// Whether the rows of its only job were taken out, because the database refused them.
    is_stripped: bool,
}

impl Batch {
    /// Makes a batch of results of one registration; `None` if there are none.
    pub(super) fn new(results: Vec<JobResult>) -> Option<Self> {
        let registration = results.first()?.registration.clone();
        let (mut jobs, mut times, mut tags) = (Vec::new(), Vec::new(), Vec::new());
        for result in results {
            times.push(Times {
                observed_at: result.observed_at,
                completed_at: result.completed_at,
            });
            jobs.push(result.job);
            tags.push(result.tag);
        }
        Some(Self {
            registration,
            jobs,
            times,
            tags,
            is_stripped: false,
        })
    }

    pub(super) fn len(&self) -> usize {
        self.jobs.len()
    }

    pub(super) fn first_job(&self) -> Option<i64> {
        self.jobs.first().map(|job| job.job_id)
    }

    pub(super) fn first_task(&self) -> Option<i64> {
        self.jobs.first().map(|job| job.task_id)
    }

    pub(super) fn first_source(&self) -> Option<i32> {
        self.tags.first().map(|tag| tag.source_id)
    }

    /// The trace of the first job as a field of a log line; none while telemetry is off.
    pub(super) fn first_trace(&self) -> Option<DisplayValue<TraceId>> {
        self.tags.first().and_then(JobTag::trace_field)
    }

    pub(super) fn job_ids(&self) -> Vec<i64> {
        self.jobs.iter().map(|job| job.job_id).collect()
    }

    pub(super) fn showtimes(&self) -> Vec<i32> {
        self.jobs.iter().filter_map(Finished::showtime_id).collect()
    }

    /// Sets the ages of observations and results. That is done when the batch is sent, so that only the clock
    /// of the database counts.
    pub(super) fn set_ages(&mut self) {
        for (job, times) in self.jobs.iter_mut().zip(&self.times) {
            job.observed_ago = times.observed_at.map(|at| at.elapsed());
            job.trace.store = Some(times.completed_at.elapsed());
        }
    }

    /// Ends the traces of the jobs; the results of `stored` were stored.
    pub(super) fn end_traces(&mut self, stored: &HashSet<i64>) {
        for (job, tag) in self.jobs.iter().zip(&mut self.tags) {
            if let Some(trace) = tag.trace.take() {
                trace.end(job, stored.contains(&job.job_id));
            }
        }
    }

    pub(super) fn split(mut self) -> [Self; 2] {
        let middle = self.jobs.len() / 2;
        let second = Self {
            registration: self.registration.clone(),
            jobs: self.jobs.split_off(middle),
            times: self.times.split_off(middle),
            tags: self.tags.split_off(middle),
            is_stripped: false,
        };
        [self, second]
    }

    /// Takes out the rows of the only job, which the database refused, so that at least its
    /// history is written. Returns `false` if they were out already.
    pub(super) fn strip_rows(&mut self, refusal: &sqlx::Error) -> bool {
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
        job.logs = vec![NewLogLine::new(
            LogLevel::Error,
            "the database refused the rows of this job",
        )];
        job.error = Some(format!("the database refused its result: {refusal}"));
        if job.outcome == Outcome::Succeeded {
            job.outcome = Outcome::Failed;
            // Only values that the database refuses are the fault of the source.
            job.error_class = Some(if is_fault_of_values(refusal) {
                ErrorClass::Malformed
            } else {
                ErrorClass::Timeout
            });
        }
        true
    }
}
