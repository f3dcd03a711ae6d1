//! How long the database has served without a break: leases that ran out while it did not
//! say nothing about those who could not renew them.

use std::time::{Duration, Instant};

use schema::connect::DatabaseFault;

/// Longer than this between two answers counts as an outage: a paused process or
/// machine is one, too.
const MAX_GAP: Duration = Duration::from_secs(3);

/// The outage clock of one loop, which notes each answer of the database.
#[derive(Debug)]
pub struct DatabaseUptime {
    since: Instant,
    last_answer_at: Instant,
    is_away: bool,
}

impl Default for DatabaseUptime {
    fn default() -> Self {
        Self::starting_at(Instant::now())
    }
}

impl DatabaseUptime {
    fn starting_at(now: Instant) -> Self {
        Self {
            since: now,
            last_answer_at: now,
            is_away: false,
        }
    }

    /// Notes that the database serves; returns whether this ended an outage.
    pub fn answered(&mut self) -> bool {
        self.answered_at(Instant::now())
    }

    fn answered_at(&mut self, now: Instant) -> bool {
        if self.is_away || now.duration_since(self.last_answer_at) > MAX_GAP {
            self.since = now;
        }
        self.last_answer_at = now;
        std::mem::take(&mut self.is_away)
    }

    /// Notes an error; returns whether it began an outage. A database that refuses one statement
    /// serves: only one that is out of reach, or takes no writes, is away.
    pub fn failed(&mut self, class: DatabaseFault) -> bool {
        self.failed_at(class, Instant::now())
    }

    fn failed_at(&mut self, class: DatabaseFault, now: Instant) -> bool {
        if class.is_of_server() {
            return !std::mem::replace(&mut self.is_away, true);
        }
        // It answered, if only to refuse; whether an outage is over, a success says.
        if !self.is_away {
            self.answered_at(now);
        }
        false
    }

    /// Whether the database has served for at least `duration`.
    #[must_use]
    pub fn for_at_least(&self, duration: Duration) -> bool {
        !self.is_away && self.last_answer_at.duration_since(self.since) >= duration
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn an_outage_restarts_the_count() {
        let start = Instant::now();
        let mut uptime = DatabaseUptime::starting_at(start);
        assert!(uptime.for_at_least(Duration::ZERO));
        assert!(uptime.failed_at(DatabaseFault::Unreachable, start));
        assert!(!uptime.failed_at(DatabaseFault::Unwritable, start));
        assert!(!uptime.for_at_least(Duration::ZERO));
        assert!(uptime.answered_at(start + SECOND));
        assert!(uptime.for_at_least(Duration::ZERO));
        assert!(!uptime.for_at_least(SECOND));
        uptime.answered_at(start + 2 * SECOND);
        assert!(uptime.for_at_least(SECOND));
    }

    /// Invariant 2: what a refused statement restarts, it stops for ever.
    #[test]
    fn a_refused_statement_is_no_outage() {
        let start = Instant::now();
        let mut uptime = DatabaseUptime::starting_at(start);
        for class in [DatabaseFault::Refused, DatabaseFault::Transient] {
            for second in 1..=10 {
                assert!(!uptime.failed_at(class, start + second * SECOND));
            }
        }
        assert!(uptime.for_at_least(10 * SECOND));
    }

    #[test]
    fn a_silence_counts_as_an_outage() {
        let start = Instant::now();
        let mut uptime = DatabaseUptime::starting_at(start);
        uptime.answered_at(start + 2 * MAX_GAP);
        assert!(!uptime.for_at_least(SECOND));
    }
}
