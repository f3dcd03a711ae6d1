//! How many events a key may send.

use std::num::NonZeroU32;

use event_contract::limits::MAX_EVENTS;
use governor::{
    Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
    middleware::{StateInformationMiddleware, StateSnapshot},
    state::{InMemoryState, NotKeyed},
};

/// The limit of one key.
#[derive(Debug)]
pub(crate) struct Rate {
    pub(crate) per_second: i32,
    burst: NonZeroU32,
    limiter: RateLimiter<NotKeyed, InMemoryState, DefaultClock, StateInformationMiddleware>,
    clock: DefaultClock,
}

/// The headers of an answer that say how much is left.
pub(crate) type Headers = [(&'static str, String); 3];

/// A key sent too many events.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refusal {
    pub(crate) per_second: u32,
    pub(crate) wait_seconds: u64,
}

impl Refusal {
    pub(crate) fn headers(&self) -> Headers {
        headers(self.per_second, 0, self.wait_seconds)
    }
}

impl Rate {
    pub(crate) fn new(per_second: i32) -> Self {
        let rate = u32::try_from(per_second).ok().and_then(NonZeroU32::new);
        let rate = rate.unwrap_or(NonZeroU32::MIN);
        // The largest request fits at any rate.
        let largest = u32::try_from(MAX_EVENTS).ok().and_then(NonZeroU32::new);
        let burst = rate.max(largest.unwrap_or(rate));
        let limiter = RateLimiter::direct(Quota::per_second(rate).allow_burst(burst));
        Self {
            per_second,
            burst,
            limiter: limiter.with_middleware(),
            clock: DefaultClock::default(),
        }
    }

    /// Takes permits for `events`.
    ///
    /// # Errors
    ///
    /// When to come again; then nothing is taken.
    pub(crate) fn take(&self, events: usize) -> Result<Headers, Refusal> {
        let events = u32::try_from(events).ok().and_then(NonZeroU32::new);
        let events = events.unwrap_or(NonZeroU32::MIN).min(self.burst);
        match self.limiter.check_n(events) {
            Ok(Ok(left)) => Ok(self.left(&left)),
            Ok(Err(refused)) => {
                let wait = refused.wait_time_from(self.clock.now());
                Err(self.refusal(wait.as_secs() + 1))
            }
            // It was cut to the burst above.
            Err(_) => Err(self.refusal(1)),
        }
    }

    fn rate(&self) -> u32 {
        u32::try_from(self.per_second).unwrap_or(1).max(1)
    }

    fn refusal(&self, wait_seconds: u64) -> Refusal {
        Refusal {
            per_second: self.rate(),
            wait_seconds,
        }
    }

    fn left(&self, state: &StateSnapshot) -> Headers {
        let left = state.remaining_burst_capacity();
        let missing = self.burst.get().saturating_sub(left);
        headers(self.rate(), left, u64::from(missing.div_ceil(self.rate())))
    }
}

fn headers(limit: u32, remaining: u32, reset_seconds: u64) -> Headers {
    [
        ("RateLimit-Limit", limit.to_string()),
        ("RateLimit-Remaining", remaining.to_string()),
        ("RateLimit-Reset", reset_seconds.to_string()),
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_largest_request_fits_and_the_next_one_waits() {
        let rate = Rate::new(10);
        let headers = rate.take(MAX_EVENTS).unwrap();
        assert_eq!(headers[1].1, "0");
        assert_eq!(headers[2].1, "200");
        let refusal = rate.take(100).unwrap_err();
        assert!((9..=11).contains(&refusal.wait_seconds), "{refusal:?}");
    }
}
