//! The timing of the looks of each step: the floor under them, and the looks around a start.

use std::{collections::HashMap, time::Duration};

use schema::{enums::Yields, schedule::Step};

use super::Schedule;
use crate::{due, policy};

/// When a step looks at its showtimes, by its `every` and the rate of its limit key.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LookTiming {
    /// The longest gap between two looks.
    pub(super) floor: Duration,
    /// Time between the start of a showtime and the looks around it.
    pub(super) start_margin: Duration,
}

impl Schedule {
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
}
