//! Pickup: what earlier targets sold by so many days ahead, and what came.

use chrono::{Datelike, NaiveDate};

use crate::{history::Map, ratio::Ratio};

/// Sales that move the level of a target half the way, as in the leader's policy.
const STRENGTH: f64 = 8.0;

/// Sums of what was sold and of what came, with the number of targets.
#[derive(Debug, Default, Clone, Copy)]
struct Sums {
    sold: f64,
    came: f64,
    count: f64,
}

/// Sums by days ahead and weekday, and the booking curve by days ahead.
#[derive(Debug, Default)]
pub(crate) struct Pickup {
    sums: Map<(i64, u32), Sums>,
    curve: Map<i64, Ratio>,
}

impl Pickup {
    /// Adds a target of the day `on` that had sold `sold` seats `days` days ahead.
    pub(crate) fn add(&mut self, days: i64, on: NaiveDate, sold: f64, came: f64) {
        let sums = self.sums.entry(key(days, on)).or_default();
        sums.sold += sold;
        sums.came += came;
        sums.count += 1.0;
        self.curve.entry(days).or_default().add(sold, came);
    }

    /// Level × curve, additive and multiplicative pickup for a target whose usual level is `level`.
    pub(crate) fn forecast(&self, days: i64, on: NaiveDate, sold: f64, level: f64) -> [f64; 3] {
        let curve = self.curve.get(&days).and_then(|ratio| ratio.value());
        let share = curve.unwrap_or(0.0).min(1.0);
        let own = level * (STRENGTH + sold) / (STRENGTH + level * share);
        let (additive, multiplicative) = match self.sums.get(&key(days, on)) {
            Some(sums) if sums.sold > 0.0 => (sums.added(sold), sold * sums.came / sums.sold),
            Some(sums) => (sums.added(sold), level),
            None => (level, level),
        };
        [sold + own * (1.0 - share), additive, multiplicative]
    }
}

impl Sums {
    fn added(self, sold: f64) -> f64 {
        sold + ((self.came - self.sold) / self.count).max(0.0)
    }
}

fn key(days: i64, on: NaiveDate) -> (i64, u32) {
    (days, on.weekday().num_days_from_monday())
}
