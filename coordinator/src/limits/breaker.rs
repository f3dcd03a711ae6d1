//! The circuit breaker of a limit key: a host that does not answer is left alone,
//! then probed with exactly one request.

use std::time::Duration;

use schema::enums::ErrorClass;

use crate::db_time::DbTime;

/// Failures in a row that open it.
const FAILURES_TO_OPEN: u32 = 4;

/// How long it stays open the first time; doubles with each failed probe.
const FIRST_PAUSE: Duration = Duration::from_secs(10);

/// How long it stays open at most.
const MAX_PAUSE: Duration = Duration::from_mins(5);

/// Leave of a limit key to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// As much as its permits allow.
    Free,
    /// One request, whose end decides.
    Probe,
    /// Nothing.
    Nothing,
}

/// The one job that an open breaker lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Probe {
    /// A job of this task, on its way into the queue.
    Chosen(i64),
    /// This job.
    Placed(i64),
}

/// Counts failures in a row of one limit key.
///
/// While it is open, only the end of its probe changes anything: what was sent before says how
/// the host was, and a job that sent nothing says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Breaker {
    failures: u32,
    /// Times in a row that it opened.
    opened: u32,
    open_until: Option<DbTime>,
    probe: Option<Probe>,
    /// When a probe closed it last.
    closed_at: Option<DbTime>,
}

impl Breaker {
    /// Returns the leave to send at `now`.
    #[must_use]
    pub fn permission(&self, now: DbTime) -> Permission {
        match self.open_until {
            None => Permission::Free,
            Some(_) if self.probe.is_some() => Permission::Nothing,
            Some(until) if now < until => Permission::Nothing,
            Some(_) => Permission::Probe,
        }
    }

    /// Whether it is open, or waits for its probe.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open_until.is_some()
    }

    /// Notes that the next job of a task is the probe.
    pub fn probe_chosen(&mut self, task_id: i64) {
        self.probe = Some(Probe::Chosen(task_id));
    }

    /// Notes which job a task became.
    pub fn job_placed(&mut self, task_id: i64, job_id: i64) {
        if self.probe == Some(Probe::Chosen(task_id)) {
            self.probe = Some(Probe::Placed(job_id));
        }
    }

    /// Notes that a task became no job: if that was to be the probe, another may be.
    pub fn not_placed(&mut self, task_id: i64) {
        if self.probe == Some(Probe::Chosen(task_id)) {
            self.probe = None;
        }
    }

    /// Notes that a job ended without an answer or a failure of its host: if that was the
    /// probe, another may be sent.
    pub fn unused(&mut self, job_id: i64) {
        if self.is_probe(job_id) {
            self.probe = None;
        }
    }

    /// Forgets a probe that is neither queued nor running.
    pub fn forget_probe_unless(&mut self, is_out: impl FnOnce(i64) -> bool) {
        let job_id = match self.probe {
            Some(Probe::Placed(job_id)) => Some(job_id),
            Some(Probe::Chosen(_)) | None => None,
        };
        if !job_id.is_some_and(is_out) {
            self.probe = None;
        }
    }

    /// Notes that the host answered a job, with any answer: it is alive.
    pub fn answered(&mut self, job_id: i64, now: DbTime) {
        if !self.is_open() {
            self.failures = 0;
        } else if self.is_probe(job_id) {
            *self = Self {
                closed_at: Some(now),
                ..Self::default()
            };
        }
    }

    /// Notes that a job failed that was permitted at `permitted_at`; returns for how long the
    /// key is closed off if this opened it.
    pub fn failed(&mut self, job_id: i64, permitted_at: DbTime, now: DbTime) -> Option<Duration> {
        if self.is_open() {
            if !self.is_probe(job_id) {
                return None;
            }
        } else {
            // It was sent before the probe that found the host alive.
            if self.closed_at.is_some_and(|closed| permitted_at < closed) {
                return None;
            }
            self.failures += 1;
            if self.failures < FAILURES_TO_OPEN {
                return None;
            }
        }
        self.probe = None;
        let pause = FIRST_PAUSE
            .saturating_mul(1 << self.opened.min(8))
            .min(MAX_PAUSE);
        self.opened += 1;
        self.open_until = Some(now + pause);
        Some(pause)
    }

    fn is_probe(&self, job_id: i64) -> bool {
        self.probe == Some(Probe::Placed(job_id))
    }
}

/// Decides whether a failure says that the host is in trouble. Other answers,
/// a 404 among them, mean that it is alive.
#[must_use]
pub fn is_host_trouble(class: ErrorClass) -> bool {
    match class {
        ErrorClass::Timeout
        | ErrorClass::Unreachable
        | ErrorClass::Throttled
        | ErrorClass::Unavailable => true,
        ErrorClass::Refused
        | ErrorClass::Missing
        | ErrorClass::Rejected
        | ErrorClass::Redirected
        | ErrorClass::Oversized
        | ErrorClass::Malformed
        | ErrorClass::Unexpected
        | ErrorClass::Forbidden
        | ErrorClass::Definition => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: DbTime = DbTime::from_micros(0);
    const LATER: DbTime = DbTime::from_micros(20_000_000);
    /// The task and the job of the probe, and another job.
    const TASK: i64 = 7;
    const PROBE: i64 = 1007;
    const OTHER: i64 = 1001;

    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..3 {
            assert_eq!(breaker.failed(OTHER, START, START), None);
        }
        assert_eq!(breaker.failed(OTHER, START, START), Some(FIRST_PAUSE));
        breaker
    }

    /// Open, and its probe is out.
    fn probing() -> Breaker {
        let mut breaker = opened();
        breaker.probe_chosen(TASK);
        breaker.job_placed(TASK, PROBE);
        breaker
    }

    #[test]
    fn four_failures_in_a_row_open_it() {
        assert_eq!(opened().permission(START), Permission::Nothing);
    }

    #[test]
    fn an_answer_starts_the_count_anew() {
        let mut breaker = Breaker::default();
        for _ in 0..3 {
            breaker.failed(OTHER, START, START);
        }
        breaker.answered(OTHER, START);
        assert_eq!(breaker.failed(OTHER, START, START), None);
        assert_eq!(breaker.permission(START), Permission::Free);
    }

    #[test]
    fn after_the_pause_exactly_one_probe_is_sent() {
        let mut breaker = opened();
        assert_eq!(breaker.permission(LATER), Permission::Probe);
        breaker.probe_chosen(TASK);
        assert_eq!(breaker.permission(LATER), Permission::Nothing);
        breaker.job_placed(TASK, PROBE);
        assert_eq!(breaker.permission(LATER), Permission::Nothing);
    }

    #[test]
    fn a_failed_probe_doubles_the_pause_and_an_answered_one_closes_it() {
        let mut breaker = probing();
        assert_eq!(breaker.failed(PROBE, LATER, LATER), Some(2 * FIRST_PAUSE));
        breaker.probe_chosen(TASK);
        breaker.job_placed(TASK, PROBE + 1);
        breaker.answered(PROBE + 1, LATER);
        assert_eq!(breaker.permission(LATER), Permission::Free);
    }

    #[test]
    fn a_straggler_that_ends_while_it_is_open_changes_nothing() {
        for mut breaker in [opened(), probing()] {
            let before = breaker.clone();
            assert_eq!(breaker.failed(OTHER, START, LATER), None);
            breaker.answered(OTHER, LATER);
            breaker.unused(OTHER);
            breaker.not_placed(TASK + 1);
            breaker.job_placed(TASK, OTHER);
            assert_eq!(breaker, before);
        }
    }

    #[test]
    fn a_straggler_that_fails_after_it_closed_does_not_open_it_again() {
        let mut breaker = probing();
        breaker.answered(PROBE, LATER);
        for job_id in 0..4 {
            assert_eq!(breaker.failed(job_id, START, LATER), None);
        }
        assert_eq!(breaker.permission(LATER), Permission::Free);
        for job_id in 0..3 {
            assert_eq!(breaker.failed(job_id, LATER, LATER), None);
        }
        assert!(breaker.failed(9, LATER, LATER).is_some());
    }

    #[test]
    fn another_probe_is_sent_for_one_that_sent_nothing() {
        let mut breaker = probing();
        breaker.unused(PROBE);
        assert_eq!(breaker.permission(LATER), Permission::Probe);
        breaker.probe_chosen(TASK);
        breaker.not_placed(TASK);
        assert_eq!(breaker.permission(LATER), Permission::Probe);
        breaker.probe_chosen(TASK);
        breaker.job_placed(TASK, PROBE);
        breaker.forget_probe_unless(|job_id| job_id == PROBE);
        assert_eq!(breaker.permission(LATER), Permission::Nothing);
        breaker.forget_probe_unless(|_| false);
        assert_eq!(breaker.permission(LATER), Permission::Probe);
    }
}
