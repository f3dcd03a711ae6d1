//! Steps in quarantine: their tasks are held, and one at a time is sent as a probe.
//!
//! The wait between two probes doubles while they fail, and is short once one succeeded. Other
//! steps of the source go on.

use std::{
    cmp::Reverse,
    collections::{HashMap, VecDeque},
    time::Duration,
};

use schema::{
    enums::{Health, SourceState},
    schedule::{EndedJob, Step},
};

use super::{Entry, Schedule, State};
use crate::{
    db_time::DbTime,
    health::{Answer, HealthChange, StepHealth},
    limits::key::Candidate,
    policy::Urgency,
};

/// Wait after a probe with an unusable answer, for each such probe in a row.
const WAIT_PER_FAILURE: Duration = Duration::from_secs(10);
/// The longest such wait.
const MAX_WAIT: Duration = Duration::from_mins(5);
/// Wait after a probe with a usable answer.
const WAIT_AFTER_SUCCESS: Duration = Duration::from_secs(1);
/// A probe that has not ended after this time is given up.
const PROBE_LOST_AFTER: Duration = Duration::from_mins(2);

/// A step in quarantine.
#[derive(Debug)]
struct HeldStep {
    /// When the next probe may be sent.
    probe_at: DbTime,
    /// The task of the outstanding probe, and when it was sent.
    sent: Option<(i64, DbTime)>,
    /// Probes in a row that failed.
    failed: u32,
    /// The task to probe with if none is held.
    last_task: Option<i64>,
    /// Tasks that are due and wait for the end of the quarantine.
    held: VecDeque<i64>,
}

/// The steps in quarantine, and the tasks that it holds.
#[derive(Debug, Default)]
pub(super) struct QuarantineHold(HashMap<i32, HeldStep>);

impl QuarantineHold {
    /// Returns whether a due task must wait, and remembers a task that must.
    pub(super) fn holds(&mut self, step_id: i32, task_id: i64) -> bool {
        let Some(step_hold) = self.0.get_mut(&step_id) else {
            return false;
        };
        let is_probe = step_hold.sent.is_some_and(|(probe, _)| probe == task_id);
        if !is_probe {
            step_hold.held.push_back(task_id);
        }
        !is_probe
    }

    /// Forgets tasks, but not which steps are in quarantine.
    pub(super) fn forget_tasks(&mut self) {
        for step_hold in self.0.values_mut() {
            step_hold.held.clear();
            step_hold.sent = None;
        }
    }

    /// Begins a quarantine, or moves its next probe forward to `probe_at`.
    pub(super) fn hold(&mut self, step_id: i32, probe_at: DbTime, last_task: Option<i64>) {
        let step_hold = self.0.entry(step_id).or_insert(HeldStep {
            probe_at,
            sent: None,
            failed: 0,
            last_task,
            held: VecDeque::new(),
        });
        step_hold.probe_at = step_hold.probe_at.min(probe_at);
    }

    /// Notes how a job of a step in quarantine ended: with an answer, usable or not, or with none.
    fn answered(&mut self, step_id: i32, task_id: i64, is_usable: Option<bool>, at: DbTime) {
        let Some(step_hold) = self.0.get_mut(&step_id) else {
            return;
        };
        if is_usable == Some(false) {
            step_hold.last_task = Some(task_id);
        }
        // Others may have been under way when the quarantine began.
        if step_hold.sent.is_none_or(|(probe, _)| probe != task_id) {
            return;
        }
        step_hold.sent = None;
        step_hold.probe_at = at
            + match is_usable {
                Some(true) => {
                    step_hold.failed = 0;
                    WAIT_AFTER_SUCCESS
                }
                Some(false) => {
                    step_hold.failed = step_hold.failed.saturating_add(1);
                    WAIT_PER_FAILURE
                        .saturating_mul(step_hold.failed)
                        .min(MAX_WAIT)
                }
                None => WAIT_PER_FAILURE,
            };
    }
}

impl Schedule {
    /// Learns what an ended job says about its source.
    pub(super) fn judge(&mut self, job: &EndedJob) {
        let step = self.steps.get(&job.step_id);
        let at = DbTime::from(job.finished_at);
        let is_set_aside = step
            .and_then(|step| step.baseline_from)
            .is_some_and(|from| at < DbTime::from(from));
        if step.is_none() || is_set_aside {
            return;
        }
        let answer = Answer::of(job);
        let is_usable = answer.as_ref().map(Answer::is_usable);
        let health = self.health.entry(job.step_id).or_default();
        let was_quarantined = health.is_quarantined();
        if let Some(answer) = answer {
            health.note(answer, job.job_id, at);
        }
        match (was_quarantined, health.is_quarantined()) {
            (false, true) => {
                let probe_at = at + WAIT_PER_FAILURE;
                self.quarantine
                    .hold(job.step_id, probe_at, Some(job.task_id));
            }
            (true, false) => self.release(job.step_id),
            _ => self
                .quarantine
                .answered(job.step_id, job.task_id, is_usable, at),
        }
    }

    /// Ends a quarantine: the held tasks are due.
    pub(super) fn release(&mut self, step_id: i32) {
        let held = self
            .quarantine
            .0
            .remove(&step_id)
            .map(|step_hold| step_hold.held);
        for task_id in held.into_iter().flatten() {
            if let Some(entry) = self.tasks.get_mut(&task_id)
                && entry.state == State::Parked
            {
                entry.state = State::Waiting;
                self.waiting.push(Reverse((entry.due_at, task_id)));
            }
        }
    }

    /// Makes a probe ready for each step in quarantine that may have one now.
    pub(super) fn choose_probes(&mut self, now: DbTime) {
        for (step_id, step_hold) in &mut self.quarantine.0 {
            if step_hold
                .sent
                .is_some_and(|(_, at)| now.since(at) > PROBE_LOST_AFTER)
            {
                step_hold.sent = None;
            }
            let Some(step) = self.steps.get(step_id).filter(|step| step.is_scheduled()) else {
                continue;
            };
            if step_hold.sent.is_some() || step_hold.probe_at > now {
                continue;
            }
            let Some(key) = self.keys.get_mut(&step.limit_key_id) else {
                continue;
            };
            let tasks = &mut self.tasks;
            let may_go = |task_id: &i64, tasks: &HashMap<i64, Entry>| {
                tasks
                    .get(task_id)
                    .is_some_and(|entry| matches!(entry.state, State::Parked | State::Waiting))
            };
            let mut task = None;
            while task.is_none()
                && let Some(held) = step_hold.held.pop_front()
            {
                task = Some(held).filter(|held| may_go(held, tasks));
            }
            let task = task
                .or(step_hold.last_task)
                .filter(|task| may_go(task, tasks));
            let Some((task_id, entry)) = task.and_then(|task| Some((task, tasks.get_mut(&task)?)))
            else {
                continue;
            };
            entry.due_at = now;
            entry.state = State::Ready;
            step_hold.sent = Some((task_id, now));
            key.push(Candidate {
                begins: entry.pod_id.is_none(),
                can_wait: true,
                priority: step.priority,
                urgency: Urgency::Owed,
                due_at: now,
                task_id,
            });
        }
    }

    /// Returns the changes of health since the last call, by step and in order, to be stored.
    pub fn take_health(&mut self) -> Vec<(i32, VecDeque<HealthChange>)> {
        let steps = self.health.iter_mut();
        steps
            .map(|(step_id, health)| (*step_id, health.take_changes()))
            .filter(|(_, changes)| !changes.is_empty())
            .collect()
    }

    /// Takes changes of health back that could not be stored.
    pub fn return_health(&mut self, step_id: i32, changes: VecDeque<HealthChange>) {
        if let Some(health) = self.health.get_mut(&step_id) {
            health.return_changes(changes);
        }
    }

    /// Names the steps with unmapped codes again: there may be other codes by now.
    pub fn recheck_codes(&mut self) {
        for health in self.health.values_mut() {
            health.recheck_codes();
        }
    }

    /// Notes that every code of a step's source is mapped now.
    pub fn codes_are_mapped(&mut self, step_id: i32) {
        if let Some(health) = self.health.get_mut(&step_id) {
            health.codes_are_mapped();
        }
    }

    /// Returns the health of each source in one word: its state, or the worst health of its steps.
    #[must_use]
    pub fn source_health(&self) -> HashMap<&str, &'static str> {
        let mut worst: HashMap<&str, (SourceState, Health)> = HashMap::new();
        for step in self.steps.values().filter(|step| !step.retired) {
            let health = self.health.get(&step.step_id).map(StepHealth::health);
            let known = worst
                .entry(&step.source)
                .or_insert((step.state, Health::Healthy));
            known.1 = known.1.max(health.unwrap_or_default());
        }
        worst
            .into_iter()
            .map(|(source, (state, health))| {
                let word = match state {
                    SourceState::Active => health.label(),
                    stopped => stopped.label(),
                };
                (source, word)
            })
            .collect()
    }

    /// Takes the health of a step from its row, before the step itself is taken.
    pub(super) fn note_step(&mut self, step: &Step, now: DbTime) {
        let before = self.steps.get(&step.step_id);
        let is_first_seen = before.is_none();
        let is_new_truth = before.is_some_and(|before| before.baseline_from != step.baseline_from);
        let is_redefined = before.is_some_and(|before| before.definition_id != step.definition_id);
        if is_new_truth {
            self.health
                .insert(step.step_id, StepHealth::known(step.health));
            self.release(step.step_id);
        }
        let health = self
            .health
            .entry(step.step_id)
            .or_insert_with(|| StepHealth::known(step.health));
        // A new leader and a new definition probe at once.
        if health.is_quarantined() && (is_first_seen || is_redefined) {
            self.quarantine.hold(step.step_id, now, None);
        }
    }
}
