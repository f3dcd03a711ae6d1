//! The schedule: every task, in the leader's memory.
//!
//! Takes what a tick has read, gives what it writes (see [`step`]): which tasks to queue now, and
//! when each is due again. Keeps when each task is due and, per limit key, what may be sent. If
//! it is lost, it is rebuilt from the database, which stays the truth.
//!
//! A task waits until it is due, is ready until its limit key has a permit for
//! it and an agent is free, is placed in the queue, and is outstanding until the
//! job that it became has ended.

mod entry;
mod tasks;
pub mod step;
mod operator_request;
mod learn;
mod gate_changes;
mod quarantine;
pub mod suspects;
mod look_timing;
mod ranking;
mod limit_keys;
mod placement;
pub mod explain;

pub use self::{
    learn::Learned,
    step::{Due, Effects, Inputs, Sweep},
};

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

use schema::{
    enums::ErrorClass,
    queue::Queued,
    schedule::{Decision, LimitKey, Step},
};

use crate::{
    db_time::DbTime,
    due::Misses,
    health::StepHealth,
    limits::key::Key,
    policy::{Policy, demand::Demand, weight::Weights},
    schedule::{
        entry::{Entry, State},
        gate_changes::GateChanges,
        look_timing::LookTiming,
        quarantine::QuarantineHold,
        suspects::Suspects,
    },
};

#[derive(Debug, Clone, Copy)]
struct Job {
    task_id: i64,
    limit_key_id: i32,
    placed_at: DbTime,
    /// When this leader gave its permit; `None` if a former leader did.
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
    /// Limit keys that get less than their rate.
    pub slowed_keys: usize,
}

/// Every task of the fleet, and what decides when it runs.
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
    /// Tasks whose last answers said that there is no such showtime.
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
        // If a definition came between two reads, its step may be known before its key.
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

    /// Takes the jobs that a former leader left queued and running.
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

    /// Follows a job, which its limit key has counted already.
    fn track(
        &mut self,
        queued: Queued,
        now: DbTime,
        expires_at: DbTime,
        permitted_at: Option<DbTime>,
    ) {
        // After a crash the database may give the number of a job again that was never claimed.
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

    /// Returns at most `most` jobs that were placed before `since` and are not known to have ended.
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

    /// The step of a task, if both are known.
    #[must_use]
    pub fn step_of(&self, task_id: i64) -> Option<&Step> {
        self.steps.get(&self.tasks.get(&task_id)?.step_id)
    }

    /// Counts tasks, jobs and limit keys.
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

#[cfg(test)]
mod tests;
