//! When an event happened, given the clocks of its sender and of the receiver.
//!
//! A sender's clock may be wrong. If the sender says when it sent the request, the difference to the
//! time of receipt is the error of its clock and the time on the way. The time on the way is small,
//! and correcting by it would reorder events; so nothing is corrected up to [`MAX_SKEW`].
//!
//! A sender that stores a request with its `sentAt` and sends it again hours later looks like one
//! with a slow clock. So the times as sent are always kept.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

/// The largest difference between sending and receipt that is not corrected.
pub const MAX_SKEW: TimeDelta = TimeDelta::minutes(2);

/// How far after its receipt an event may lie.
///
/// It equals [`MAX_SKEW`]: a clock that is not corrected may be ahead by that much.
pub const MAX_AHEAD: TimeDelta = MAX_SKEW;

/// The times that came with an event, as they were sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SentTimes {
    /// `timestamp`: when the event happened.
    pub timestamp: Option<DateTime<Utc>>,
    /// `originalTimestamp`: the same by the clock of the device. If it differs from `timestamp`,
    /// another receiver has already corrected `timestamp`.
    pub original_timestamp: Option<DateTime<Utc>>,
    /// `sentAt`: when the request was sent, by the clock of the device.
    pub sent_at: Option<DateTime<Utc>>,
}

/// When an event happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// The best knowledge of when the event happened. At most [`MAX_AHEAD`] after its receipt.
    pub occurred_at: DateTime<Utc>,
    /// The time as the device sent it, if `occurred_at` is another one.
    pub original_at: Option<DateTime<Utc>>,
    /// When the device sent the request, by its own clock.
    pub sent_at: Option<DateTime<Utc>>,
    /// What was done to the time.
    pub adjustment: Adjustment,
}

/// What was done to the time of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Adjustment {
    /// Nothing: `occurred_at` is the time that was sent.
    None,
    /// The event came without a time: `occurred_at` is the time of its receipt.
    Missing,
    /// The sender's clock was off by more than [`MAX_SKEW`], and that was corrected.
    Skew,
    /// The time was in the future: `occurred_at` is the time of its receipt.
    Future,
}

impl Clock {
    /// Returns when an event happened that was received at `received_at`.
    ///
    /// A historical event is not corrected for skew: the clock of who replays a log says nothing
    /// about the clock that wrote it. A time in the future is corrected in any case.
    #[must_use]
    pub fn new(times: SentTimes, received_at: DateTime<Utc>, is_historical: bool) -> Self {
        let original = times.original_timestamp.or(times.timestamp);
        let Some(original) = original else {
            return Self {
                occurred_at: received_at,
                original_at: None,
                sent_at: times.sent_at,
                adjustment: Adjustment::Missing,
            };
        };
        let stated = times.timestamp.unwrap_or(original);
        let skew = times
            .sent_at
            .filter(|_| !is_historical && stated == original)
            .map(|sent_at| received_at - sent_at)
            .filter(|skew| skew.abs() > MAX_SKEW);
        let corrected = skew.and_then(|skew| stated.checked_add_signed(skew));
        let (occurred_at, adjustment) = match corrected {
            Some(time) if time - received_at > MAX_AHEAD => (received_at, Adjustment::Future),
            Some(time) => (time, Adjustment::Skew),
            None if stated - received_at > MAX_AHEAD => (received_at, Adjustment::Future),
            None => (stated, Adjustment::None),
        };
        Self {
            occurred_at,
            original_at: (occurred_at != original).then_some(original),
            sent_at: times.sent_at,
            adjustment,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_772_000_000 + seconds, 0).unwrap()
    }

    fn clock(timestamp: i64, sent_at: Option<i64>) -> Clock {
        let times = SentTimes {
            timestamp: Some(at(timestamp)),
            sent_at: sent_at.map(at),
            ..SentTimes::default()
        };
        Clock::new(times, at(0), false)
    }

    #[test]
    fn a_good_clock_is_left_alone() {
        let clock = clock(-3_600, Some(-1));

        assert_eq!(clock.occurred_at, at(-3_600));
        assert_eq!(
            (clock.original_at, clock.adjustment),
            (None, Adjustment::None)
        );
        assert_eq!(clock.sent_at, Some(at(-1)));
    }

    #[test]
    fn a_difference_of_two_minutes_is_not_corrected_and_a_larger_one_is() {
        assert_eq!(clock(-500, Some(-120)).adjustment, Adjustment::None);
        assert_eq!(clock(-500, Some(120)).adjustment, Adjustment::None);

        let slow = clock(-500, Some(-121));
        assert_eq!(
            (slow.occurred_at, slow.adjustment),
            (at(-379), Adjustment::Skew)
        );
        assert_eq!(slow.original_at, Some(at(-500)));

        let fast = clock(86_300, Some(86_400));
        assert_eq!(
            (fast.occurred_at, fast.adjustment),
            (at(-100), Adjustment::Skew)
        );
    }

    #[test]
    fn the_future_becomes_the_time_of_receipt() {
        assert_eq!(clock(120, None).adjustment, Adjustment::None);

        for clock in [clock(121, None), clock(121, Some(0)), clock(500, Some(200))] {
            assert_eq!(
                (clock.occurred_at, clock.adjustment),
                (at(0), Adjustment::Future)
            );
            assert!(clock.original_at.is_some_and(|original| original > at(120)));
        }
    }

    #[test]
    fn an_event_without_a_time_happened_when_it_was_received() {
        let clock = Clock::new(SentTimes::default(), at(0), false);
        assert_eq!(
            (clock.occurred_at, clock.adjustment),
            (at(0), Adjustment::Missing)
        );
    }

    #[test]
    fn a_historical_event_is_not_corrected_for_skew() {
        let times = SentTimes {
            timestamp: Some(at(-90_000_000)),
            sent_at: Some(at(-80_000_000)),
            ..SentTimes::default()
        };
        let clock = Clock::new(times, at(0), true);
        assert_eq!(
            (clock.occurred_at, clock.adjustment),
            (at(-90_000_000), Adjustment::None)
        );
    }

    #[test]
    fn a_time_that_another_receiver_corrected_is_not_corrected_again() {
        let times = SentTimes {
            timestamp: Some(at(-100)),
            original_timestamp: Some(at(-4_000)),
            sent_at: Some(at(-3_900)),
        };
        let clock = Clock::new(times, at(0), false);

        assert_eq!(
            (clock.occurred_at, clock.adjustment),
            (at(-100), Adjustment::None)
        );
        assert_eq!(clock.original_at, Some(at(-4_000)));
    }

    #[test]
    fn an_original_time_alone_is_the_time() {
        let times = SentTimes {
            original_timestamp: Some(at(-4_000)),
            sent_at: Some(at(-3_900)),
            ..SentTimes::default()
        };
        let clock = Clock::new(times, at(0), false);
        assert_eq!(
            (clock.occurred_at, clock.adjustment),
            (at(-100), Adjustment::Skew)
        );
    }
}
