//! The tasks of the schedule: adds, changes and removes them.

use std::{
    cmp::Reverse,
    collections::{HashSet, hash_map},
};

use schema::schedule::{Step, Task};

use super::{Entry, Schedule, State, look_timing::LookTiming};
use crate::{db_time::DbTime, due::Misses};

impl Schedule {
    /// Takes tasks that are new or changed. A task that is queued or running stays so.
    pub fn set_tasks(&mut self, tasks: &[Task]) {
        for task in tasks {
            if self.is_given_up(task) {
                continue;
            }
            let due_at = DbTime::from(task.due_at);
            let starts_at = task.starts_at.map(DbTime::from);
            let step = self.steps.get(&task.step_id);
            let timing = step.map_or_else(LookTiming::default, |step| self.look_timing(step));
            let entry = match self.tasks.entry(task.task_id) {
                hash_map::Entry::Occupied(known) => known.into_mut(),
                hash_map::Entry::Vacant(new) => {
                    *self.tasks_per_step.entry(task.step_id).or_default() += 1;
                    if let Some(misses) = misses(task) {
                        self.misses.insert(task.task_id, misses);
                    }
                    new.insert(Entry::new(task, &mut self.demand))
                }
            };
            entry.starts_at = starts_at;
            entry.is_gated = task.gated;
            self.gate_changes.set(task);
            // A decision that is not stored yet is newer than the row.
            let is_row_current = !self.decided.contains_key(&task.task_id);
            if is_row_current
                && matches!(entry.state, State::Waiting | State::Ready | State::Parked)
            {
                // A task that an operator requested stays due.
                entry.due_at = if entry.is_requested {
                    entry.due_at.min(due_at)
                } else {
                    due_at
                };
                entry.is_called_for = entry.is_called_for(self.policy, step, timing);
                entry.state = State::Waiting;
                self.waiting.push(Reverse((entry.due_at, task.task_id)));
            }
            self.call_if_gate_changed(task.task_id);
        }
    }

    /// Whether a task is given up, although its row does not have that yet. If its showtime has
    /// moved since, the task is not given up: the decision is dropped, and the row counts.
    fn is_given_up(&mut self, task: &Task) -> bool {
        let decided = self.decided.get(&task.task_id);
        let Some(given_up) = decided.filter(|decision| decision.retired) else {
            return false;
        };
        if given_up.starts_at == task.starts_at {
            return true;
        }
        self.decided.remove(&task.task_id);
        false
    }

    /// Takes all tasks of a source, and forgets the tasks that its new definition retired.
    pub fn set_tasks_of(&mut self, source_id: i32, tasks: &[Task]) {
        let living: HashSet<i64> = tasks.iter().map(|task| task.task_id).collect();
        let is_of = |step_id| {
            let step: Option<&Step> = self.steps.get(step_id);
            step.is_some_and(|step| step.source_id == source_id)
        };
        let known = self.tasks.iter();
        let retired: Vec<i64> = known
            .filter(|(task_id, entry)| !living.contains(task_id) && is_of(&entry.step_id))
            .map(|(&task_id, _)| task_id)
            .collect();
        for task_id in retired {
            self.forget(task_id);
        }
        self.set_tasks(tasks);
    }

    pub(super) fn drop_task(&mut self, task_id: i64) {
        self.gate_changes.forget(task_id);
        self.misses.remove(&task_id);
        if let Some(entry) = self.tasks.remove(&task_id)
            && let Some(count) = self.tasks_per_step.get_mut(&entry.step_id)
        {
            *count = count.saturating_sub(1);
        }
    }
}

/// Returns the answers in a row that there is no such showtime, by the row of a task.
fn misses(task: &Task) -> Option<Misses> {
    Some(Misses {
        count: u16::try_from(task.misses).ok()?,
        since: DbTime::from(task.missing_since?),
    })
}
