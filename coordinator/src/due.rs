//! When a task runs next: after a look, after a failure, around the start of a showtime.

use std::time::Duration;

use schema::word::ErrorClass;

use crate::moment::Moment;

/// How close to the start of a showtime its last look before and its first look
/// after are taken: a tenth of the interval, within these.
const AROUND_START: (Duration, Duration) = (Duration::from_secs(2), Duration::from_mins(2));

/// Waits after failures double from here.
const FIRST_RETRY: Duration = Duration::from_secs(5);

/// How long after a start its first look is tried for: a later one does not tell who came.
const AFTER_START: Duration = Duration::from_mins(15);

/// Looks at a showtime that its source no longer has, before it is given up.
const MISSES_TO_RETIRE: u16 = 3;

/// What becomes of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It runs again then.
    At(Moment),
    /// It has ended for good.
    Retire,
}

/// Returns how long before and after the start of a showtime it is looked at, at least.
#[must_use]
pub fn around(every: Duration) -> Duration {
    (every / 10).clamp(AROUND_START.0, AROUND_START.1)
}

/// Returns when a task should run after a look at `now`, at its interval.
///
/// A task that watches a showtime has two looks beside those at its interval:
/// the last before the start and the first after, which is also its last.
#[must_use]
pub fn after_look(now: Moment, every: Duration, starts_at: Option<Moment>) -> Next {
    let around = around(every);
    next_look(
        now,
        every,
        starts_at.map(|starts_at| (starts_at.before(around), starts_at + around)),
    )
}

/// Returns when a task may run after a look at `now`: after `gap`, but not so late that
/// the looks around the start are missed.
#[must_use]
pub fn next_look(now: Moment, gap: Duration, around: Option<(Moment, Moment)>) -> Next {
    let next = now + gap;
    let Some((last_before, first_after)) = around else {
        return Next::At(next);
    };
    if now < last_before {
        Next::At(next.min(last_before))
    } else if now < first_after {
        Next::At(first_after)
    } else {
        Next::Retire
    }
}

/// Returns when a task should run after its `failures`-th failure in a row.
///
/// Failures that the next try may not meet are retried after a wait that doubles
/// up to the interval, spread by `jitter` in `0.0..1.0`; the others wait for
/// their interval. A showtime that is over, or that the source has forgotten,
/// is given up.
#[must_use]
pub fn after_failure(
    now: Moment,
    every: Duration,
    starts_at: Option<Moment>,
    class: ErrorClass,
    failures: u16,
    jitter: f64,
) -> Next {
    let is_over = starts_at.is_some_and(|starts_at| now > starts_at + AFTER_START);
    let is_gone =
        class == ErrorClass::Missing && starts_at.is_some() && failures >= MISSES_TO_RETIRE;
    if is_over || is_gone {
        return Next::Retire;
    }
    let wait = if is_worth_a_retry(class) {
        let doublings = u32::from(failures.saturating_sub(1)).min(16);
        let ceiling = FIRST_RETRY.saturating_mul(1 << doublings).min(every);
        ceiling.mul_f64(0.5 + jitter / 2.0)
    } else {
        every
    };
    match after_look(now, every, starts_at) {
        // The looks around the start are taken whatever happened before.
        Next::At(planned) => Next::At((now + wait).min(planned.max(now + FIRST_RETRY))),
        // The look after the start is still owed.
        Next::Retire => Next::At(now + wait),
    }
}

fn is_worth_a_retry(class: ErrorClass) -> bool {
    match class {
        ErrorClass::Timeout
        | ErrorClass::Unreachable
        | ErrorClass::Throttled
        | ErrorClass::Unavailable
        | ErrorClass::Malformed
        | ErrorClass::Missing => true,
        ErrorClass::Refused
        | ErrorClass::Rejected
        | ErrorClass::Redirected
        | ErrorClass::Oversized
        | ErrorClass::Unexpected
        | ErrorClass::Forbidden
        | ErrorClass::Definition => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_micros(1_000_000_000);
    const EVERY: Duration = Duration::from_mins(10);

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn a_listing_runs_at_its_interval() {
        assert_eq!(after_look(NOW, EVERY, None), Next::At(NOW + EVERY));
    }

    #[test]
    fn the_last_look_before_the_start_is_taken() {
        let starts_at = NOW + seconds(300);
        assert_eq!(
            after_look(NOW, EVERY, Some(starts_at)),
            Next::At(starts_at.before(seconds(60)))
        );
    }

    #[test]
    fn the_look_after_the_start_is_the_last() {
        let starts_at = NOW + seconds(30);
        let after = starts_at + seconds(60);
        assert_eq!(after_look(NOW, EVERY, Some(starts_at)), Next::At(after));
        assert_eq!(after_look(after, EVERY, Some(starts_at)), Next::Retire);
    }

    #[test]
    fn a_showtime_far_away_runs_at_its_interval() {
        let starts_at = NOW + seconds(86_400);
        assert_eq!(
            after_look(NOW, EVERY, Some(starts_at)),
            Next::At(NOW + EVERY)
        );
    }

    #[test]
    fn retries_wait_longer_each_time_but_not_beyond_the_interval() {
        let wait = |failures| after_failure(NOW, EVERY, None, ErrorClass::Timeout, failures, 1.0);
        assert_eq!(wait(1), Next::At(NOW + seconds(5)));
        assert_eq!(wait(3), Next::At(NOW + seconds(20)));
        assert_eq!(wait(u16::MAX), Next::At(NOW + EVERY));
    }

    #[test]
    fn a_permanent_refusal_waits_for_the_interval() {
        assert_eq!(
            after_failure(NOW, EVERY, None, ErrorClass::Rejected, 1, 0.5),
            Next::At(NOW + EVERY)
        );
    }

    #[test]
    fn a_failure_does_not_cost_the_last_look() {
        let starts_at = NOW + seconds(300);
        assert_eq!(
            after_failure(NOW, EVERY, Some(starts_at), ErrorClass::Rejected, 9, 0.5),
            Next::At(starts_at.before(seconds(60)))
        );
    }

    #[test]
    fn a_failure_does_not_cost_the_look_after_the_start() {
        let starts_at = NOW.before(seconds(60));
        let after =
            |now| after_failure(now, EVERY, Some(starts_at), ErrorClass::Unavailable, 1, 1.0);
        assert_eq!(after(NOW), Next::At(NOW + seconds(5)));
        assert_eq!(after(starts_at + AFTER_START + seconds(1)), Next::Retire);
    }

    #[test]
    fn a_showtime_that_the_source_forgot_is_given_up() {
        let starts_at = NOW + seconds(3_600);
        let after = |failures| {
            after_failure(
                NOW,
                EVERY,
                Some(starts_at),
                ErrorClass::Missing,
                failures,
                0.0,
            )
        };
        assert!(matches!(after(2), Next::At(_)));
        assert_eq!(after(3), Next::Retire);
    }
}
