//! A throttle for log lines that would otherwise come thousands of times.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Allows one line per key and interval.
#[derive(Debug)]
pub(super) struct LogThrottle {
    interval: Duration,
    logged_at: Mutex<HashMap<i32, Instant>>,
}

impl LogThrottle {
    pub(super) fn new(interval: Duration) -> Self {
        Self {
            interval,
            logged_at: Mutex::default(),
        }
    }

    /// Whether a line of this key may be logged now; it counts as logged then.
    pub(super) fn allow(&self, key: i32) -> bool {
        let mut logged_at = self
            .logged_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let too_soon = logged_at
            .get(&key)
            .is_some_and(|&at| now.duration_since(at) < self.interval);
        if !too_soon {
            logged_at.insert(key, now);
        }
        !too_soon
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_allowed_once_per_interval() {
        let throttle = LogThrottle::new(Duration::from_mins(1));
        assert_eq!(
            [throttle.allow(1), throttle.allow(1), throttle.allow(2)],
            [true, false, true]
        );
        let unthrottled = LogThrottle::new(Duration::ZERO);
        assert_eq!([unthrottled.allow(1), unthrottled.allow(1)], [true, true]);
    }
}
