//! Learning from ended jobs: when the task of each is due again, and what the leader has to do.

use std::{cmp::Reverse, collections::HashMap};

use schema::{
    enums::{ErrorClass, Outcome, SourceState, Yields},
    schedule::{Decision, EndedJob, Step},
};

use super::{Entry, Schedule, State, suspects::DEATHS_TO_ISOLATE};
use crate::{
    db_time::DbTime,
    due::{self, Failure, Misses, NextRun},
};

/// Refusals in a row after which a source is blocked until an operator resumes it.
const REFUSALS_TO_BLOCK: u32 = 3;

/// Results of ended jobs, besides the new times of their tasks, on which the leader acts.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Learned {
    /// Jobs that may have discovered tasks.
    pub discoverers: Vec<i64>,
    /// Sources that refused too many requests, by name, and how they refused.
    pub blocked: Vec<(String, ErrorClass)>,
    /// Tasks that are isolated, with source and step.
    pub isolated: Vec<(i64, String, String)>,
}

impl Learned {
    /// Adds what other jobs ask for.
    pub fn add(&mut self, other: Self) {
        self.discoverers.extend(other.discoverers);
        self.blocked.extend(other.blocked);
        self.isolated.extend(other.isolated);
    }
}

impl Schedule {
    /// Learns from jobs that ended.
    pub fn learn(
        &mut self,
        ended: &[EndedJob],
        now: DbTime,
        mut jitter: impl FnMut() -> f64,
    ) -> Learned {
        let mut learned = Learned::default();
        for job in ended {
            self.learn_from(job, now, &mut jitter, &mut learned);
        }
        learned
    }

    fn learn_from(
        &mut self,
        job: &EndedJob,
        now: DbTime,
        jitter: &mut impl FnMut() -> f64,
        learned: &mut Learned,
    ) {
        let known = self.jobs.remove(&job.job_id);
        if known.is_none() && self.is_learnt(job) {
            return;
        }
        self.judge(job);
        if let Some(known) = known {
            if let Some(key) = self.keys.get_mut(&known.limit_key_id) {
                key.job_ended(job, known.permitted_at, now);
            }
            self.clear_suspect(job.task_id);
        }
        let Some(entry) = self.tasks.get(&job.task_id).copied() else {
            return;
        };
        if job.deaths.is_some_and(|deaths| deaths >= DEATHS_TO_ISOLATE) {
            if let Some(step) = self.steps.get(&entry.step_id) {
                let (source, step) = (step.source.clone(), step.name.clone());
                learned.isolated.push((job.task_id, source, step));
            }
            self.forget(job.task_id);
            return;
        }
        let Some(step) = self.steps.get(&entry.step_id) else {
            return;
        };
        if job.outcome == Outcome::Succeeded && step.yields != Yields::Seats {
            learned.discoverers.push(job.job_id);
        }
        if let Some(source) = count_refusal(&mut self.refusals, step, job) {
            learned.blocked.push(source);
        }
        self.note_ended(job, entry, jitter);
    }

    /// Whether a job that this leader did not place teaches nothing: its task is gone or
    /// outstanding again, or the row of the task, which was read later, has its result.
    fn is_learnt(&self, job: &EndedJob) -> bool {
        let Some(entry) = self.tasks.get(&job.task_id) else {
            return true;
        };
        let is_before = entry
            .looked_at
            .is_some_and(|looked_at| time_of_look(job) <= looked_at);
        let attempt = u16::try_from(job.attempt).unwrap_or(u16::MAX);
        let is_counted = job.outcome == Outcome::Failed && entry.failures >= attempt;
        entry.state == State::Outstanding || is_before || is_counted
    }

    /// Decides when the task of a job is due again.
    fn note_ended(&mut self, job: &EndedJob, entry: Entry, jitter: &mut impl FnMut() -> f64) {
        let Some(step) = self.steps.get(&entry.step_id) else {
            return;
        };
        let at = time_of_look(job);
        let gap = entry.gap(self.policy, step);
        let around_start = entry.around_start(self.look_timing(step));
        let failures = match job.outcome {
            Outcome::Succeeded => 0,
            Outcome::Failed => entry.failures.saturating_add(1),
            Outcome::Lost | Outcome::Returned | Outcome::Continued | Outcome::Cancelled => {
                entry.failures
            }
        };
        let next = match (job.outcome, job.error_class) {
            (Outcome::Failed, Some(class)) => {
                let before = self.misses.get(&job.task_id).copied();
                let failure = Failure {
                    class,
                    count: failures,
                    misses: Misses::after_failure(before, class, at),
                };
                due::after_failure(at, step.every, entry.starts_at, failure, jitter())
            }
            (Outcome::Cancelled, _) if entry.is_requested => NextRun::At(entry.due_at),
            (Outcome::Succeeded | Outcome::Failed | Outcome::Cancelled, _) => {
                due::next_look(at, gap, around_start)
            }
            // There was no look: due as before.
            (Outcome::Lost | Outcome::Returned | Outcome::Continued, _) => {
                NextRun::At(entry.due_at)
            }
        };
        if job.outcome == Outcome::Continued {
            self.continue_conversation(job.task_id, job.pod_id);
            return;
        }
        if job.outcome != Outcome::Returned {
            self.forget_conversation(job.task_id);
        }
        let next = if job.outcome == Outcome::Succeeded {
            self.note_look(job, at);
            self.due_after_gate_change(job, next)
        } else {
            next
        };
        self.note_end(job);
        self.note_misses(job, at);
        self.decide(job.task_id, next, failures, job.outcome);
    }

    /// Notes whether the source answered once more that there is no such showtime.
    fn note_misses(&mut self, job: &EndedJob, at: DbTime) {
        let before = self.misses.get(&job.task_id).copied();
        let after = match (job.outcome, job.error_class) {
            (Outcome::Failed, Some(class)) => Misses::after_failure(before, class, at),
            (Outcome::Succeeded | Outcome::Failed, _) => None,
            (Outcome::Lost | Outcome::Returned | Outcome::Continued | Outcome::Cancelled, _) => {
                before
            }
        };
        match after {
            Some(misses) => self.misses.insert(job.task_id, misses),
            None => self.misses.remove(&job.task_id),
        };
    }

    /// Makes a task ready again whose conversation a pod holds. It is due as before, so there is
    /// no decision to store.
    fn continue_conversation(&mut self, task_id: i64, pod_id: i32) {
        if let Some(entry) = self.tasks.get_mut(&task_id) {
            entry.pod_id = Some(pod_id);
            entry.state = State::Waiting;
            self.waiting.push(Reverse((entry.due_at, task_id)));
        }
    }

    /// Lets any pod run the task, from the start of its conversation.
    fn forget_conversation(&mut self, task_id: i64) {
        if let Some(entry) = self.tasks.get_mut(&task_id) {
            entry.pod_id = None;
        }
    }

    pub(super) fn decide(&mut self, task_id: i64, next: NextRun, failures: u16, outcome: Outcome) {
        let Some(entry) = self.tasks.get_mut(&task_id) else {
            return;
        };
        let due_at = match next {
            NextRun::At(due_at) => due_at,
            NextRun::Retire => entry.due_at,
        };
        let misses = self.misses.get(&task_id);
        self.decided.insert(
            task_id,
            Decision {
                task_id,
                due_at: due_at.into(),
                failures: i16::try_from(failures).unwrap_or(i16::MAX),
                retired: next == NextRun::Retire,
                looked_at: entry.looked_at.map(Into::into),
                sales: entry.evidence.cell.sales,
                exposure: entry.evidence.cell.exposure,
                sold: (entry.evidence.sold >= 0).then_some(entry.evidence.sold),
                survived: matches!(outcome, Outcome::Succeeded | Outcome::Failed),
                starts_at: entry.starts_at.map(Into::into),
                missing_since: misses.map(|misses| misses.since.into()),
                misses: misses.map_or(0, |misses| i16::try_from(misses.count).unwrap_or(i16::MAX)),
            },
        );
        if next == NextRun::Retire {
            self.drop_task(task_id);
            return;
        }
        entry.is_called_for = false;
        entry.due_at = due_at;
        entry.failures = failures;
        entry.state = State::Waiting;
        self.waiting.push(Reverse((due_at, task_id)));
    }

    /// Returns the decisions since the last call, to be stored.
    pub fn take_decisions(&mut self) -> Vec<Decision> {
        self.decided.drain().map(|(_, decision)| decision).collect()
    }

    /// Takes decisions back that could not be stored; a newer decision about the task wins.
    pub fn return_decisions(&mut self, decisions: Vec<Decision>) {
        for decision in decisions {
            self.decided.entry(decision.task_id).or_insert(decision);
        }
    }
}

/// Returns when a job looked, or when it ended without a look. The time of storing does not
/// serve: looks that are stored in one transaction would be due together from then on.
fn time_of_look(job: &EndedJob) -> DbTime {
    DbTime::from(job.observed_at.unwrap_or(job.finished_at))
}

/// Counts the refusals of a source in a row; returns its name, and how it refused, if it is to
/// be blocked.
fn count_refusal(
    refusals: &mut HashMap<i32, u32>,
    step: &Step,
    job: &EndedJob,
) -> Option<(String, ErrorClass)> {
    match (job.outcome, job.error_class) {
        (Outcome::Failed, Some(class @ (ErrorClass::Refused | ErrorClass::Forbidden))) => {
            let count = refusals.entry(step.source_id).or_default();
            *count += 1;
            (*count == REFUSALS_TO_BLOCK && step.state == SourceState::Active)
                .then(|| (step.source.clone(), class))
        }
        (Outcome::Succeeded, _) => {
            refusals.remove(&step.source_id);
            None
        }
        _ => None,
    }
}
