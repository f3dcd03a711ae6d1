//! Whether the database has answered all along: leases that ran out while it was
//! away say nothing about those who could not renew them.

use std::time::{Duration, Instant};

/// Longer than this between two answers counts as an outage: a paused process or
/// machine is one, too.
const LONGEST_GAP: Duration = Duration::from_secs(3);

/// See the module.
#[derive(Debug)]
pub struct Steady {
    since: Instant,
    last: Instant,
    is_away: bool,
}

impl Default for Steady {
    fn default() -> Self {
        let now = Instant::now();
        Self {
            since: now,
            last: now,
            is_away: false,
        }
    }
}

impl Steady {
    /// Notes an answer; returns whether it ended an outage.
    pub fn answered(&mut self) -> bool {
        let now = Instant::now();
        if self.is_away || now.duration_since(self.last) > LONGEST_GAP {
            self.since = now;
        }
        self.last = now;
        std::mem::take(&mut self.is_away)
    }

    /// Notes that no answer came; returns whether this began an outage.
    pub fn failed(&mut self) -> bool {
        !std::mem::replace(&mut self.is_away, true)
    }

    /// Whether the database has answered for at least `duration`.
    #[must_use]
    pub fn for_at_least(&self, duration: Duration) -> bool {
        !self.is_away && self.last.duration_since(self.since) >= duration
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_starts_the_count_anew() {
        let mut steady = Steady::default();
        assert!(steady.for_at_least(Duration::ZERO));
        assert!(steady.failed());
        assert!(!steady.failed());
        assert!(!steady.for_at_least(Duration::ZERO));
        assert!(steady.answered());
        assert!(steady.for_at_least(Duration::ZERO));
        assert!(!steady.for_at_least(Duration::from_secs(1)));
    }
}
