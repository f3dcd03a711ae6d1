//! How often a viewer may ask.

use std::num::NonZeroU32;

use governor::{
    DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};

use crate::problem::WebError;

/// A burst is this many seconds of the rate: a page with its live parts, opened in many tabs.
const BURST_SECONDS: u32 = 4;
/// Unknown tokens that are looked up in a second, of all clients together.
const UNKNOWN_PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(19);

/// The limits of all viewers.
pub struct Rates {
    viewers: DefaultKeyedRateLimiter<String>,
    unknown: DefaultDirectRateLimiter,
    clock: DefaultClock,
}

impl Rates {
    /// Allows each viewer `per_second` requests a second.
    #[must_use]
    pub fn new(per_second: NonZeroU32) -> Self {
        let burst = per_second.saturating_mul(NonZeroU32::MIN.saturating_add(BURST_SECONDS - 1));
        Self {
            viewers: RateLimiter::keyed(Quota::per_second(per_second).allow_burst(burst)),
            unknown: RateLimiter::direct(Quota::per_second(UNKNOWN_PER_SECOND)),
            clock: DefaultClock::default(),
        }
    }

    /// Counts a request of a viewer.
    ///
    /// # Errors
    ///
    /// [`WebError::TooMany`] with the time to wait.
    pub fn count(&self, viewer: &str) -> Result<(), WebError> {
        self.viewers
            .check_key(&viewer.to_owned())
            .map_err(|refused| WebError::TooMany(seconds(refused.wait_time_from(self.clock.now()))))
    }

    /// Counts a look-up of a token that is not in the cache, so that guessing costs no database.
    ///
    /// # Errors
    ///
    /// [`WebError::TooMany`] with the time to wait.
    pub fn count_unknown(&self) -> Result<(), WebError> {
        self.unknown
            .check()
            .map_err(|refused| WebError::TooMany(seconds(refused.wait_time_from(self.clock.now()))))
    }
}

fn seconds(wait: std::time::Duration) -> u64 {
    wait.as_secs() + 1
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn one_viewer_does_not_use_up_the_rate_of_another() {
        let rates = Rates::new(NonZeroU32::new(5).unwrap());
        for _ in 0..20 {
            rates.count("one").unwrap();
        }
        assert!(matches!(rates.count("one"), Err(WebError::TooMany(1))));
        rates.count("other").unwrap();
    }
}
