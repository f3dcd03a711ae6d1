//! What tasks may claim: the policy asked for each, and what it needs to know.

use std::{cmp::Reverse, collections::HashMap, mem, time::Duration};

use schema::{
    schedule::{EndedJob, Step, Task},
    word::Yields,
};

use super::{Entry, Schedule, State};
use crate::{
    db_time::DbTime,
    due::{self, Next},
    limits::key::Candidate,
    policy::{
        self, Claim, Policy, Reason, SEEN_WITHIN, Verdict, View,
        curve::{Cell, Curve},
        demand::{Demand, Evidence, Kin, Seen},
        weight::Weights,
    },
};

/// The ready tasks of a key are ranked anew after this: a rate changes by a few per cent
/// in a minute.
const RANK_EVERY: Duration = Duration::from_secs(30);

/// Tasks that are ranked anew in one tick, but for the last key's.
const RANK_AT_ONCE: usize = 4_000;

/// What the limit of a step makes of its `every`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pace {
    /// The longest gap between two looks.
    floor: Duration,
    /// Time between the start of a showtime and the looks around it.
    around: Duration,
}

/// Sleeps that an explanation looks ahead: some days of a task that is worth nothing.
const MOST_SLEEPS: usize = 500;

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
            is_asked: false,
            state: State::Parked,
            is_gated: task.gated,
            is_called: false,
            pod_id: None,
        };
        demand.gather(entry.kin(), evidence);
        entry
    }

    pub(super) fn kin(&self) -> Kin {
        Kin {
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

    pub(super) fn around_start(&self, pace: Pace) -> Option<(DbTime, DbTime)> {
        let around = pace.around;
        self.starts_at
            .map(|starts_at| (starts_at.before(around), starts_at + around))
    }

    /// Whether its row says another time than the leader would have written after its last
    /// look: then something has called for it.
    pub(super) fn is_called(&self, policy: Policy, step: Option<&Step>, pace: Pace) -> bool {
        let (Some(looked_at), Some(step), 0) = (self.looked_at, step, self.failures) else {
            return false;
        };
        let planned = due::next_look(looked_at, self.gap(policy, step), self.around_start(pace));
        planned != Next::At(self.due_at)
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

    /// The pace of a step.
    pub(super) fn pace(&self, step: &Step) -> Pace {
        let known = self.paces.get(&step.step_id).copied();
        known.unwrap_or_else(|| Pace {
            floor: step.every,
            around: due::around(step.every),
        })
    }

    /// Works out the paces of the steps that look at showtimes.
    pub(super) fn set_paces(&mut self) {
        let is_seats = |step: &&Step| step.yields == Yields::Seats && step.is_scheduled();
        let mut showtimes = HashMap::new();
        for step in self.steps.values().filter(is_seats) {
            let count = self.counts.get(&step.step_id).copied().unwrap_or(0);
            *showtimes.entry(step.limit_key_id).or_insert(0) += count;
        }
        for step in self.steps.values().filter(is_seats) {
            let Some(key) = self.keys.get(&step.limit_key_id) else {
                continue;
            };
            let (every, rate) = (step.every, key.rate_per_second());
            let pace = Pace {
                floor: policy::floor(every, showtimes[&step.limit_key_id], rate),
                around: policy::around(every, rate),
            };
            self.paces.insert(step.step_id, pace);
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
        let seen = Seen {
            before,
            at,
            sold,
            seats: job.row_count.and_then(|seats| u16::try_from(seats).ok()),
        };
        let kin = entry.kin();
        self.demand.learn(kin, starts_at, &mut entry.evidence, seen);
    }

    /// Asks the policy of a task; `None` if it or its step is not known.
    fn verdict(&self, entry: &Entry, step: &Step, now: DbTime) -> Verdict {
        let pace = self.pace(step);
        let view = View {
            looked_at: entry.looked_at,
            around_start: entry.around_start(pace),
            is_called: entry.is_called,
            floor: pace.floor,
        };
        policy::judge(entry.policy(self.policy, step), view, now, || {
            let (kin, starts_at) = (entry.kin(), entry.starts_at.unwrap_or(now));
            self.demand.worth(kin, &entry.evidence, starts_at, now) * self.weights.of(kin)
        })
    }

    /// A task that is due competes for a permit, or sleeps on.
    pub(super) fn compete(&mut self, task_id: i64, now: DbTime) {
        let Some((entry, step)) = self.entry_and_step(task_id) else {
            return;
        };
        let (priority, limit_key_id) = (step.priority, step.limit_key_id);
        if entry.is_asked {
            self.ready(task_id, priority, limit_key_id, Claim::Owed);
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
            Verdict::Sleep { .. } => self.ready(task_id, priority, limit_key_id, Claim::Owed),
            Verdict::Compete { claim, until, .. } => {
                if let Some(until) = until {
                    self.waiting.push(Reverse((until, task_id)));
                }
                self.ready(task_id, priority, limit_key_id, claim);
            }
        }
    }

    /// A task that competes for its worth may be owed a look by now.
    pub(super) fn raise(&mut self, task_id: i64, now: DbTime) {
        let Some((entry, step)) = self.entry_and_step(task_id) else {
            return;
        };
        // It goes before all others already.
        if entry.is_asked {
            return;
        }
        let verdict = self.verdict(entry, step, now);
        let (priority, limit_key_id) = (step.priority, step.limit_key_id);
        if let Verdict::Compete {
            claim: claim @ (Claim::BeforeStart | Claim::AfterStart | Claim::Owed),
            ..
        } = verdict
        {
            // What it claimed before is known by its time, and passed over.
            if let Some(entry) = self.tasks.get_mut(&task_id) {
                entry.due_at = now;
            }
            self.ready(task_id, priority, limit_key_id, claim);
        }
    }

    /// Ranks the ready tasks of some keys anew, those that waited longest for it.
    pub(super) fn rank_anew(&mut self, now: DbTime) {
        let is_due = |rated_at: DbTime| now.since(rated_at) >= RANK_EVERY;
        let mut keys = mem::take(&mut self.keys);
        let mut left = RANK_AT_ONCE;
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

    /// A candidate with its claim of now; `None` if it competes no more.
    fn ranked(&mut self, candidate: Candidate, now: DbTime) -> Option<Candidate> {
        let task_id = candidate.task_id;
        let (entry, step) = self.entry_and_step(task_id)?;
        if entry.state != State::Ready || entry.due_at != candidate.due_at {
            return None;
        }
        match candidate.claim {
            Claim::BeforeStart | Claim::AfterStart | Claim::Owed => Some(candidate),
            Claim::Worth(_) => match self.verdict(entry, step, now) {
                Verdict::Compete { claim, .. } => Some(Candidate {
                    can_wait: !claim.is_around_start(),
                    claim,
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

    fn ready(&mut self, task_id: i64, priority: i16, limit_key_id: i32, claim: Claim) {
        let (Some(entry), Some(key)) = (
            self.tasks.get_mut(&task_id),
            self.keys.get_mut(&limit_key_id),
        ) else {
            return;
        };
        entry.state = State::Ready;
        key.push(Candidate {
            begins: entry.pod_id.is_none(),
            can_wait: !entry.is_asked && !claim.is_around_start(),
            priority: if entry.is_asked { i16::MIN } else { priority },
            claim,
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
        let (kin, start) = (entry.kin(), entry.starts_at.unwrap_or(now));
        let (mut at, mut competes) = (now.max(entry.due_at), None);
        let mut waits = (entry.due_at > now).then_some(Reason::Rests);
        for _ in 0..MOST_SLEEPS {
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
            rate: self.demand.rate(kin, &entry.evidence, start, now),
            levels: (
                self.demand.level(kin, &entry.evidence),
                self.demand.prior_level(kin),
            ),
            own: entry.evidence.cell,
            worth: self.demand.worth(kin, &entry.evidence, start, now),
            weight: self.weights.of(kin),
            floor: self.pace(step).floor,
            policy: entry.policy(self.policy, step),
            due_beside: self.tasks.values().filter(is_beside).count(),
        })
    }
}
