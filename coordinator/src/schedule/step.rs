//! One step of the schedule: from what a tick has read to what it writes.
//!
//! Pure: no database and no clock of its own. Takes [`Inputs`], gives [`Effects`]. An effect that
//! could not be written is given back with [`Schedule::return_effects`], and the next step names
//! it again.

use std::{collections::VecDeque, time::Duration};

use schema::{
    enums::ErrorClass,
    limit::Reservation,
    queue::Ready,
    schedule::{Decision, EndedJob, LimitKey, Step, Task},
    task::Done,
};

use super::Schedule;
use crate::{
    db_time::DbTime, health::HealthChange, limits::rate_share::ShareChange, policy::weight::Weights,
};

/// How long after a failed attempt expired jobs are taken back again.
const TAKE_BACK_AGAIN: Duration = Duration::from_secs(5);

/// The inputs of a step: everything that a tick has read.
#[derive(Debug)]
pub struct Inputs {
    /// The time by the clock of the database, read after all else but the requests.
    pub now: DbTime,
    /// Jobs that ended since the tick before.
    pub ended: Vec<EndedJob>,
    /// Tasks that jobs of earlier ticks may have discovered, if they were read.
    pub discovered: Option<Vec<Task>>,
    /// The limit keys, if they were read.
    pub limits: Option<Vec<LimitKey>>,
    /// The steps, if they were read.
    pub steps: Option<Vec<Step>>,
    /// All tasks of each source whose definition is new.
    pub source_tasks: Vec<(i32, Vec<Task>)>,
    /// The weights, if they were read.
    pub weights: Option<Weights>,
    /// Jobs whose end was missed, and jobs that left no trace, if they were looked for.
    pub sweep: Option<Sweep>,
    /// Requests of operators that were applied in the database.
    pub requests: Option<Done>,
    /// Jobs that the living pods can run at a time.
    pub capacity: usize,
    /// Which periodic effects are due.
    pub due: Due,
}

/// The result of a search for jobs whose end was missed.
#[derive(Debug, Default)]
pub struct Sweep {
    /// Jobs that ended.
    pub ended: Vec<EndedJob>,
    /// Jobs that are neither queued nor running and that have no row in the history.
    pub vanished: Vec<i64>,
}

/// Effects that are asked for from time to time and not in each step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Due {
    /// Changed shares, and the number of agents that is wanted.
    pub limits: bool,
    /// The health of the steps that have unmapped codes: there may be other codes by now.
    pub codes: bool,
    /// The booking curves.
    pub curves: bool,
}

/// The effects of a step: the writes of the leader, in their order.
#[derive(Debug, Default, PartialEq)]
pub struct Effects {
    /// Jobs whose new tasks the next tick should read.
    pub discoverers: Vec<i64>,
    /// Tasks that are isolated, with source and step, for the log.
    pub isolated: Vec<(i64, String, String)>,
    /// Changes of health of each step, in order.
    pub health: Vec<(i32, VecDeque<HealthChange>)>,
    /// Sources to block, by name, and how they refused.
    pub blocked: Vec<(String, ErrorClass)>,
    /// Changed shares of limit keys.
    pub shares: Vec<(i32, ShareChange)>,
    /// Agents that could be kept busy, if that is due.
    pub agents_wanted: Option<f64>,
    /// The booking curve of each step, if they are due.
    pub curves: Vec<(i32, Vec<f32>)>,
    /// Jobs whose permits have ended: to be taken back unless a pod has claimed them.
    pub take_back: Vec<i64>,
    /// Permits to set aside of the budgets of the day.
    pub reservations: Vec<Reservation>,
    /// Tasks to place in the queue, the most urgent first.
    pub enqueue: Vec<Ready>,
    /// When tasks are due again.
    pub decisions: Vec<Decision>,
}

impl Inputs {
    /// The inputs of a tick at `now` that has read nothing.
    #[must_use]
    pub fn at(now: DbTime, capacity: usize) -> Self {
        Self {
            now,
            ended: Vec::new(),
            discovered: None,
            limits: None,
            steps: None,
            source_tasks: Vec::new(),
            weights: None,
            sweep: None,
            requests: None,
            capacity,
            due: Due::default(),
        }
    }
}

impl Schedule {
    /// Takes what a tick has read, decides what it writes.
    ///
    /// `jitter` gives random numbers in `0.0..1.0`, which spread retries.
    pub fn step(&mut self, inputs: Inputs, mut jitter: impl FnMut() -> f64) -> Effects {
        let (now, due) = (inputs.now, inputs.due);
        let mut learned = self.learn(&inputs.ended, now, &mut jitter);
        if let Some(tasks) = &inputs.discovered {
            self.set_tasks(tasks);
        }
        if let Some(limits) = &inputs.limits {
            self.set_limits(limits, now);
        }
        if let Some(steps) = inputs.steps {
            self.set_steps(steps, now);
        }
        for (source_id, tasks) in &inputs.source_tasks {
            self.set_tasks_of(*source_id, tasks);
        }
        if let Some(weights) = inputs.weights {
            self.set_weights(weights);
        }
        if let Some(done) = &inputs.requests {
            self.apply(done, now);
        }
        if let Some(sweep) = &inputs.sweep {
            learned.add(self.learn(&sweep.ended, now, &mut jitter));
            self.taken_back(&sweep.vanished);
        }
        if due.codes {
            self.recheck_codes();
        }
        let mut blocked = std::mem::take(&mut self.unblocked);
        blocked.extend(learned.blocked);
        let take_back = self.expired(now);
        let enqueue = self.fill_queue(now, inputs.capacity);
        Effects {
            discoverers: learned.discoverers,
            isolated: learned.isolated,
            health: self.take_health(),
            blocked,
            shares: if due.limits {
                self.take_shares()
            } else {
                Vec::new()
            },
            agents_wanted: due.limits.then(|| self.agents_wanted(now)),
            curves: if due.curves {
                self.curves()
            } else {
                Vec::new()
            },
            take_back,
            // After the choice: what it spent is to be set aside for the next.
            reservations: self.reservations(now),
            enqueue,
            decisions: self.take_decisions(),
        }
    }

    /// Gives back the effects that were not written.
    pub fn return_effects(&mut self, effects: Effects, now: DbTime) {
        for (step_id, changes) in effects.health {
            self.return_health(step_id, changes);
        }
        for (limit_key_id, _) in effects.shares {
            self.return_share(limit_key_id);
        }
        self.unblocked.extend(effects.blocked);
        self.expire_again(&effects.take_back, now + TAKE_BACK_AGAIN);
        self.return_chosen(&effects.enqueue, now);
        self.return_decisions(effects.decisions);
    }

    /// Chooses tasks for the queue: a few more than there are free agents, so that an agent that
    /// becomes free finds work.
    fn fill_queue(&mut self, now: DbTime, capacity: usize) -> Vec<Ready> {
        let ahead = capacity + capacity / 10;
        match ahead.saturating_sub(self.outstanding()) {
            0 => Vec::new(),
            room => self.top_up(now, room),
        }
    }

    /// The booking curves that were learnt, by step.
    #[must_use]
    pub fn curves(&self) -> Vec<(i32, Vec<f32>)> {
        let curves = self.demand().curves();
        curves
            .map(|(step_id, curve)| (step_id, curve.numbers()))
            .collect()
    }

    /// The sources of which `steps` have another definition than the schedule knows.
    #[must_use]
    pub fn changed_sources(&self, steps: &[Step]) -> Vec<i32> {
        let is_changed = |step: &&Step| {
            let known = self.known_step(step.step_id);
            known.is_none_or(|known| known.definition_id != step.definition_id)
        };
        let changed = steps.iter().filter(is_changed);
        changed.map(|step| step.source_id).collect()
    }
}
