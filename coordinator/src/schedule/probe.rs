//! Steps in quarantine: their tasks are held, and one is sent now and then.

use std::{
    cmp::Reverse,
    collections::{HashMap, VecDeque},
    time::Duration,
};

use schema::{
    schedule::{EndedJob, Step},
    word::{Health, SourceState},
};

use super::{Entry, Schedule, State, key::Candidate};
use crate::{
    health::{Answer, Change, StepHealth},
    moment::Moment,
    policy::Claim,
};

/// Wait after a probe whose answer cannot be used: so long for each such in a row.
const EACH: Duration = Duration::from_secs(10);
/// The longest such wait.
const MOST: Duration = Duration::from_mins(5);
/// Wait after one whose answer can.
const SOON: Duration = Duration::from_secs(1);
/// A probe that is not back after this is given up.
const LOST: Duration = Duration::from_mins(2);

/// The quarantine of one step.
#[derive(Debug)]
struct Closed {
    /// When the next probe may go.
    probe_at: Moment,
    /// The probe that is out, and since when.
    sent: Option<(i64, Moment)>,
    /// Probes in a row that failed.
    failed: u32,
    /// A task to probe with where none is held.
    last_task: Option<i64>,
    /// Tasks that are due.
    held: VecDeque<i64>,
}

/// What holds the tasks of steps in quarantine.
#[derive(Debug, Default)]
pub(super) struct Gate(HashMap<i32, Closed>);

impl Gate {
    /// Whether a task that is due must wait; it is remembered then.
    pub(super) fn holds(&mut self, step_id: i32, task_id: i64) -> bool {
        let Some(closed) = self.0.get_mut(&step_id) else {
            return false;
        };
        let is_probe = closed.sent.is_some_and(|(probe, _)| probe == task_id);
        if !is_probe {
            closed.held.push_back(task_id);
        }
        !is_probe
    }

    /// Forgets tasks, but not which steps are in quarantine.
    pub(super) fn forget_tasks(&mut self) {
        for closed in self.0.values_mut() {
            closed.held.clear();
            closed.sent = None;
        }
    }

    /// Begins a quarantine, or lets its next probe go at `probe_at`.
    pub(super) fn close(&mut self, step_id: i32, probe_at: Moment, last_task: Option<i64>) {
        let closed = self.0.entry(step_id).or_insert(Closed {
            probe_at,
            sent: None,
            failed: 0,
            last_task,
            held: VecDeque::new(),
        });
        closed.probe_at = closed.probe_at.min(probe_at);
    }

    /// The task of a probe has ended: with this answer, or with none.
    fn answered(&mut self, step_id: i32, task_id: i64, is_usable: Option<bool>, at: Moment) {
        let Some(closed) = self.0.get_mut(&step_id) else {
            return;
        };
        if is_usable == Some(false) {
            closed.last_task = Some(task_id);
        }
        // Others may have been under way when the quarantine began.
        if closed.sent.is_none_or(|(probe, _)| probe != task_id) {
            return;
        }
        closed.sent = None;
        closed.probe_at = at
            + match is_usable {
                Some(true) => {
                    closed.failed = 0;
                    SOON
                }
                Some(false) => {
                    closed.failed = closed.failed.saturating_add(1);
                    EACH.saturating_mul(closed.failed).min(MOST)
                }
                None => EACH,
            };
    }
}

impl Schedule {
    /// Learns what an ended job says about its source.
    pub(super) fn judge(&mut self, job: &EndedJob) {
        let step = self.steps.get(&job.step_id);
        let at = Moment::from(job.finished_at);
        let is_set_aside = step
            .and_then(|step| step.baseline_from)
            .is_some_and(|from| at < Moment::from(from));
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
            (false, true) => self.gate.close(job.step_id, at + EACH, Some(job.task_id)),
            (true, false) => self.release(job.step_id),
            _ => self.gate.answered(job.step_id, job.task_id, is_usable, at),
        }
    }

    /// Ends a quarantine: what was held is due.
    pub(super) fn release(&mut self, step_id: i32) {
        let held = self.gate.0.remove(&step_id).map(|closed| closed.held);
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
    pub(super) fn send_probes(&mut self, now: Moment) {
        for (step_id, closed) in &mut self.gate.0 {
            if closed.sent.is_some_and(|(_, at)| now.since(at) > LOST) {
                closed.sent = None;
            }
            let Some(step) = self.steps.get(step_id).filter(|step| step.is_scheduled()) else {
                continue;
            };
            if closed.sent.is_some() || closed.probe_at > now {
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
                && let Some(held) = closed.held.pop_front()
            {
                task = Some(held).filter(|held| may_go(held, tasks));
            }
            let task = task.or(closed.last_task).filter(|task| may_go(task, tasks));
            let Some((task_id, entry)) = task.and_then(|task| Some((task, tasks.get_mut(&task)?)))
            else {
                continue;
            };
            entry.due_at = now;
            entry.state = State::Ready;
            closed.sent = Some((task_id, now));
            key.push(Candidate {
                begins: entry.pod_id.is_none(),
                can_wait: true,
                priority: step.priority,
                claim: Claim::Owed,
                due_at: now,
                task_id,
            });
        }
    }

    /// Changes of health since the last call, by step and in order, to be written down.
    pub fn take_health(&mut self) -> Vec<(i32, VecDeque<Change>)> {
        let steps = self.health.iter_mut();
        steps
            .map(|(step_id, health)| (*step_id, health.take_changes()))
            .filter(|(_, changes)| !changes.is_empty())
            .collect()
    }

    /// Gives changes of health back that could not be written down.
    pub fn return_health(&mut self, step_id: i32, changes: VecDeque<Change>) {
        if let Some(health) = self.health.get_mut(&step_id) {
            health.return_changes(changes);
        }
    }

    /// Gives what is said of codes again, for there may be others by now.
    pub fn recheck_codes(&mut self) {
        for health in self.health.values_mut() {
            health.recheck_codes();
        }
    }

    /// Every code of a step's source means something now.
    pub fn codes_are_mapped(&mut self, step_id: i32) {
        if let Some(health) = self.health.get_mut(&step_id) {
            health.codes_are_mapped();
        }
    }

    /// Each source with the word for its health: that of its state, or the worst of its steps.
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

    /// Takes what a step says of its health, before the step itself is taken.
    pub(super) fn note_step(&mut self, step: &Step, now: Moment) {
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
        // A new leader, and a new definition, find out at once.
        if health.is_quarantined() && (is_first_seen || is_redefined) {
            self.gate.close(step.step_id, now, None);
        }
    }
}
