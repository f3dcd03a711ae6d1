//! Operator requests: run a task now, cancel its run, retire or release it (`coordinator task`).
//!
//! The command writes a row of `task_request`. The leader takes it within half a second: it alone
//! places tasks, so nothing is placed between a request and its effect. The queued or running job
//! of a cancelled or retired task is deleted, and its history written as `cancelled`, in one
//! statement that is fenced by the epoch (`take_task_requests`). An HTTP request under way is not
//! cut off; its result is refused like any late one.

use std::{cmp::Reverse, collections::HashSet};

use schema::{
    enums::{Outcome, RequestedAction},
    schedule::EndedJob,
    task::{Done, RequestedTask},
};

use super::{Schedule, State};
use crate::{db_time::DbTime, due};

impl Schedule {
    /// Applies requests that were carried out in the database.
    ///
    /// A task that should run now goes before all others of its limit key, within its limits. If
    /// it is queued or running already, that run counts; if that run fails to look, the task is
    /// due again.
    pub fn apply(&mut self, done: &Done, now: DbTime) {
        let jobs = done.unqueued.iter();
        let unqueued: HashSet<i64> = jobs
            .filter_map(|job_id| self.jobs.get(job_id))
            .map(|job| job.task_id)
            .collect();
        self.taken_back(&done.unqueued);
        for asked in &done.asked {
            let task_id = asked.task.task_id;
            if !asked.is_scheduled {
                self.forget(task_id);
                continue;
            }
            match asked.action {
                RequestedAction::Run => self.run_now(task_id, now),
                RequestedAction::Release => self.readmit(asked),
                RequestedAction::Cancel => self.cancel(task_id, unqueued.contains(&task_id), now),
                RequestedAction::Retire => {}
            }
        }
    }

    fn run_now(&mut self, task_id: i64, now: DbTime) {
        let Some(entry) = self.tasks.get_mut(&task_id) else {
            return;
        };
        entry.is_requested = true;
        entry.due_at = now;
        // An earlier decision must not overwrite the request.
        if let Some(decision) = self.decided.get_mut(&task_id) {
            decision.due_at = now.into();
        }
        match entry.state {
            State::Placing | State::Outstanding => {}
            State::Waiting | State::Ready | State::Parked => {
                entry.state = State::Waiting;
                self.waiting.push(Reverse((now, task_id)));
            }
        }
    }

    /// Decides when a cancelled task is due again. A run that had begun has a row in the history,
    /// from which that is learnt; a run that was only queued has none.
    fn cancel(&mut self, task_id: i64, was_queued: bool, now: DbTime) {
        let Some(entry) = self.tasks.get_mut(&task_id) else {
            return;
        };
        entry.is_requested = false;
        let entry = *entry;
        if let Some(step) = self.steps.get(&entry.step_id).filter(|_| was_queued) {
            let (gap, around_start) = (
                entry.gap(self.policy, step),
                entry.around_start(self.look_timing(step)),
            );
            let next = due::next_look(now, gap, around_start);
            self.decide(task_id, next, entry.failures, Outcome::Cancelled);
        }
    }

    fn readmit(&mut self, asked: &RequestedTask) {
        self.decided.remove(&asked.task.task_id);
        self.misses.remove(&asked.task.task_id);
        self.set_tasks(&[asked.task]);
        if let Some(entry) = self.tasks.get_mut(&asked.task.task_id) {
            entry.deaths = 0;
            entry.failures = 0;
        }
    }

    /// Forgets a task that is retired or isolated. Its outstanding job, if any, ends as usual.
    pub(super) fn forget(&mut self, task_id: i64) {
        self.drop_task(task_id);
        self.decided.remove(&task_id);
        self.clear_suspect(task_id);
    }

    /// Notes on a task how its run ended.
    pub(super) fn note_end(&mut self, job: &EndedJob) {
        let Some(entry) = self.tasks.get_mut(&job.task_id) else {
            return;
        };
        match job.outcome {
            Outcome::Succeeded | Outcome::Failed => {
                entry.deaths = 0;
                entry.is_requested = false;
            }
            Outcome::Lost => entry.deaths = job.deaths.unwrap_or(entry.deaths),
            Outcome::Returned | Outcome::Continued | Outcome::Cancelled => {}
        }
    }
}
