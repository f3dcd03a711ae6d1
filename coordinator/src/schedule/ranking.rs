//! The urgency of tasks: asks the policy, with what it needs to know of each task.

use std::{cmp::Reverse, collections::HashMap, mem, time::Duration};

use schema::{
    schedule::{EndedJob, Step, Task},
    word::Yields,
};

use super::{Entry, Schedule, State};
use crate::{
    db_time::DbTime,
    due::{self, NextRun},
    limits::key::Candidate,
    policy::{
        self, Policy, Reason, SEEN_WITHIN, TaskView, Urgency, Verdict,
        curve::{Cell, Curve},
        demand::{Demand, Evidence, Look, ShowtimeIds},
        weight::Weights,
    },
};

/// The ready tasks of a key are ranked anew after this: a rate changes by a few per cent
/// in a minute.
const RANK_EVERY: Duration = Duration::from_secs(30);

/// Tasks that are ranked anew in one tick, but for the last key's.
const MAX_RANKED_AT_ONCE: usize = 4_000;

/// What the limit of a step makes of its `every`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LookTiming {
    /// The longest gap between two looks.
    floor: Duration,
    /// Time between the start of a showtime and the looks around it.
    start_margin: Duration,
}

/// Sleeps that an explanation looks ahead: some days of a task that is worth nothing.
const MAX_SLEEPS: usize = 500;

impl Entry {
    /// A task as the database has it.
    pub(super) fn new(task: &Task, demand: &mut Demand) -> Self {
        let evidence = Evidence {
            cell: Cell {
                sales: task.sales,
                exposure: task.exposure,
            },
            sold: task.sold.unwrap_or(-1),
            ..Evidence::default()
        };
        let entry = Self {
            due_at: DbTime::from(task.due_at),
            starts_at: task.starts_at.map(DbTime::from),
            looked_at: task.looked_at.map(DbTime::from),
            evidence,
            step_id: task.step_id,
            film_id: task.film_id.unwrap_or(0),
            cinema_id: task.cinema_id.unwrap_or(0),
            failures: u16::try_from(task.failures).unwrap_or(0),
            deaths: task.deaths,
            is_requested: false,
            state: State::Parked,
            is_gated: task.gated,
            is_called_for: false,
            pod_id: None,
        };
        demand.gather(entry.ids(), evidence);
        entry
    }

    pub(super) fn ids(&self) -> ShowtimeIds {
        ShowtimeIds {
            step_id: self.step_id,
            film_id: self.film_id,
            cinema_id: self.cinema_id,
        }
    }

    /// The policy by which it is judged: a gate already says when there is something to
    /// see, and what watches no showtime sells nothing.
    fn policy(&self, policy: Policy, step: &Step) -> Policy {
        if step.yields == Yields::Seats && self.starts_at.is_some() && !self.is_gated {
            policy
        } else {
            Policy::Interval
        }
    }

    /// The shortest time between two looks.
    pub(super) fn gap(&self, policy: Policy, step: &Step) -> Duration {
        match self.policy(policy, step) {
            Policy::Interval => step.every,
            Policy::Freshness => step.every.min(SEEN_WITHIN),
        }
    }

    pub(super) fn around_start(&self, timing: LookTiming) -> Option<(DbTime, DbTime)> {
        let margin = timing.start_margin;
        self.starts_at
            .map(|starts_at| (starts_at.before(margin), starts_at + margin))
    }

    /// Whether its row says another time than the leader would have written after its last
    /// look: then something has called for it.
    pub(super) fn is_called_for(
        &self,
        policy: Policy,
        step: Option<&Step>,
        timing: LookTiming,
    ) -> bool {
        let (Some(looked_at), Some(step), 0) = (self.looked_at, step, self.failures) else {
            return false;
        };
        let planned = due::next_look(looked_at, self.gap(policy, step), self.around_start(timing));
        planned != NextRun::At(self.due_at)
    }
}

impl Schedule {
    /// Takes the weights as they are now.
    pub fn set_weights(&mut self, weights: Weights) {
        self.weights = weights;
    }

    /// What was learnt of demand.
    #[must_use]
    pub fn demand(&self) -> &Demand {
        &self.demand
    }

    /// Takes the booking curve of a step where none is known.
    pub(super) fn note_curve(&mut self, step: &Step) {
        if self.demand.curve(step.step_id).is_none()
            && let Some(curve) = step.booking_curve.as_deref().and_then(Curve::of_numbers)
        {
            self.demand.set_curve(step.step_id, curve);
        }
    }

    /// The timing of the looks of a step.
    pub(super) fn look_timing(&self, step: &Step) -> LookTiming {
        let known = self.look_timings.get(&step.step_id).copied();
        known.unwrap_or_else(|| LookTiming {
            floor: step.every,
            start_margin: due::start_margin(step.every),
        })
    }

    /// Works out the timing of the looks of each step that looks at showtimes.
    pub(super) fn set_look_timings(&mut self) {
        let is_seats = |step: &&Step| step.yields == Yields::Seats && step.is_scheduled();
        let mut showtimes = HashMap::new();
        for step in self.steps.values().filter(is_seats) {
            let count = self.tasks_per_step.get(&step.step_id).copied().unwrap_or(0);
            *showtimes.entry(step.limit_key_id).or_insert(0) += count;
        }
        for step in self.steps.values().filter(is_seats) {
            let Some(key) = self.keys.get(&step.limit_key_id) else {
                continue;
            };
            let (every, rate) = (step.every, key.rate_per_second());
            let timing = LookTiming {
                floor: policy::floor(every, showtimes[&step.limit_key_id], rate),
                start_margin: policy::start_margin(every, rate),
            };
            self.look_timings.insert(step.step_id, timing);
        }
    }

    /// Learns from a look what was sold since the last.
    pub(super) fn note_look(&mut self, job: &EndedJob, at: DbTime) {
        let Some(entry) = self.tasks.get_mut(&job.task_id) else {
            return;
        };
        let before = entry.looked_at.replace(at);
        let Some(starts_at) = entry.starts_at else {
            return;
        };
        // An answer that says of itself that it is the same brings no count.
        let sold = job.sold.unwrap_or(entry.evidence.sold);
        if sold < 0 {
            return;
        }
        let look = Look {
            before,
            at,
            sold,
            seats: job.row_count.and_then(|seats| u16::try_from(seats).ok()),
        };
        let ids = entry.ids();
        self.demand.learn(ids, starts_at, &mut entry.evidence, look);
    }

    /// Asks the policy of a task; `None` if it or its step is not known.
    fn verdict(&self, entry: &Entry, step: &Step, now: DbTime) -> Verdict {
        let timing = self.look_timing(step);
        let view = TaskView {
            looked_at: entry.looked_at,
            around_start: entry.around_start(timing),
            is_called_for: entry.is_called_for,
            floor: timing.floor,
        };
        policy::judge(entry.policy(self.policy, step), view, now, || {
            let (ids, starts_at) = (entry.ids(), entry.starts_at.unwrap_or(now));
            self.demand.worth(ids, &entry.evidence, starts_at, now) * self.weights.of(ids)
        })
    }

    /// A task that is due competes for a permit, or sleeps on.
    pub(super) fn compete(&mut self, task_id: i64, now: DbTime) {
        let Some((entry, step)) = self.entry_and_step(task_id) else {
            return;
        };
        let (priority, limit_key_id) = (step.priority, step.limit_key_id);
        if entry.is_requested {
            self.ready(task_id, priority, limit_key_id, Urgency::Owed);
            return;
        }
        let verdict = self.verdict(entry, step, now);
        let Some(entry) = self.tasks.get_mut(&task_id) else {
            return;
        };
        match verdict {
            // A conversation goes on whatever its next look would be worth.
            Verdict::Sleep { until, .. } if entry.pod_id.is_none() => {
                entry.due_at = until;
                self.waiting.push(Reverse((until, task_id)));
            }
            Verdict::Sleep { .. } => self.ready(task_id, priority, limit_key_id, Urgency::Owed),
            Verdict::Compete { urgency, until, .. } => {
                if let Some(until) = until {
                    self.waiting.push(Reverse((until, task_id)));
                }
                self.ready(task_id, priority, limit_key_id, urgency);
            }
        }
    }

    /// A task that competes for its worth may be owed a look by now.
    pub(super) fn raise(&mut self, task_id: i64, now: DbTime) {
        let Some((entry, step)) = self.entry_and_step(task_id) else {
            return;
        };
        // It goes before all others already.
        if entry.is_requested {
            return;
        }
        let verdict = self.verdict(entry, step, now);
        let (priority, limit_key_id) = (step.priority, step.limit_key_id);
        if let Verdict::Compete {
            urgency: urgency @ (Urgency::BeforeStart | Urgency::AfterStart | Urgency::Owed),
            ..
        } = verdict
        {
            // What it claimed before is known by its time, and passed over.
            if let Some(entry) = self.tasks.get_mut(&task_id) {
                entry.due_at = now;
            }
            self.ready(task_id, priority, limit_key_id, urgency);
        }
    }

    /// Ranks the ready tasks of some keys anew, those that waited longest for it.
    pub(super) fn rank_again(&mut self, now: DbTime) {
        let is_due = |rated_at: DbTime| now.since(rated_at) >= RANK_EVERY;
        let mut keys = mem::take(&mut self.keys);
        let mut left = MAX_RANKED_AT_ONCE;
        for key in keys.values_mut() {
            if left == 0 {
                break;
            }
            if !is_due(key.rated_at()) || key.ready() == 0 {
                continue;
            }
            left = left.saturating_sub(key.ready());
            key.rank(now, |candidate| self.ranked(candidate, now));
        }
        self.keys = keys;
    }

    /// A candidate with its urgency of now; `None` if it competes no more.
    fn ranked(&mut self, candidate: Candidate, now: DbTime) -> Option<Candidate> {
        let task_id = candidate.task_id;
        let (entry, step) = self.entry_and_step(task_id)?;
        if entry.state != State::Ready || entry.due_at != candidate.due_at {
            return None;
        }
        match candidate.urgency {
            Urgency::BeforeStart | Urgency::AfterStart | Urgency::Owed => Some(candidate),
            Urgency::Worth(_) => match self.verdict(entry, step, now) {
                Verdict::Compete { urgency, .. } => Some(Candidate {
                    can_wait: !urgency.is_around_start(),
                    urgency,
                    ..candidate
                }),
                Verdict::Sleep { until, .. } => {
                    let entry = self.tasks.get_mut(&task_id)?;
                    entry.state = State::Waiting;
                    entry.due_at = until;
                    self.waiting.push(Reverse((until, task_id)));
                    None
                }
            },
        }
    }

    fn ready(&mut self, task_id: i64, priority: i16, limit_key_id: i32, urgency: Urgency) {
        let (Some(entry), Some(key)) = (
            self.tasks.get_mut(&task_id),
            self.keys.get_mut(&limit_key_id),
        ) else {
            return;
        };
        entry.state = State::Ready;
        key.push(Candidate {
            begins: entry.pod_id.is_none(),
            can_wait: !entry.is_requested && !urgency.is_around_start(),
            priority: if entry.is_requested {
                i16::MIN
            } else {
                priority
            },
            urgency,
            due_at: entry.due_at,
            task_id,
        });
    }

    fn entry_and_step(&self, task_id: i64) -> Option<(&Entry, &Step)> {
        let entry = self.tasks.get(&task_id)?;
        Some((entry, self.steps.get(&entry.step_id)?))
    }
}

/// Why a task runs when it does, as far as the policy decides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Explained {
    /// When it competes for a permit, and why from then on.
    pub competes: Option<(DbTime, Reason)>,
    /// What it waits for now, if it does not compete yet.
    pub waits: Option<Reason>,
    /// Its last look that was answered.
    pub looked_at: Option<DbTime>,
    /// The start of its showtime.
    pub starts_at: Option<DbTime>,
    /// Seats an hour that it is expected to sell now.
    pub rate: f32,
    /// Its level beside an average showtime, and that of its film and cinema.
    pub levels: (f32, f32),
    /// Seats sold between its looks, and what an average showtime would have sold.
    pub own: Cell,
    /// Seats that a look now is expected to show in time.
    pub worth: f32,
    /// The operator's weight.
    pub weight: f32,
    /// The longest gap between two looks.
    pub floor: Duration,
    /// The policy by which it is judged.
    pub policy: Policy,
    /// Tasks of its limit that are due by their rows.
    pub due_beside: usize,
}

impl Schedule {
    /// Explains a task that is not retired, as a new leader would judge it.
    #[must_use]
    pub fn explain(&self, task_id: i64, now: DbTime) -> Option<Explained> {
        let (entry, step) = self.entry_and_step(task_id)?;
        let (ids, start) = (entry.ids(), entry.starts_at.unwrap_or(now));
        let (mut at, mut competes) = (now.max(entry.due_at), None);
        let mut waits = (entry.due_at > now).then_some(Reason::Rests);
        for _ in 0..MAX_SLEEPS {
            match self.verdict(entry, step, at) {
                Verdict::Compete { reason, .. } => {
                    competes = Some((at, reason));
                    break;
                }
                Verdict::Sleep { until, reason } => {
                    waits = waits.or(Some(reason));
                    at = until;
                }
            }
        }
        let is_beside = |other: &&Entry| {
            let same = self.steps.get(&other.step_id);
            other.due_at <= now && same.is_some_and(|same| same.limit_key_id == step.limit_key_id)
        };
        Some(Explained {
            competes,
            waits,
            looked_at: entry.looked_at,
            starts_at: entry.starts_at,
            rate: self.demand.rate(ids, &entry.evidence, start, now),
            levels: (
                self.demand.level(ids, &entry.evidence),
                self.demand.prior_level(ids),
            ),
            own: entry.evidence.cell,
            worth: self.demand.worth(ids, &entry.evidence, start, now),
            weight: self.weights.of(ids),
            floor: self.look_timing(step).floor,
            policy: entry.policy(self.policy, step),
            due_beside: self.tasks.values().filter(is_beside).count(),
        })
    }
}
