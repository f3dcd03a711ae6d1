//! Updates a limit key from a job that ended.

use std::time::Duration;

use schema::{
    enums::{ErrorClass, Outcome},
    schedule::EndedJob,
};

use super::Key;
use crate::{
    db_time::DbTime,
    limits::{breaker::is_host_trouble, rate_share::Feedback},
};

/// How long a key is paused after a 429 without `Retry-After`.
const DEFAULT_PAUSE: Duration = Duration::from_secs(5);

/// Weight of one job in the time that jobs occupy their agents.
const OCCUPIED_WEIGHT: f64 = 1.0 / 32.0;

impl Key {
    /// Learns from a job that ended; this leader gave its permit at `permitted_at`, if it did.
    pub fn job_ended(&mut self, job: &EndedJob, permitted_at: Option<DbTime>, now: DbTime) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.learn_host(job, permitted_at, now);
        match job.outcome {
            // It is unknown what it sent.
            Outcome::Lost | Outcome::Cancelled => {}
            Outcome::Succeeded | Outcome::Failed | Outcome::Returned | Outcome::Continued => {
                if job.requests == 0 {
                    self.refund(permitted_at);
                } else {
                    self.learn_share(job, permitted_at, now);
                }
            }
        }
    }

    /// Learns whether the host is in trouble, of a job that sent it something.
    fn learn_host(&mut self, job: &EndedJob, permitted_at: Option<DbTime>, now: DbTime) {
        let trouble = job.error_class.filter(|class| is_host_trouble(*class));
        match (job.outcome, trouble) {
            (Outcome::Lost | Outcome::Returned | Outcome::Cancelled, _) => {
                self.breaker.unused(job.job_id);
            }
            _ if job.requests == 0 => self.breaker.unused(job.job_id),
            (Outcome::Failed, Some(class)) => {
                if let Some(pause) = requested_pause(job, class) {
                    self.paused_until = self
                        .paused_until
                        .max(Some(DbTime::from(job.finished_at) + pause));
                }
                let permitted_at = permitted_at.unwrap_or(DbTime::from(job.claimed_at));
                self.breaker.failed(job.job_id, permitted_at, now);
            }
            (Outcome::Failed | Outcome::Succeeded | Outcome::Continued, _) => {
                self.breaker.answered(job.job_id, now);
            }
        }
    }

    fn learn_share(&mut self, job: &EndedJob, permitted_at: Option<DbTime>, now: DbTime) {
        let claimed_at = DbTime::from(job.claimed_at);
        let occupied = DbTime::from(job.finished_at)
            .since(claimed_at)
            .as_secs_f64();
        self.occupied += (occupied - self.occupied) * OCCUPIED_WEIGHT;
        let feedback = match job.error_class {
            Some(ErrorClass::Throttled) => Feedback::Throttled,
            Some(ErrorClass::Unavailable) if job.http_status == Some(503) => Feedback::Unavailable,
            Some(class) if is_host_trouble(class) => Feedback::Trouble,
            _ => Feedback::Answered,
        };
        let micros = job
            .fetch_micros
            .and_then(|micros| u64::try_from(micros).ok());
        let took = micros.map(Duration::from_micros);
        let permitted_at = permitted_at.unwrap_or(claimed_at);
        if self
            .rate_share
            .learn(job.step_id, feedback, took, permitted_at, now)
        {
            self.bucket
                .allow(self.allowance.slowed(self.rate_share.share()));
        }
    }
}

fn requested_pause(job: &EndedJob, class: ErrorClass) -> Option<Duration> {
    let asked = job
        .retry_after_seconds
        .and_then(|seconds| u64::try_from(seconds).ok())
        .map(Duration::from_secs);
    asked.or_else(|| (class == ErrorClass::Throttled).then_some(DEFAULT_PAUSE))
}
