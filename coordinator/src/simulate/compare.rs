//! Compares a policy with fixed intervals and the clairvoyants, with the same budget.

use std::time::Duration;

use super::{
    clairvoyant,
    play::{RequestBudget, play},
    score::{Score, score},
    world::World,
};
use crate::policy::{Policy, SEEN_WITHIN};

/// The scores with one budget.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// The budget: requests a second of each limit key.
    pub rate_per_second: f64,
    /// Fixed intervals, as short as the budget allows: each permit goes to the showtime
    /// that waited longest.
    pub interval: Score,
    /// The policy.
    pub policy: Score,
    /// The schedule that knows every rate, but no single sale; none for a replayed history.
    pub knows_rates: Option<Score>,
    /// The schedule that knows every sale.
    pub knows_sales: Score,
}

impl Comparison {
    /// How many times as much as fixed intervals the policy sees in time.
    #[must_use]
    pub fn over_interval(&self) -> f64 {
        self.policy.seen_in_time / self.interval.seen_in_time
    }
}

/// Compares with a budget of `rate_per_second` for each limit key.
#[must_use]
pub fn compare(world: &World, policy: Policy, every: Duration, rate_per_second: f64) -> Comparison {
    let budget = |every| RequestBudget {
        rate_per_second,
        every,
    };
    let is_true = world.shows.iter().all(|show| !show.truth.is_empty());
    Comparison {
        rate_per_second,
        interval: score(world, &play(world, Policy::Interval, budget(SEEN_WITHIN))),
        policy: score(world, &play(world, policy, budget(every))),
        knows_rates: is_true.then(|| score(world, &clairvoyant::of_rates(world, rate_per_second))),
        knows_sales: score(world, &clairvoyant::of_sales(world, rate_per_second)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::synthetic::{self, SyntheticWorld};

    /// The bars of the benchmark `simulate`, in a smaller world: the same seed gives the
    /// same figures on any machine.
    #[test]
    fn the_policy_sees_more_than_intervals_and_nearly_what_the_clairvoyant_sees() {
        let world = synthetic::world(SyntheticWorld {
            showtimes: 160,
            days: 2,
            keys: 2,
            ..SyntheticWorld::default()
        });
        for minutes in [15, 20, 30] {
            let rate = world.rate_for(Duration::from_mins(minutes));
            let all = compare(&world, Policy::Freshness, Duration::from_mins(10), rate);
            let (saw, knows) = (all.policy.seen_in_time, all.knows_rates.unwrap_or_default());
            assert!(all.over_interval() >= 1.5, "{minutes} min: {all:?}");
            assert!(saw >= 0.9 * knows.seen_in_time, "{minutes} min: {all:?}");
            assert_eq!(all.policy.last_looks, world.shows.len(), "{minutes} min");
            assert!(
                all.policy.looks <= all.interval.looks,
                "{minutes} min: {all:?}"
            );
        }
    }

    #[test]
    fn who_knows_every_sale_sees_every_one_where_there_is_room() {
        let world = synthetic::world(SyntheticWorld {
            showtimes: 40,
            days: 2,
            keys: 1,
            ..SyntheticWorld::default()
        });
        let seen = score(&world, &clairvoyant::of_sales(&world, 1.0)).seen_in_time;
        assert!((seen - 1.0).abs() < 1e-9, "{seen}");
    }
}
