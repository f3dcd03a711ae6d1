//! The schedule: every task, in the leader's memory.
//!
//! Takes tasks and ended jobs, gives what should be queued now and what to write
//! back. Keeps when each task is due and, per limit key, what may be sent. If it
//! is lost, it is rebuilt from the database, which stays the truth.
//!
//! A task waits until it is due, is ready until its limit key has a permit for
//! it and an agent is free, is placed in the queue, and is outstanding until the
//! job that it became has ended.

mod learn;
mod gate_changes;
mod placement;
mod quarantine;
pub mod step;
pub mod suspects;
mod operator_request;
pub mod ranking;

pub use self::{
    learn::Learned,
    step::{Due, Effects, Inputs, Sweep},
};

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, HashSet, hash_map},
};

use schema::{
    queue::Queued,
    schedule::{Decision, LimitKey, Step, Task},
    word::ErrorClass,
};

use crate::{
    db_time::DbTime,
    due::Misses,
    health::StepHealth,
    limits::key::Key,
    policy::{
        Policy,
        demand::{Demand, Evidence},
        weight::Weights,
    },
    schedule::{
        gate_changes::GateChanges, quarantine::QuarantineHold, ranking::LookTiming,
        suspects::Suspects,
    },
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In the heap of those that are not due yet.
    Waiting,
    /// In the heap of its limit key.
    Ready,
    /// Its source is not scheduled.
    Parked,
    /// On its way into the queue.
    Placing,
    /// Queued or running.
    Outstanding,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    due_at: DbTime,
    starts_at: Option<DbTime>,
    looked_at: Option<DbTime>,
    evidence: Evidence,
    step_id: i32,
    film_id: i32,
    cinema_id: i32,
    failures: u16,
    /// Runs in a row, up to the last, whose pod died.
    deaths: i16,
    /// A person wants it to run now.
    is_requested: bool,
    state: State,
    /// It has a gate, so it is told when there is something to see.
    is_gated: bool,
    /// Something else than its policy says that it is due.
    is_called_for: bool,
    /// The pod that holds its conversation, if it is in the middle of one.
    pod_id: Option<i32>,
}

#[derive(Debug, Clone, Copy)]
struct Job {
    task_id: i64,
    limit_key_id: i32,
    placed_at: DbTime,
    /// When this leader gave its permit; unknown of what another placed.
    permitted_at: Option<DbTime>,
}

/// Numbers for the log and the metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScheduleCounts {
    /// All tasks.
    pub tasks: usize,
    /// Due, and waiting for a permit or an agent.
    pub ready: usize,
    /// Queued or running.
    pub outstanding: usize,
    /// Limit keys whose breaker is open.
    pub open_breakers: usize,
    /// Limit keys that are given less than their rate.
    pub slowed_keys: usize,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Schedule {
    steps: HashMap<i32, Step>,
    keys: HashMap<i32, Key>,
    tasks: HashMap<i64, Entry>,
    waiting: BinaryHeap<Reverse<(DbTime, i64)>>,
    jobs: HashMap<i64, Job>,
    expiring: BinaryHeap<Reverse<(DbTime, i64)>>,
    decided: HashMap<i64, Decision>,
    refusals: HashMap<i32, u32>,
    health: HashMap<i32, StepHealth>,
    quarantine: QuarantineHold,
    gate_changes: GateChanges,
    /// Tasks whose source said last that there is no such thing.
    misses: HashMap<i64, Misses>,
    policy: Policy,
    demand: Demand,
    weights: Weights,
    /// Tasks of each step, and the timing of looks that follows.
    tasks_per_step: HashMap<i32, u32>,
    look_timings: HashMap<i32, LookTiming>,
    suspects: Suspects,
    /// Sources to block, by name, and how they refused, whose block could not be stored yet.
    unblocked: Vec<(String, ErrorClass)>,
}

impl Schedule {
    /// An empty schedule that decides by `policy`.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            ..Self::default()
        }
    }

    /// Forgets tasks and jobs, but not what the limit keys have given out.
    pub fn forget_tasks(&mut self) {
        self.tasks.clear();
        self.waiting.clear();
        self.jobs.clear();
        self.expiring.clear();
        self.decided.clear();
        self.quarantine.forget_tasks();
        self.gate_changes.forget_tasks();
        self.misses.clear();
        self.tasks_per_step.clear();
        self.demand.forget_pools();
        self.suspects = Suspects::default();
        for key in self.keys.values_mut() {
            key.forget_jobs();
        }
    }

    /// Takes the limit keys as they are now; a new one starts without tokens.
    pub fn set_limits(&mut self, limits: &[LimitKey], now: DbTime) {
        let known = self.keys.len();
        for limit in limits {
            self.keys
                .entry(limit.limit_key_id)
                .or_insert_with(|| Key::new(limit, now))
                .set(limit);
        }
        // A definition that came between two reads may have its step known before its key.
        if self.keys.len() > known {
            self.unpark();
        }
        self.set_look_timings();
    }

    /// Takes the steps as they are now.
    pub fn set_steps(&mut self, steps: Vec<Step>, now: DbTime) {
        let mut resumed = false;
        for step in steps {
            self.note_step(&step, now);
            self.note_curve(&step);
            let before = self.steps.get(&step.step_id);
            resumed |= step.is_scheduled() && before.is_some_and(|before| !before.is_scheduled());
            self.steps.insert(step.step_id, step);
        }
        if resumed {
            self.refusals.clear();
            self.unpark();
        }
        self.set_look_timings();
    }

    fn unpark(&mut self) {
        for (task_id, entry) in &mut self.tasks {
            if entry.state == State::Parked {
                entry.state = State::Waiting;
                self.waiting.push(Reverse((entry.due_at, *task_id)));
            }
        }
    }

    /// Takes tasks that are new or changed. One that is queued or running stays so.
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
            // What was decided but not written back yet is newer than the row.
            let is_row_current = !self.decided.contains_key(&task.task_id);
            if is_row_current
                && matches!(entry.state, State::Waiting | State::Ready | State::Parked)
            {
                // What a person asked for stays due.
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

    /// Whether a task was given up, which is to be written down still. If its showtime has
    /// moved since, it is not: nothing is written then, and its row counts again.
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

    /// Takes all tasks of a source; those that a new definition retired are forgotten.
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

    /// Takes what a former leader left queued and running.
    pub fn set_outstanding(&mut self, queued: &[Queued], now: DbTime) {
        for job in queued {
            let entry = self.tasks.get(&job.task_id);
            if let Some(entry) = entry {
                self.suspects.note_outstanding(job.task_id, entry.deaths);
            }
            let key = entry
                .and_then(|entry| self.steps.get(&entry.step_id))
                .map(|step| step.limit_key_id);
            if let Some(key) = key.and_then(|key| self.keys.get_mut(&key)) {
                key.in_flight += 1;
                key.breaker.job_placed(job.task_id, job.job_id);
            }
            self.track(*job, now, now, None);
        }
        for key in self.keys.values_mut() {
            key.breaker
                .forget_probe_unless(|job_id| self.jobs.contains_key(&job_id));
        }
    }

    fn drop_task(&mut self, task_id: i64) {
        self.gate_changes.forget(task_id);
        self.misses.remove(&task_id);
        if let Some(entry) = self.tasks.remove(&task_id)
            && let Some(count) = self.tasks_per_step.get_mut(&entry.step_id)
        {
            *count = count.saturating_sub(1);
        }
    }

    /// Follows a job that its limit key has counted already.
    fn track(
        &mut self,
        queued: Queued,
        now: DbTime,
        expires_at: DbTime,
        permitted_at: Option<DbTime>,
    ) {
        // A database that crashed may give a number again that nobody had claimed.
        let is_anothers = |job: &Job| job.task_id != queued.task_id;
        if self.jobs.get(&queued.job_id).is_some_and(is_anothers) {
            self.taken_back(&[queued.job_id]);
        }
        let Some(entry) = self.tasks.get_mut(&queued.task_id) else {
            return;
        };
        entry.state = State::Outstanding;
        let Some(step) = self.steps.get(&entry.step_id) else {
            return;
        };
        self.jobs.insert(
            queued.job_id,
            Job {
                task_id: queued.task_id,
                limit_key_id: step.limit_key_id,
                placed_at: now,
                permitted_at,
            },
        );
        self.expiring.push(Reverse((expires_at, queued.job_id)));
    }

    /// Jobs that were placed before `since` and have not ended as far as is known.
    #[must_use]
    pub fn outstanding_since(&self, since: DbTime, most: usize) -> Vec<Queued> {
        self.jobs
            .iter()
            .filter(|(_, job)| job.placed_at < since)
            .map(|(&job_id, job)| Queued {
                task_id: job.task_id,
                job_id,
            })
            .take(most)
            .collect()
    }

    /// Jobs that are queued or running.
    #[must_use]
    pub fn outstanding(&self) -> usize {
        self.jobs.len()
    }

    /// A step, if it is known.
    #[must_use]
    pub fn known_step(&self, step_id: i32) -> Option<&Step> {
        self.steps.get(&step_id)
    }

    /// Counts.
    #[must_use]
    pub fn counts(&self) -> ScheduleCounts {
        ScheduleCounts {
            tasks: self.tasks.len(),
            ready: self.keys.values().map(Key::ready).sum(),
            outstanding: self.jobs.len(),
            open_breakers: self
                .keys
                .values()
                .filter(|key| key.breaker.is_open())
                .count(),
            slowed_keys: self.keys.values().filter(|key| key.share() < 1.0).count(),
        }
    }
}

/// What the row of a task says of answers that there is no such thing.
fn misses(task: &Task) -> Option<Misses> {
    Some(Misses {
        count: u16::try_from(task.misses).ok()?,
        since: DbTime::from(task.missing_since?),
    })
}

#[cfg(test)]
mod tests;
