//! From due tasks to queue rows: which tasks are chosen, which were placed, which come back.
//!
//! Within a limit key, looks around the start of a showtime come first; then the priority of the
//! step decides, then the urgency that the policy gives, then how long a task has been due. Between
//! keys of equal priority, the key with fewer jobs in flight comes first: where agents are scarce,
//! a chain with a backlog, or one that hangs, gets its share and no more.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    time::Duration,
};

use chrono::{DateTime, Utc};
use schema::{
    queue::{Queued, Ready},
    schedule::Step,
};

use super::{Entry, Schedule, State, quarantine::QuarantineHold, suspects::Suspects};
use crate::{db_time::DbTime, limits::key::Key};

impl Schedule {
    /// Moves the tasks that are due to their limit keys.
    fn move_due_tasks(&mut self, now: DbTime) {
        while let Some(&Reverse((due_at, task_id))) = self.waiting.peek() {
            if due_at > now {
                break;
            }
            self.waiting.pop();
            let Some(entry) = self.tasks.get_mut(&task_id) else {
                continue;
            };
            if entry.state == State::Ready {
                self.raise(task_id, now);
                continue;
            }
            // The task was rescheduled or placed since it came into the heap.
            if entry.state != State::Waiting || entry.due_at != due_at {
                continue;
            }
            let Some(step) = self.steps.get(&entry.step_id) else {
                entry.state = State::Parked;
                continue;
            };
            if !step.is_scheduled() || !self.keys.contains_key(&step.limit_key_id) {
                entry.state = State::Parked;
                continue;
            }
            if self.quarantine.holds(entry.step_id, task_id) {
                entry.state = State::Parked;
                continue;
            }
            self.compete(task_id, now);
        }
    }

    /// Chooses up to `room` tasks to place in the queue now, the most urgent first.
    ///
    /// Where agents are scarce, limit keys of equal priority get equal numbers of
    /// them, so that a source with a backlog, or one that hangs, does not take the
    /// agents of the others (invariant 10).
    ///
    /// Each takes a permit of its limit key, which is spent even if the task
    /// turns out not to be placed. Report what became of them with
    /// [`placed`](Self::placed).
    pub fn top_up(&mut self, now: DbTime, room: usize) -> Vec<Ready> {
        self.recall_suspects(now);
        self.move_due_tasks(now);
        self.rank_again(now);
        self.choose_probes(now);
        let mut heads = BinaryHeap::new();
        for (id, key) in &mut self.keys {
            key.fill(now);
            if let Some(head) = key.head(now) {
                heads.push(Reverse((head.tier(), key.in_flight, head, *id)));
            }
        }
        let mut chosen = Vec::new();
        while chosen.len() < room {
            let Some(Reverse((.., limit_key_id))) = heads.pop() else {
                break;
            };
            let Some(key) = self.keys.get_mut(&limit_key_id) else {
                continue;
            };
            if let Some(ready) = choose(
                key,
                limit_key_id,
                &mut self.tasks,
                &self.steps,
                &mut self.quarantine,
                &mut self.suspects,
                now,
            ) {
                chosen.push(ready);
            }
            if let Some(head) = key.head(now) {
                heads.push(Reverse((head.tier(), key.in_flight, head, limit_key_id)));
            }
        }
        chosen
    }

    /// Notes which of `chosen` are in the queue; the others wait for some seconds.
    pub fn placed(&mut self, chosen: &[Ready], placed: &[Queued], now: DbTime) {
        let jobs: HashMap<i64, i64> = placed.iter().map(|row| (row.task_id, row.job_id)).collect();
        for ready in chosen {
            if let Some(&job_id) = jobs.get(&ready.task_id) {
                let queued = Queued {
                    task_id: ready.task_id,
                    job_id,
                };
                if let Some(key) = self.keys.get_mut(&ready.limit_key_id) {
                    key.breaker.job_placed(ready.task_id, job_id);
                }
                self.track(queued, now, ready.expires_at.into(), Some(now));
                continue;
            }
            if let Some(key) = self.keys.get_mut(&ready.limit_key_id) {
                key.not_placed(ready.task_id, now);
            }
            self.clear_suspect(ready.task_id);
            if let Some(entry) = self.tasks.get_mut(&ready.task_id) {
                // The task has a job already that this leader does not know. Until the end of
                // that job is read, another try makes sense only now and then.
                entry.state = State::Waiting;
                entry.due_at = now + Duration::from_secs(5);
                self.waiting.push(Reverse((entry.due_at, ready.task_id)));
            }
        }
    }

    /// Makes chosen tasks ready again that were not sent to the database at all. Their permits
    /// are spent.
    pub(super) fn return_chosen(&mut self, chosen: &[Ready], now: DbTime) {
        for ready in chosen {
            if let Some(key) = self.keys.get_mut(&ready.limit_key_id) {
                key.not_placed(ready.task_id, now);
            }
            self.clear_suspect(ready.task_id);
            if let Some(entry) = self.tasks.get_mut(&ready.task_id)
                && entry.state == State::Placing
            {
                entry.state = State::Waiting;
                self.waiting.push(Reverse((entry.due_at, ready.task_id)));
            }
        }
    }

    /// Returns the jobs whose permits ended by `now` and that have not ended: they are to be
    /// taken back if no pod has claimed them. Each is returned once.
    pub fn expired(&mut self, now: DbTime) -> Vec<i64> {
        let mut expired = Vec::new();
        while let Some(&Reverse((expires_at, job_id))) = self.expiring.peek() {
            if expires_at > now {
                break;
            }
            self.expiring.pop();
            if self.jobs.contains_key(&job_id) {
                expired.push(job_id);
            }
        }
        expired
    }

    /// Returns jobs that could not be taken back again, from `at` on.
    pub fn expire_again(&mut self, job_ids: &[i64], at: DbTime) {
        for job_id in job_ids {
            self.expiring.push(Reverse((at, *job_id)));
        }
    }

    /// Makes the tasks of jobs that never ran ready again.
    pub fn taken_back(&mut self, job_ids: &[i64]) {
        for job_id in job_ids {
            let Some(job) = self.jobs.remove(job_id) else {
                continue;
            };
            if let Some(key) = self.keys.get_mut(&job.limit_key_id) {
                key.job_unused(*job_id, job.permitted_at);
            }
            self.clear_suspect(job.task_id);
            if let Some(entry) = self.tasks.get_mut(&job.task_id) {
                // The pod did not claim its conversation, so it may be gone, and with it the
                // conversation.
                entry.pod_id = None;
                entry.state = State::Waiting;
                self.waiting.push(Reverse((entry.due_at, job.task_id)));
            }
        }
    }
}

/// Takes the most urgent task of a key and a permit for it.
fn choose(
    key: &mut Key,
    limit_key_id: i32,
    tasks: &mut HashMap<i64, Entry>,
    steps: &HashMap<i32, Step>,
    quarantine: &mut QuarantineHold,
    suspects: &mut Suspects,
    now: DbTime,
) -> Option<Ready> {
    let candidate = key.pop()?;
    let entry = tasks.get_mut(&candidate.task_id)?;
    if entry.state != State::Ready || entry.due_at != candidate.due_at {
        return None;
    }
    let is_scheduled = steps.get(&entry.step_id).is_some_and(Step::is_scheduled);
    if !is_scheduled
        || quarantine.holds(entry.step_id, candidate.task_id)
        || !suspects.may_run(candidate.task_id, entry.deaths)
    {
        entry.state = State::Parked;
        return None;
    }
    entry.state = State::Placing;
    key.spend(candidate.task_id, now);
    Some(Ready {
        task_id: candidate.task_id,
        limit_key_id,
        permits: 1,
        attempt: i16::try_from(entry.failures.saturating_add(1)).unwrap_or(i16::MAX),
        expires_at: DateTime::<Utc>::from(key.expiry(now)),
        pod_id: entry.pod_id,
    })
}
