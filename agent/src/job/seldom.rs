//! Says now and then what would otherwise be said thousands of times.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Lets each key pass once in a while.
#[derive(Debug)]
pub(super) struct Seldom {
    every: Duration,
    passed_at: Mutex<HashMap<i32, Instant>>,
}

impl Seldom {
    pub(super) fn every(every: Duration) -> Self {
        Self {
            every,
            passed_at: Mutex::default(),
        }
    }

    /// Whether this key may pass now.
    pub(super) fn may(&self, key: i32) -> bool {
        let mut passed_at = self
            .passed_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let too_soon = passed_at
            .get(&key)
            .is_some_and(|&at| now.duration_since(at) < self.every);
        if !too_soon {
            passed_at.insert(key, now);
        }
        !too_soon
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_passes_once_in_a_while() {
        let seldom = Seldom::every(Duration::from_mins(1));
        assert_eq!(
            [seldom.may(1), seldom.may(1), seldom.may(2)],
            [true, false, true]
        );
        let always = Seldom::every(Duration::ZERO);
        assert_eq!([always.may(1), always.may(1)], [true, true]);
    }
}
