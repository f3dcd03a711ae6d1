//! Permits: how the leader keeps a source's limit exact over the whole fleet.
//!
//! A token bucket per limit key gives out permits; a queue row carries them to an
//! agent. A permit may be used from when it was given until it expires, so the
//! requests on the wire follow the permits by at most the validity plus the way
//! from the agent's last check to the source. [`Allowance`] makes the bucket so
//! much smaller than the source's that this delay is paid for in advance.
//! Then no counter is shared, and it does not matter how many pods there are,
//! which of them die, or who leads: a new leader starts with an empty bucket.
//!
//! All instants are the database's: the leader reads its clock before it takes
//! tokens and names the expiry as an instant of that clock.
//!
//! The price: a limit with a small burst for its rate is not used in full; `source apply` names the
//! burst that would do. A request whose connection takes longer to make than the delay that is
//! planned for may still arrive late.
//!
//! A 429 pauses the key in its pod and in the database at once, and in the leader at its next tick.
//! Claims of a paused key are not given, and every pod reads several times a second which keys are
//! paused, so that claims that it already has wait too.

use std::time::Duration;

use crate::db_time::DbTime;

/// The shortest delay that is planned for between giving a permit and the
/// arrival of its request. With less, a busy pod returns permits unused.
const MIN_DELAY_SECONDS: f64 = 0.3;

/// The longest such delay. With more, a pause takes longer to reach the tasks
/// that are already claimed.
const MAX_DELAY_SECONDS: f64 = 3.0;

/// The share of a source's burst that is set aside for the delay; the rest is
/// what may be given out at once.
const DELAY_SHARE_OF_BURST: f64 = 0.75;

/// The share of the delay in which the agent may send; the rest is for the way
/// to the source.
const USABLE_SHARE_OF_DELAY: f64 = 2.0 / 3.0;

/// The rate and the burst that the leader may give out for a source with these limits.
///
/// With delay `d`, the requests in any window `w` were permitted in a window
/// `w + d`, so they number at most `capacity + rate × (w + d)`. The fields are
/// chosen such that this is at most `burst + source rate × w` for every `w`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Allowance {
    /// Tokens per second.
    pub rate_per_second: f64,
    /// Most tokens at once, at least one.
    pub capacity: f64,
    /// How long a permit may be used.
    pub validity: Duration,
}

impl Allowance {
    /// Works out what to give out for a source that allows `rate_per_second` and `burst`.
    ///
    /// The whole rate, where `burst ≥ 1 + 0.4 s × rate`. With less burst
    /// there is no room for the delay of a queue at that rate, and a part of the
    /// rate is left unused rather than the limit exceeded.
    ///
    /// ```
    /// use coordinator::limits::permit::Allowance;
    ///
    /// let roomy = Allowance::of(10.0, 21);
    /// assert_eq!((roomy.rate_per_second, roomy.capacity), (10.0, 6.0));
    /// assert!(Allowance::of(100.0, 10).rate_per_second < 100.0);
    /// ```
    #[must_use]
    pub fn of(rate_per_second: f64, burst: u32) -> Self {
        let burst = f64::from(burst.max(1));
        let delay = (DELAY_SHARE_OF_BURST * (burst - 1.0) / rate_per_second)
            .clamp(MIN_DELAY_SECONDS, MAX_DELAY_SECONDS);
        let room = burst - rate_per_second * delay;
        let (rate, capacity) = if room >= 1.0 {
            (rate_per_second, room)
        } else {
            // Either leave part of the burst for the delay, or space the requests
            // so far apart that no two can come closer than the source allows.
            let capacity = (burst / 4.0).max(1.0);
            let by_burst = (burst - capacity) / delay;
            let by_spacing = 1.0 / (1.0 / rate_per_second + delay);
            if by_burst > by_spacing {
                (by_burst.min(rate_per_second), capacity)
            } else {
                (by_spacing, 1.0)
            }
        };
        Self {
            rate_per_second: rate,
            capacity,
            validity: Duration::from_secs_f64(delay * USABLE_SHARE_OF_DELAY),
        }
    }

    /// The longest time from giving a permit to the arrival of its request.
    #[must_use]
    pub fn delay(&self) -> Duration {
        self.validity.div_f64(USABLE_SHARE_OF_DELAY)
    }

    /// The allowance with a part of its rate: `share` is at most 1.
    ///
    /// The delay stays. So however the share changes over time, no span of time has more permits
    /// than at the whole rate, and the proof above holds.
    #[must_use]
    pub fn slowed(self, share: f64) -> Self {
        Self {
            rate_per_second: self.rate_per_second * share,
            capacity: (self.capacity * share).max(1.0),
            validity: self.validity,
        }
    }
}

/// The token bucket of one limit key, in the leader's memory.
#[derive(Debug, Clone)]
pub struct Bucket {
    allowance: Allowance,
    tokens: f64,
    filled_at: DbTime,
}

impl Bucket {
    /// An empty bucket, which accounts for all permits of an earlier leader.
    #[must_use]
    pub fn empty(allowance: Allowance, now: DbTime) -> Self {
        Self {
            allowance,
            tokens: 0.0,
            filled_at: now,
        }
    }

    /// Changes what it gives out; tokens beyond the new capacity are lost.
    pub fn allow(&mut self, allowance: Allowance) {
        self.allowance = allowance;
        self.tokens = self.tokens.min(allowance.capacity);
    }

    /// Adds the tokens of the time since the last call.
    ///
    /// A clock that steps back adds none; time counts from its new value.
    pub fn fill(&mut self, now: DbTime) {
        let gained = now.since(self.filled_at).as_secs_f64() * self.allowance.rate_per_second;
        self.tokens = (self.tokens + gained).min(self.allowance.capacity);
        self.filled_at = now;
    }

    /// Takes one token, if there is one.
    pub fn take(&mut self) -> bool {
        let taken = self.tokens >= 1.0;
        if taken {
            self.tokens -= 1.0;
        }
        taken
    }

    /// Whether [`take`](Self::take) would give one.
    #[must_use]
    pub fn has_token(&self) -> bool {
        self.tokens >= 1.0
    }

    /// When permits given at `now` end.
    #[must_use]
    pub fn expiry(&self, now: DbTime) -> DbTime {
        now + self.allowance.validity
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    const SECOND: f64 = 1e6;

    fn at(seconds: f64) -> DbTime {
        #[allow(clippy::cast_possible_truncation)]
        DbTime::from_micros((seconds * SECOND) as i64)
    }

    /// The most that `arrivals` exceed a burst and a rate by, over all windows.
    fn excess(arrivals: &[f64], rate: f64, burst: f64) -> f64 {
        let mut worst = f64::MIN;
        for (first, start) in arrivals.iter().enumerate() {
            for (last, end) in arrivals.iter().enumerate().skip(first) {
                #[allow(clippy::cast_precision_loss)]
                let count = (last - first + 1) as f64;
                worst = worst.max(count - burst - rate * (end - start));
            }
        }
        worst
    }

    proptest! {
        /// Invariant 3, whatever the delays: each request arrives at any time
        /// between its permit and the permit's end plus the way.
        #[test]
        fn no_window_ever_exceeds_the_limit(
            rate in 0.05_f64..200.0,
            burst in 1_u32..60,
            ticks in prop::collection::vec((0.01_f64..1.5, 0.0_f64..=1.0), 1..120),
        ) {
            let allowance = Allowance::of(rate, burst);
            let delay = allowance.validity.as_secs_f64() / USABLE_SHARE_OF_DELAY;
            let mut bucket = Bucket::empty(allowance, at(0.0));
            let (mut now, mut arrivals) = (0.0, Vec::new());
            for (pause, late) in ticks {
                now += pause;
                bucket.fill(at(now));
                while bucket.take() {
                    arrivals.push(now + late * delay);
                }
            }
            arrivals.sort_by(f64::total_cmp);
            prop_assert!(excess(&arrivals, rate, f64::from(burst)) <= 1e-3);
        }

        /// Invariant 3, at a share that changes at any time.
        #[test]
        fn no_window_exceeds_the_limit_however_the_share_changes(
            rate in 0.05_f64..200.0,
            burst in 1_u32..60,
            ticks in prop::collection::vec((0.01_f64..1.5, 0.0_f64..=1.0, 0.02_f64..=1.0), 1..120),
        ) {
            let allowance = Allowance::of(rate, burst);
            let delay = allowance.delay().as_secs_f64();
            let mut bucket = Bucket::empty(allowance, at(0.0));
            let (mut now, mut arrivals) = (0.0, Vec::new());
            for (pause, late, share) in ticks {
                now += pause;
                bucket.fill(at(now));
                bucket.allow(allowance.slowed(share));
                while bucket.take() {
                    arrivals.push(now + late * delay);
                }
            }
            arrivals.sort_by(f64::total_cmp);
            prop_assert!(excess(&arrivals, rate, f64::from(burst)) <= 1e-3);
        }

        /// The other half of invariant 3: a busy key uses what it is given.
        #[test]
        fn a_busy_key_uses_its_rate(rate in 0.05_f64..500.0, room in 0.0_f64..2.0) {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let burst = (1.0 + 0.4 * rate * (1.0 + room)).ceil() as u32;
            let mut bucket = Bucket::empty(Allowance::of(rate, burst), at(0.0));
            let seconds = 200.0 + 40.0 / rate;
            let (mut now, mut given) = (0.0, 0.0);
            while now < seconds {
                now += 0.05;
                bucket.fill(at(now));
                while bucket.take() {
                    given += 1.0;
                }
            }
            prop_assert!(given >= 0.95 * rate * seconds, "{given} of {}", rate * seconds);
        }
    }

    #[test]
    fn a_clock_that_steps_back_gives_nothing() {
        let mut bucket = Bucket::empty(Allowance::of(1.0, 3), at(100.0));
        bucket.fill(at(50.0));
        assert!(!bucket.take());
        bucket.fill(at(51.0));
        assert!(bucket.take());
    }
}
