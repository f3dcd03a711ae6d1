//! Decisions that are stored, but that a crash of the database may still lose.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use schema::schedule::Decision;

use crate::schedule::Schedule;

/// A commit that is not waited for is on the disk after this: three rounds of the writer of the
/// database's log take 0.6 s by default.
const SAFE_AFTER: Duration = Duration::from_secs(3);

/// The decisions of the last seconds, oldest first.
#[derive(Debug, Default)]
pub(super) struct RecentDecisions(VecDeque<(Instant, Vec<Decision>)>);

impl RecentDecisions {
    /// Adds decisions that were stored just now; forgets the decisions that are on the disk by now.
    pub(super) fn add(&mut self, decisions: Vec<Decision>) {
        self.0.push_back((Instant::now(), decisions));
        let is_safe = |(at, _): &mut (Instant, _)| at.elapsed() > SAFE_AFTER;
        while self.0.pop_front_if(is_safe).is_some() {}
    }

    /// Gives all of them back to the schedule, to be stored again; of each task, the newest.
    pub(super) fn return_to(&mut self, schedule: &mut Schedule) {
        while let Some((_, decisions)) = self.0.pop_back() {
            schedule.return_decisions(decisions);
        }
    }
}
