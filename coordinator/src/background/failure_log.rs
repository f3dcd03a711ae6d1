//! Logs a failure that repeats once, not each time.

use std::time::{Duration, Instant};

/// A failure for another cause is logged, but not more often than this.
const LOG_EVERY: Duration = Duration::from_mins(1);

/// The failures in a row of one thing that is tried again and again.
#[derive(Debug, Default)]
pub struct FailureLog {
    count: u32,
    logged: Option<(String, Instant)>,
}

impl FailureLog {
    /// Notes a failure; returns whether it should be logged: it is the first in a row, or has
    /// another cause than the one that was logged.
    pub fn failed(&mut self, cause: &str) -> bool {
        self.failed_at(cause, Instant::now())
    }

    fn failed_at(&mut self, cause: &str, now: Instant) -> bool {
        self.count = self.count.saturating_add(1);
        let is_known = self
            .logged
            .as_ref()
            .is_some_and(|(known, at)| known == cause || now.duration_since(*at) < LOG_EVERY);
        if !is_known {
            self.logged = Some((cause.to_owned(), now));
        }
        !is_known
    }

    /// Notes a success; returns the number of failures that it ended, if there were any.
    pub fn succeeded(&mut self) -> Option<u32> {
        self.logged = None;
        Some(std::mem::take(&mut self.count)).filter(|count| *count > 0)
    }

    /// Failures in a row.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_logged_once_for_each_cause() {
        let start = Instant::now();
        let mut log = FailureLog::default();
        assert!(log.failed_at("no table", start));
        assert!(!log.failed_at("no table", start + 2 * LOG_EVERY));
        assert!(log.failed_at("no column", start + 2 * LOG_EVERY));
        assert!(!log.failed_at("no index", start + 2 * LOG_EVERY));
        assert_eq!(log.succeeded(), Some(4));
        assert_eq!(log.succeeded(), None);
        assert!(log.failed_at("no table", start + 2 * LOG_EVERY));
    }
}
