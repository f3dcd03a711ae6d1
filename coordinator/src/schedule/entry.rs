//! A task in the memory of the leader.

use std::time::Duration;

use schema::{
    enums::Yields,
    schedule::{Step, Task},
};

use super::look_timing::LookTiming;
use crate::{
    db_time::DbTime,
    due::{self, NextRun},
    policy::{
        Policy, SEEN_WITHIN,
        curve::Cell,
        demand::{Demand, Evidence, ShowtimeIds},
    },
};

/// The state of a task on its way into the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Not due yet: in the heap of waiting tasks.
    Waiting,
    /// Due: in the heap of its limit key.
    Ready,
    /// Due, but held: its source is not scheduled, or its step is in quarantine.
    Parked,
    /// On its way into the queue.
    Placing,
    /// Queued or running.
    Outstanding,
}

/// A task: when it is due, and what its last looks have shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) due_at: DbTime,
    pub(super) starts_at: Option<DbTime>,
    pub(super) looked_at: Option<DbTime>,
    pub(super) evidence: Evidence,
    pub(super) step_id: i32,
    pub(super) film_id: i32,
    pub(super) cinema_id: i32,
    pub(super) failures: u16,
    /// Runs in a row, up to the last, whose pod died.
    pub(super) deaths: i16,
    /// An operator has requested a run now.
    pub(super) is_requested: bool,
    pub(super) state: State,
    /// It has a gate: a listing announces when there is something to see.
    pub(super) is_gated: bool,
    /// It is due although its policy would wait: its gate has changed.
    pub(super) is_called_for: bool,
    /// The pod that holds its conversation, if it is in the middle of one.
    pub(super) pod_id: Option<i32>,
}

impl Entry {
    /// Makes an entry of the row of a task.
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

    /// Returns the policy that decides when it is due. A task with a gate runs at its interval,
    /// because the gate announces what there is to see; a task without a showtime sells nothing.
    pub(super) fn policy(&self, policy: Policy, step: &Step) -> Policy {
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

    /// Whether its row has another time than the leader would have stored after its last look:
    /// its gate has changed then.
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
