//! Gate changes: a new value at the `gate` of a task that is queued or running.
//!
//! `store_tasks.sql` compares the gate of a row with `task.gate`; where it differs, the task is due
//! now. A change that arrives while the task is out is dated (`task.gate_changed_at`). It is
//! compared with the time at which the answer of the look was complete: an earlier change was seen
//! by that look, a later one leads to another look as soon as the job has ended. The order in which
//! the leader reads the two does not matter, nor does a takeover between them.

use std::{cmp::Reverse, collections::HashMap};

use schema::schedule::{EndedJob, Task};

use super::{Entry, Schedule, State};
use crate::{db_time::DbTime, due::NextRun};

/// When the gate of each task changed, and what the task's last look saw; for tasks with a gate.
#[derive(Debug, Default)]
pub(super) struct GateChanges(HashMap<i64, LastSeen>);

#[derive(Debug, Clone, Copy, Default)]
struct LastSeen {
    changed_at: Option<DbTime>,
    /// When the answer of its last look was complete, as far as this leader saw it end.
    observed_at: Option<DbTime>,
}

impl GateChanges {
    pub(super) fn forget(&mut self, task_id: i64) {
        self.0.remove(&task_id);
    }

    pub(super) fn forget_tasks(&mut self) {
        self.0.clear();
    }

    /// Takes the gate of a task from its row.
    pub(super) fn set(&mut self, task: &Task) {
        if task.gated {
            let last_seen = self.0.entry(task.task_id).or_default();
            last_seen.changed_at = task.gate_changed_at.map(DbTime::from);
        } else {
            self.forget(task.task_id);
        }
    }

    fn look(&mut self, job: &EndedJob) {
        if let Some(last_seen) = self.0.get_mut(&job.task_id) {
            last_seen.observed_at = job.observed_at.map(DbTime::from);
        }
    }

    /// Returns when the gate of a task changed, if its last look has not seen the change.
    fn unseen_change(&self, task_id: i64, entry: &Entry) -> Option<DbTime> {
        let last_seen = self.0.get(&task_id)?;
        let looked_at = last_seen.observed_at.or(entry.looked_at)?;
        last_seen
            .changed_at
            .filter(|changed_at| *changed_at > looked_at)
    }
}

impl Schedule {
    /// Notes the look of a job at a task that has a gate; returns when the task is due next.
    pub(super) fn due_after_gate_change(&mut self, job: &EndedJob, next: NextRun) -> NextRun {
        self.gate_changes.look(job);
        let entry = self.tasks.get(&job.task_id);
        let unseen_change =
            entry.and_then(|entry| self.gate_changes.unseen_change(job.task_id, entry));
        match (next, unseen_change) {
            (NextRun::At(due_at), Some(changed_at)) => NextRun::At(due_at.min(changed_at)),
            (next, _) => next,
        }
    }

    /// Makes a waiting task due whose gate has changed since its last look: its row was read
    /// after the end of that look, or was written over the change. A task that fails waits for
    /// as long as its failure says.
    pub(super) fn call_if_gate_changed(&mut self, task_id: i64) {
        let Some(entry) = self.tasks.get_mut(&task_id) else {
            return;
        };
        let waits = matches!(entry.state, State::Waiting | State::Ready | State::Parked)
            && entry.failures == 0;
        let Some(changed_at) = self
            .gate_changes
            .unseen_change(task_id, entry)
            .filter(|_| waits)
        else {
            return;
        };
        if entry.due_at <= changed_at {
            return;
        }
        entry.due_at = changed_at;
        entry.is_called_for = true;
        entry.state = State::Waiting;
        self.waiting.push(Reverse((changed_at, task_id)));
        if let Some(decision) = self.decided.get_mut(&task_id) {
            decision.due_at = changed_at.into();
        }
    }
}
