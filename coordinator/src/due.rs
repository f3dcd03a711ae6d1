//! When a task runs next: after a look, after a failure, and around the start of a showtime.
//!
//! The interval counts from the time at which the answer of the last look was complete. If it
//! counted from when results were stored, tasks that once shared a transaction would be due at the
//! same moment ever after.
//!
//! **Missing showtimes.** A 404 or 410 is a miss. Several misses in a row over some time, with no
//! other answer or failure between them, retire the task; count and begin are stored with the task
//! (`task.misses`, `missing_since`) for the next leader. A listing that contains the showtime gives
//! it one look again (`store_tasks.sql`). The decision names the start of the showtime, and nothing
//! is retired whose showtime has moved since.

use std::time::Duration;

use schema::enums::ErrorClass;

use crate::db_time::DbTime;

/// The shortest time from a showtime's last look before its start to the start, and from the
/// start to its first look after it.
const MIN_START_MARGIN: Duration = Duration::from_secs(2);

/// The longest such time.
const MAX_START_MARGIN: Duration = Duration::from_mins(2);

/// Waits after failures double from here.
const FIRST_RETRY: Duration = Duration::from_secs(5);

/// How long after a start the first look is tried: a later look does not show the admissions.
const AFTER_START: Duration = Duration::from_mins(15);

/// Answers in a row that there is no such showtime, before it is given up.
const MISSES_TO_RETIRE: u16 = 3;

/// The time that they must span: a source that is being deployed may answer 404 for a while.
const MISSING_FOR: Duration = Duration::from_mins(30);

/// The next run of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextRun {
    /// The task runs again at this time.
    At(DbTime),
    /// The task is retired.
    Retire,
}

/// Answers of one task that came last and one after the other, all of which said that there is
/// no such thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Misses {
    /// How many.
    pub count: u16,
    /// When the first of them came.
    pub since: DbTime,
}

impl Misses {
    /// Returns the misses after a failure at `at`: one of another kind ends the row.
    #[must_use]
    pub fn after_failure(before: Option<Self>, class: ErrorClass, at: DbTime) -> Option<Self> {
        (class == ErrorClass::Missing).then(|| Self {
            count: before.map_or(0, |before| before.count).saturating_add(1),
            since: before.map_or(at, |before| before.since),
        })
    }

    /// Whether they are enough, and span enough time, to be believed at `now`.
    #[must_use]
    pub fn is_gone(self, now: DbTime) -> bool {
        self.count >= MISSES_TO_RETIRE && now.since(self.since) >= MISSING_FOR
    }
}

/// How a task failed.
#[derive(Debug, Clone, Copy)]
pub struct Failure {
    /// How it failed this time.
    pub class: ErrorClass,
    /// How often it has failed since its last success, this time included.
    pub count: u16,
    /// Answers that came last which said that there is no such thing, this one included.
    pub misses: Option<Misses>,
}

/// Returns how long before and after the start of a showtime it is looked at, at least.
#[must_use]
pub fn start_margin(every: Duration) -> Duration {
    (every / 10).clamp(MIN_START_MARGIN, MAX_START_MARGIN)
}

/// Returns when a task should run after a look at `now`, at its interval.
///
/// A task that watches a showtime has two looks in addition to those at its interval: the last
/// before the start, and the first after it, which ends the task.
#[must_use]
pub fn after_look(now: DbTime, every: Duration, starts_at: Option<DbTime>) -> NextRun {
    let margin = start_margin(every);
    next_look(
        now,
        every,
        starts_at.map(|starts_at| (starts_at.before(margin), starts_at + margin)),
    )
}

/// Returns when a task may run after a look at `now`: after `gap`, but not so late that
/// the looks around the start are missed.
#[must_use]
pub fn next_look(now: DbTime, gap: Duration, around_start: Option<(DbTime, DbTime)>) -> NextRun {
    let next = now + gap;
    let Some((last_before, first_after)) = around_start else {
        return NextRun::At(next);
    };
    if now < last_before {
        NextRun::At(next.min(last_before))
    } else if now < first_after {
        NextRun::At(first_after)
    } else {
        NextRun::Retire
    }
}

/// Returns when a task should run after a failure.
///
/// Failures that the next try may not meet are retried after a wait that doubles
/// up to the interval, spread by `jitter` in `0.0..1.0`; the others wait for
/// their interval. A showtime that is over is given up, and one of which the source has said
/// for long enough that there is no such thing: a listing that has it still brings it back.
#[must_use]
pub fn after_failure(
    now: DbTime,
    every: Duration,
    starts_at: Option<DbTime>,
    failure: Failure,
    jitter: f64,
) -> NextRun {
    let is_over = starts_at.is_some_and(|starts_at| now > starts_at + AFTER_START);
    let is_gone = starts_at.is_some() && failure.misses.is_some_and(|misses| misses.is_gone(now));
    if is_over || is_gone {
        return NextRun::Retire;
    }
    let wait = if is_worth_a_retry(failure.class) {
        let doublings = u32::from(failure.count.saturating_sub(1)).min(16);
        let ceiling = FIRST_RETRY.saturating_mul(1 << doublings).min(every);
        ceiling.mul_f64(0.5 + jitter / 2.0)
    } else {
        every
    };
    match after_look(now, every, starts_at) {
        // The looks around the start do not depend on earlier failures.
        NextRun::At(planned) => NextRun::At((now + wait).min(planned.max(now + FIRST_RETRY))),
        // The look after the start is still owed.
        NextRun::Retire => NextRun::At(now + wait),
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

    const NOW: DbTime = DbTime::from_micros(1_000_000_000);
    const EVERY: Duration = Duration::from_mins(10);

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    fn failed(class: ErrorClass, count: u16) -> Failure {
        Failure {
            class,
            count,
            misses: None,
        }
    }

    #[test]
    fn a_listing_runs_at_its_interval() {
        assert_eq!(after_look(NOW, EVERY, None), NextRun::At(NOW + EVERY));
    }

    #[test]
    fn the_last_look_before_the_start_is_taken() {
        let starts_at = NOW + seconds(300);
        assert_eq!(
            after_look(NOW, EVERY, Some(starts_at)),
            NextRun::At(starts_at.before(seconds(60)))
        );
    }

    #[test]
    fn the_look_after_the_start_is_the_last() {
        let starts_at = NOW + seconds(30);
        let after = starts_at + seconds(60);
        assert_eq!(after_look(NOW, EVERY, Some(starts_at)), NextRun::At(after));
        assert_eq!(after_look(after, EVERY, Some(starts_at)), NextRun::Retire);
    }

    #[test]
    fn a_showtime_far_away_runs_at_its_interval() {
        let starts_at = NOW + seconds(86_400);
        assert_eq!(
            after_look(NOW, EVERY, Some(starts_at)),
            NextRun::At(NOW + EVERY)
        );
    }

    #[test]
    fn retries_wait_longer_each_time_but_not_beyond_the_interval() {
        let wait = |count| after_failure(NOW, EVERY, None, failed(ErrorClass::Timeout, count), 1.0);
        assert_eq!(wait(1), NextRun::At(NOW + seconds(5)));
        assert_eq!(wait(3), NextRun::At(NOW + seconds(20)));
        assert_eq!(wait(u16::MAX), NextRun::At(NOW + EVERY));
    }

    #[test]
    fn a_permanent_refusal_waits_for_the_interval() {
        assert_eq!(
            after_failure(NOW, EVERY, None, failed(ErrorClass::Rejected, 1), 0.5),
            NextRun::At(NOW + EVERY)
        );
    }

    #[test]
    fn a_failure_does_not_cost_the_last_look() {
        let starts_at = NOW + seconds(300);
        assert_eq!(
            after_failure(
                NOW,
                EVERY,
                Some(starts_at),
                failed(ErrorClass::Rejected, 9),
                0.5
            ),
            NextRun::At(starts_at.before(seconds(60)))
        );
    }

    #[test]
    fn a_failure_does_not_cost_the_look_after_the_start() {
        let starts_at = NOW.before(seconds(60));
        let failure = failed(ErrorClass::Unavailable, 1);
        let after = |now| after_failure(now, EVERY, Some(starts_at), failure, 1.0);
        assert_eq!(after(NOW), NextRun::At(NOW + seconds(5)));
        assert_eq!(after(starts_at + AFTER_START + seconds(1)), NextRun::Retire);
    }

    /// What becomes of a showtime tomorrow after failures at these seconds.
    fn after(failures: &[(u64, ErrorClass)]) -> NextRun {
        let (mut misses, mut next) = (None, NextRun::At(NOW));
        for (count, &(second, class)) in (1..).zip(failures) {
            let at = NOW + seconds(second);
            misses = Misses::after_failure(misses, class, at);
            let failure = Failure {
                class,
                count,
                misses,
            };
            next = after_failure(at, EVERY, Some(NOW + seconds(86_400)), failure, 0.0);
        }
        next
    }

    #[test]
    fn a_showtime_that_the_source_does_not_have_for_long_is_given_up() {
        let gone = ErrorClass::Missing;
        assert!(matches!(after(&[(0, gone), (1800, gone)]), NextRun::At(_)));
        assert_eq!(
            after(&[(0, gone), (900, gone), (1800, gone)]),
            NextRun::Retire
        );
    }

    #[test]
    fn a_burst_of_404_gives_up_nothing() {
        let gone = ErrorClass::Missing;
        let burst: Vec<_> = (0..100).map(|second| (second * 10, gone)).collect();
        assert!(matches!(after(&burst), NextRun::At(_)));
    }

    #[test]
    fn failures_of_another_kind_are_no_misses_and_end_their_row() {
        use ErrorClass::{Missing, Timeout, Unavailable};
        let mixed = [(0, Timeout), (900, Unavailable), (1800, Missing)];
        assert!(matches!(after(&mixed), NextRun::At(_)));
        let broken = [
            (0, Missing),
            (900, Missing),
            (1200, Timeout),
            (1800, Missing),
            (1900, Missing),
            (2000, Missing),
        ];
        assert!(matches!(after(&broken), NextRun::At(_)));
    }
}
