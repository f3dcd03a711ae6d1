//! Why a task runs when it does, for an operator.

use std::time::Duration;

use super::{Entry, Schedule};
use crate::{
    db_time::DbTime,
    policy::{Policy, Reason, Verdict, curve::Cell},
};

/// Sleeps that an explanation looks ahead at most: some days of a task that is worth nothing.
const MAX_SLEEPS: usize = 500;

/// Why a task runs when it does, as far as the policy decides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Explained {
    /// When it competes for a permit, and why from then on.
    pub competes: Option<(DbTime, Reason)>,
    /// The event for which the task waits, if it does not compete yet.
    pub waits: Option<Reason>,
    /// Its last look that was answered.
    pub looked_at: Option<DbTime>,
    /// The start of its showtime.
    pub starts_at: Option<DbTime>,
    /// Seats an hour that it is expected to sell now.
    pub rate: f32,
    /// Its level relative to an average showtime, and the level of its film and cinema.
    pub levels: (f32, f32),
    /// Seats sold between its looks, and what an average showtime would have sold.
    pub own: Cell,
    /// Seats that a look now is expected to show in time.
    pub worth: f32,
    /// The operator's weight.
    pub weight: f32,
    /// The longest gap between two looks.
    pub floor: Duration,
    /// The policy by which it is judged.
    pub policy: Policy,
    /// Tasks of the same limit key that are due by their rows.
    pub due_beside: usize,
}

impl Schedule {
    /// Explains a task that is not retired, as a new leader would judge it.
    #[must_use]
    pub fn explain(&self, task_id: i64, now: DbTime) -> Option<Explained> {
        let (entry, step) = self.entry_and_step(task_id)?;
        let (ids, start) = (entry.ids(), entry.starts_at.unwrap_or(now));
        let (mut at, mut competes) = (now.max(entry.due_at), None);
        let mut waits = (entry.due_at > now).then_some(Reason::Rests);
        for _ in 0..MAX_SLEEPS {
            match self.verdict(entry, step, at) {
                Verdict::Compete { reason, .. } => {
                    competes = Some((at, reason));
                    break;
                }
                Verdict::Sleep { until, reason } => {
                    waits = waits.or(Some(reason));
                    at = until;
                }
            }
        }
        let is_beside = |other: &&Entry| {
            let same = self.steps.get(&other.step_id);
            other.due_at <= now && same.is_some_and(|same| same.limit_key_id == step.limit_key_id)
        };
        Some(Explained {
            competes,
            waits,
            looked_at: entry.looked_at,
            starts_at: entry.starts_at,
            rate: self.demand.rate(ids, &entry.evidence, start, now),
            levels: (
                self.demand.level(ids, &entry.evidence),
                self.demand.prior_level(ids),
            ),
            own: entry.evidence.cell,
            worth: self.demand.worth(ids, &entry.evidence, start, now),
            weight: self.weights.of(ids),
            floor: self.look_timing(step).floor,
            policy: entry.policy(self.policy, step),
            due_beside: self.tasks.values().filter(is_beside).count(),
        })
    }
}
