//! The cursor over the history: the ended jobs from which the leader has learnt.
//!
//! Numbers are given out before their transactions commit, so a lower one may
//! appear after a higher one. The cursor stands at the lowest number that is
//! missing and remembers those above it; a number that stays missing belonged to
//! a transaction that was rolled back, or is found by the sweep of stragglers.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use schema::schedule::EndedJob;

/// How long a missing number is waited for.
const MAX_GAP_WAIT: Duration = Duration::from_secs(5);

/// How far back a new leader reads, in numbers: more than may be under way.
const LOOK_BACK: i64 = 20_000;

/// How far the history has been read.
#[derive(Debug)]
pub struct HistoryCursor {
    next: i64,
    seen: BTreeSet<i64>,
    stuck_since: Instant,
}

impl HistoryCursor {
    /// The cursor of a leader that takes over when the next number is `next`.
    #[must_use]
    pub fn at_takeover(next: i64) -> Self {
        Self {
            next: next.saturating_sub(LOOK_BACK).max(1),
            seen: BTreeSet::new(),
            stuck_since: Instant::now(),
        }
    }

    /// The number to read from.
    #[must_use]
    pub fn next(&self) -> i64 {
        self.next
    }

    /// Numbers from [`next`](Self::next) on that need not be read again.
    #[must_use]
    pub fn seen(&self) -> Vec<i64> {
        self.seen.iter().copied().collect()
    }

    /// Notes what was read.
    pub fn advance(&mut self, read: &[EndedJob], now: Instant) {
        let before = self.next;
        self.seen.extend(read.iter().map(|job| job.ended_seq));
        self.skip_seen();
        if self.next != before || self.seen.is_empty() {
            self.stuck_since = now;
        } else if now.duration_since(self.stuck_since) > MAX_GAP_WAIT
            && let Some(first) = self.seen.first()
        {
            self.next = *first;
            self.skip_seen();
            self.stuck_since = now;
        }
    }

    fn skip_seen(&mut self) {
        while self.seen.first() == Some(&self.next) {
            self.seen.pop_first();
            self.next += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use schema::enums::Outcome;

    use super::*;

    fn ended(numbers: &[i64]) -> Vec<EndedJob> {
        numbers
            .iter()
            .map(|&ended_seq| EndedJob {
                ended_seq,
                job_id: 0,
                task_id: 0,
                pod_id: 7,
                step_id: 0,
                unmapped: None,
                missing: None,
                sold: None,
                error: None,
                outcome: Outcome::Succeeded,
                attempt: 1,
                error_class: None,
                changed: None,
                retry_after_seconds: None,
                row_count: None,
                fetch_micros: None,
                http_status: None,
                requests: 1,
                deaths: None,
                observed_at: None,
                claimed_at: DateTime::UNIX_EPOCH,
                finished_at: DateTime::UNIX_EPOCH,
            })
            .collect()
    }

    #[test]
    fn a_number_that_commits_late_is_waited_for() {
        let mut cursor = HistoryCursor::at_takeover(1);
        let now = Instant::now();
        cursor.advance(&ended(&[1, 2, 4]), now);
        assert_eq!((cursor.next(), cursor.seen()), (3, vec![4]));
        cursor.advance(&ended(&[3]), now);
        assert_eq!((cursor.next(), cursor.seen()), (5, vec![]));
    }

    #[test]
    fn a_number_that_was_rolled_back_is_passed_over() {
        let mut cursor = HistoryCursor::at_takeover(1);
        let now = Instant::now();
        cursor.advance(&ended(&[2, 3]), now);
        cursor.advance(&[], now + MAX_GAP_WAIT * 2);
        assert_eq!((cursor.next(), cursor.seen()), (4, vec![]));
    }
}
