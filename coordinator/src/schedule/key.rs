//! One limit key: its ready tasks, its permits, its breaker.

use std::{cmp::Reverse, collections::BinaryHeap, mem, time::Duration};

use schema::{
    schedule::{EndedJob, LimitKey},
    word::{ErrorClass, Outcome},
};

use crate::{
    breaker::{Breaker, Permission, is_host_trouble},
    moment::Moment,
    permit::{Allowance, Bucket},
    policy::Claim,
};

/// How long a key is paused after a 429 that does not say.
const PAUSE_UNASKED: Duration = Duration::from_secs(5);

/// A task that is due; less is more urgent. One in the middle of a conversation comes
/// before all others of its key: what was said so far must not grow old. Then come the
/// looks around the start of a showtime, then the step's priority decides, then the claim
/// that the policy gives, then how long it has been due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// Whether it begins a conversation.
    pub begins: bool,
    /// Whether its look is now or never.
    pub can_wait: bool,
    /// The step's priority.
    pub priority: i16,
    /// What its policy says that it may claim.
    pub claim: Claim,
    /// Since when it is due.
    pub due_at: Moment,
    /// The task.
    pub task_id: i64,
}

impl Candidate {
    /// What it may claim against those of other keys, where agents are scarce.
    #[must_use]
    pub fn tier(&self) -> (bool, i16) {
        (self.can_wait, self.priority)
    }
}

/// See the module.
#[derive(Debug)]
pub struct Key {
    /// Jobs chosen, queued or running.
    pub in_flight: usize,
    /// Whether the host is in trouble.
    pub breaker: Breaker,
    limits: (f64, i32),
    concurrency: usize,
    bucket: Bucket,
    paused_until: Option<Moment>,
    ready: BinaryHeap<Reverse<Candidate>>,
    rated_at: Moment,
}

impl Key {
    /// A key that has given out nothing and has no tokens yet.
    #[must_use]
    pub fn new(limit: &LimitKey, now: Moment) -> Self {
        Self {
            in_flight: 0,
            breaker: Breaker::default(),
            limits: (limit.rate_per_second, limit.burst),
            concurrency: usize::MAX,
            bucket: Bucket::empty(allowance(limit), now),
            paused_until: None,
            ready: BinaryHeap::new(),
            rated_at: now,
        }
    }

    /// Takes the limits as they are now. A pause is only ever made longer.
    pub fn set(&mut self, limit: &LimitKey) {
        if self.limits != (limit.rate_per_second, limit.burst) {
            self.limits = (limit.rate_per_second, limit.burst);
            self.bucket.allow(allowance(limit));
        }
        self.concurrency = limit
            .concurrency
            .and_then(|most| usize::try_from(most).ok())
            .unwrap_or(usize::MAX);
        self.paused_until = self.paused_until.max(limit.paused_until.map(Moment::from));
    }

    /// Forgets tasks and jobs, but not what was given out.
    pub fn forget_jobs(&mut self) {
        self.in_flight = 0;
        self.ready.clear();
        self.breaker.unused();
    }

    /// Adds a task that is due.
    pub fn push(&mut self, candidate: Candidate) {
        self.ready.push(Reverse(candidate));
    }

    /// Takes the most urgent.
    pub fn pop(&mut self) -> Option<Candidate> {
        self.ready.pop().map(|Reverse(candidate)| candidate)
    }

    /// Requests a second that its source allows in the long run.
    #[must_use]
    pub fn rate_per_second(&self) -> f64 {
        self.limits.0
    }

    /// Since when its tasks have not been ranked anew.
    #[must_use]
    pub fn rated_at(&self) -> Moment {
        self.rated_at
    }

    /// Ranks its tasks anew: `rate` gives each its claim, or takes it out.
    pub fn rank(&mut self, now: Moment, rate: impl FnMut(Candidate) -> Option<Candidate>) {
        self.rated_at = now;
        let before = mem::take(&mut self.ready).into_vec();
        let ranked: Vec<_> = before
            .into_iter()
            .map(|Reverse(candidate)| candidate)
            .filter_map(rate)
            .map(Reverse)
            .collect();
        self.ready = BinaryHeap::from(ranked);
    }

    /// Tasks that are due; some may have been rescheduled since.
    #[must_use]
    pub fn ready(&self) -> usize {
        self.ready.len()
    }

    /// Adds the tokens of the time that passed.
    pub fn fill(&mut self, now: Moment) {
        self.bucket.fill(now);
    }

    /// The most urgent task, if the key may send now.
    #[must_use]
    pub fn head(&self, now: Moment) -> Option<Candidate> {
        let may_send = self.paused_until.is_none_or(|until| until <= now)
            && self.in_flight < self.concurrency
            && self.bucket.has_token()
            && self.breaker.permission(now) != Permission::Nothing;
        self.ready
            .peek()
            .filter(|_| may_send)
            .map(|Reverse(candidate)| *candidate)
    }

    /// Spends a permit on a job that is in flight from now on.
    pub fn spend(&mut self, now: Moment) {
        self.in_flight += 1;
        self.bucket.take();
        if self.breaker.permission(now) == Permission::Probe {
            self.breaker.probe_sent();
        }
    }

    /// When a permit given at `now` ends.
    #[must_use]
    pub fn expiry(&self, now: Moment) -> Moment {
        self.bucket.expiry(now)
    }

    /// Notes that a job was not placed, or not claimed.
    pub fn job_unused(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.breaker.unused();
    }

    /// Learns from a job that ended.
    pub fn job_ended(&mut self, job: &EndedJob, now: Moment) {
        self.in_flight = self.in_flight.saturating_sub(1);
        match (job.outcome, job.error_class) {
            (Outcome::Failed, Some(class)) if is_host_trouble(class) => {
                if let Some(pause) = pause_asked(job, class) {
                    self.paused_until = self
                        .paused_until
                        .max(Some(Moment::from(job.finished_at) + pause));
                }
                self.breaker.failed(now);
            }
            (Outcome::Failed | Outcome::Succeeded | Outcome::Continued, _) => {
                self.breaker.answered();
            }
            (Outcome::Lost | Outcome::Returned, _) => self.breaker.unused(),
        }
    }
}

fn pause_asked(job: &EndedJob, class: ErrorClass) -> Option<Duration> {
    let asked = job
        .retry_after_seconds
        .and_then(|seconds| u64::try_from(seconds).ok())
        .map(Duration::from_secs);
    asked.or_else(|| (class == ErrorClass::Throttled).then_some(PAUSE_UNASKED))
}

fn allowance(limit: &LimitKey) -> Allowance {
    Allowance::of(
        limit.rate_per_second,
        u32::try_from(limit.burst).unwrap_or(1),
    )
}
