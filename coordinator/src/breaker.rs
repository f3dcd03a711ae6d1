//! The circuit breaker of a limit key: a host that does not answer is left alone,
//! then probed with exactly one request.

use std::time::Duration;

use schema::word::ErrorClass;

use crate::moment::Moment;

/// Failures in a row that open it.
const FAILURES_TO_OPEN: u32 = 4;

/// How long it stays open the first time; doubles with each failed probe.
const FIRST_PAUSE: Duration = Duration::from_secs(10);

/// How long it stays open at most.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// What a limit key may send now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// As much as its permits allow.
    Free,
    /// One request, whose end decides.
    Probe,
    /// Nothing.
    Nothing,
}

/// Counts failures in a row of one limit key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Breaker {
    failures: u32,
    /// Times in a row that it opened.
    opened: u32,
    open_until: Option<Moment>,
    probing: bool,
}

impl Breaker {
    /// What may be sent at `now`.
    #[must_use]
    pub fn permission(&self, now: Moment) -> Permission {
        match self.open_until {
            None => Permission::Free,
            Some(_) if self.probing => Permission::Nothing,
            Some(until) if now < until => Permission::Nothing,
            Some(_) => Permission::Probe,
        }
    }

    /// Whether it is open, or waits for its probe.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open_until.is_some()
    }

    /// Notes that the probe is on its way.
    pub fn probe_sent(&mut self) {
        self.probing = true;
    }

    /// Notes that a job ended without a request: a probe must be sent anew.
    pub fn unused(&mut self) {
        self.probing = false;
    }

    /// Notes that the host answered, with whatever answer: it is alive.
    pub fn answered(&mut self) {
        *self = Self::default();
    }

    /// Notes a failure; returns for how long the key is closed off if this opened it.
    pub fn failed(&mut self, now: Moment) -> Option<Duration> {
        self.failures += 1;
        let failed_probe = self.probing;
        self.probing = false;
        let opens =
            failed_probe || (self.open_until.is_none() && self.failures >= FAILURES_TO_OPEN);
        if !opens {
            return None;
        }
        let pause = FIRST_PAUSE
            .saturating_mul(1 << self.opened.min(8))
            .min(LONGEST_PAUSE);
        self.opened += 1;
        self.open_until = Some(now + pause);
        Some(pause)
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

    const START: Moment = Moment::from_micros(0);

    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..3 {
            assert_eq!(breaker.failed(START), None);
        }
        assert_eq!(breaker.failed(START), Some(FIRST_PAUSE));
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
            breaker.failed(START);
        }
        breaker.answered();
        assert_eq!(breaker.failed(START), None);
        assert_eq!(breaker.permission(START), Permission::Free);
    }

    #[test]
    fn after_the_pause_exactly_one_probe_is_sent() {
        let mut breaker = opened();
        let later = START + FIRST_PAUSE;
        assert_eq!(breaker.permission(later), Permission::Probe);
        breaker.probe_sent();
        assert_eq!(breaker.permission(later), Permission::Nothing);
    }

    #[test]
    fn a_failed_probe_doubles_the_pause_and_an_answered_one_closes_it() {
        let mut breaker = opened();
        let later = START + FIRST_PAUSE;
        breaker.probe_sent();
        assert_eq!(breaker.failed(later), Some(2 * FIRST_PAUSE));
        breaker.probe_sent();
        breaker.answered();
        assert_eq!(breaker.permission(later), Permission::Free);
    }

    #[test]
    fn a_straggler_that_fails_while_it_is_open_changes_nothing() {
        let mut breaker = opened();
        assert_eq!(breaker.failed(START), None);
        assert_eq!(breaker.permission(START + FIRST_PAUSE), Permission::Probe);
    }
}
