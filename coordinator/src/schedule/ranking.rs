//! The urgency of tasks: asks the policy, with what it needs to know of each task.

use std::{cmp::Reverse, mem, time::Duration};

use schema::schedule::{EndedJob, Step};

use super::{Entry, Schedule, State};
use crate::{
    db_time::DbTime,
    limits::key::Candidate,
    policy::{
        self, TaskView, Urgency, Verdict,
        curve::Curve,
        demand::{Demand, Look},
        weight::Weights,
    },
};

/// Time between two rankings of the ready tasks of a key: expected sales change by a few per
/// cent in a minute.
const RANK_EVERY: Duration = Duration::from_secs(30);

/// Tasks that are ranked again in one step; the key that passes this number is ranked whole.
const MAX_RANKED_AT_ONCE: usize = 4_000;

impl Schedule {
    /// Takes the weights as they are now.
    pub fn set_weights(&mut self, weights: Weights) {
        self.weights = weights;
    }

    /// The demand that was learnt.
    #[must_use]
    pub fn demand(&self) -> &Demand {
        &self.demand
    }

    /// Takes the stored booking curve of a step, if none is known yet.
    pub(super) fn note_curve(&mut self, step: &Step) {
        if self.demand.curve(step.step_id).is_none()
            && let Some(curve) = step.booking_curve.as_deref().and_then(Curve::of_numbers)
        {
            self.demand.set_curve(step.step_id, curve);
        }
    }

    /// Learns from a look how many seats were sold since the look before.
    pub(super) fn note_look(&mut self, job: &EndedJob, at: DbTime) {
        let Some(entry) = self.tasks.get_mut(&job.task_id) else {
            return;
        };
        let before = entry.looked_at.replace(at);
        let Some(starts_at) = entry.starts_at else {
            return;
        };
        // An answer that is unchanged by its own account brings no count.
        let sold = job.sold.unwrap_or(entry.evidence.sold);
        if sold < 0 {
            return;
        }
        let look = Look {
            before,
            at,
            sold,
            seats: job.row_count.and_then(|seats| u16::try_from(seats).ok()),
        };
        let ids = entry.ids();
        self.demand.learn(ids, starts_at, &mut entry.evidence, look);
    }

    /// Asks the policy about a task.
    pub(super) fn verdict(&self, entry: &Entry, step: &Step, now: DbTime) -> Verdict {
        let timing = self.look_timing(step);
        let view = TaskView {
            looked_at: entry.looked_at,
            around_start: entry.around_start(timing),
            is_called_for: entry.is_called_for,
            floor: timing.floor,
        };
        policy::judge(entry.policy(self.policy, step), view, now, || {
            let (ids, starts_at) = (entry.ids(), entry.starts_at.unwrap_or(now));
            self.demand.worth(ids, &entry.evidence, starts_at, now) * self.weights.of(ids)
        })
    }

    /// Lets a due task compete for a permit, or sleep on.
    pub(super) fn compete(&mut self, task_id: i64, now: DbTime) {
        let Some((entry, step)) = self.entry_and_step(task_id) else {
            return;
        };
        let (priority, limit_key_id) = (step.priority, step.limit_key_id);
        if entry.is_requested {
            self.ready(task_id, priority, limit_key_id, Urgency::Owed);
            return;
        }
        let verdict = self.verdict(entry, step, now);
        let Some(entry) = self.tasks.get_mut(&task_id) else {
            return;
        };
        match verdict {
            // A conversation is continued even if a look is worth little now.
            Verdict::Sleep { until, .. } if entry.pod_id.is_none() => {
                entry.due_at = until;
                self.waiting.push(Reverse((until, task_id)));
            }
            Verdict::Sleep { .. } => self.ready(task_id, priority, limit_key_id, Urgency::Owed),
            Verdict::Compete { urgency, until, .. } => {
                if let Some(until) = until {
                    self.waiting.push(Reverse((until, task_id)));
                }
                self.ready(task_id, priority, limit_key_id, urgency);
            }
        }
    }

    /// Raises a ready task that competes by its worth, if it is owed a look by now.
    pub(super) fn raise(&mut self, task_id: i64, now: DbTime) {
        let Some((entry, step)) = self.entry_and_step(task_id) else {
            return;
        };
        // It is before all others already.
        if entry.is_requested {
            return;
        }
        let verdict = self.verdict(entry, step, now);
        let (priority, limit_key_id) = (step.priority, step.limit_key_id);
        if let Verdict::Compete {
            urgency: urgency @ (Urgency::BeforeStart | Urgency::AfterStart | Urgency::Owed),
            ..
        } = verdict
        {
            // Its older candidate has another time, by which it is recognised and skipped.
            if let Some(entry) = self.tasks.get_mut(&task_id) {
                entry.due_at = now;
            }
            self.ready(task_id, priority, limit_key_id, urgency);
        }
    }

    /// Ranks the ready tasks of some keys again, if their ranking is old.
    pub(super) fn rank_again(&mut self, now: DbTime) {
        let is_due = |rated_at: DbTime| now.since(rated_at) >= RANK_EVERY;
        let mut keys = mem::take(&mut self.keys);
        let mut left = MAX_RANKED_AT_ONCE;
        for key in keys.values_mut() {
            if left == 0 {
                break;
            }
            if !is_due(key.rated_at()) || key.ready() == 0 {
                continue;
            }
            left = left.saturating_sub(key.ready());
            key.rank(now, |candidate| self.ranked(candidate, now));
        }
        self.keys = keys;
    }

    /// Returns a candidate with its urgency of now; `None` if it does not compete any more.
    fn ranked(&mut self, candidate: Candidate, now: DbTime) -> Option<Candidate> {
        let task_id = candidate.task_id;
        let (entry, step) = self.entry_and_step(task_id)?;
        if entry.state != State::Ready || entry.due_at != candidate.due_at {
            return None;
        }
        match candidate.urgency {
            Urgency::BeforeStart | Urgency::AfterStart | Urgency::Owed => Some(candidate),
            Urgency::Worth(_) => match self.verdict(entry, step, now) {
                Verdict::Compete { urgency, .. } => Some(Candidate {
                    can_wait: !urgency.is_around_start(),
                    urgency,
                    ..candidate
                }),
                Verdict::Sleep { until, .. } => {
                    let entry = self.tasks.get_mut(&task_id)?;
                    entry.state = State::Waiting;
                    entry.due_at = until;
                    self.waiting.push(Reverse((until, task_id)));
                    None
                }
            },
        }
    }

    fn ready(&mut self, task_id: i64, priority: i16, limit_key_id: i32, urgency: Urgency) {
        let (Some(entry), Some(key)) = (
            self.tasks.get_mut(&task_id),
            self.keys.get_mut(&limit_key_id),
        ) else {
            return;
        };
        entry.state = State::Ready;
        key.push(Candidate {
            begins: entry.pod_id.is_none(),
            can_wait: !entry.is_requested && !urgency.is_around_start(),
            priority: if entry.is_requested {
                i16::MIN
            } else {
                priority
            },
            urgency,
            due_at: entry.due_at,
            task_id,
        });
    }

    pub(super) fn entry_and_step(&self, task_id: i64) -> Option<(&Entry, &Step)> {
        let entry = self.tasks.get(&task_id)?;
        Some((entry, self.steps.get(&entry.step_id)?))
    }
}
