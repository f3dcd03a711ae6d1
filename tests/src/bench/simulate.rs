//! What the policy sees of a made-up fortnight of 2,000 showtimes, with three budgets.
//!
//! Nothing is timed: the same seed gives the same figures on any machine. The budgets are
//! what a look at each showtime on sale each 10, 20 and 40 minutes takes.

use std::time::Duration;

use coordinator::{
    policy::Policy,
    simulate::{
        compare::compare,
        synthetic::{self, SyntheticWorld},
    },
};

use super::{
    Measured,
    figure::{Figure, Reach, number},
};

/// Name on the command line.
pub const NAME: &str = "simulate";

const BUDGETS_MINUTES: [u64; 3] = [10, 20, 40];
/// As the shipped definitions say it.
const EVERY: Duration = Duration::from_mins(10);

/// Measures.
///
/// # Errors
///
/// None.
pub fn run() -> Measured {
    let world = synthetic::world(SyntheticWorld::default());
    let mut figures = Vec::new();
    for minutes in BUDGETS_MINUTES {
        let rate = world.rate_for(Duration::from_mins(minutes));
        let all = compare(&world, Policy::Freshness, EVERY, rate);
        let rates = all.knows_rates.unwrap_or_default();
        let figure = |name: &str, value, unit| {
            Figure::new(NAME, format!("{NAME}.{minutes}min.{name}"), value, unit)
        };
        let percent = |share: f64| 100.0 * share;
        let seen = percent(all.policy.seen_in_time);
        let interval = percent(all.interval.seen_in_time);
        let last_looks = number(all.policy.last_looks as u64);
        figures.extend([
            figure("seen", seen, "%")
                .reach(Reach::AtLeast(1.5 * interval))
                .beside("fixed intervals", interval),
            figure("of_rates", seen, "%")
                .reach(Reach::AtLeast(0.9 * percent(rates.seen_in_time)))
                .beside("knows every rate", percent(rates.seen_in_time)),
            figure("of_sales", seen, "%")
                .beside("knows every sale", percent(all.knows_sales.seen_in_time)),
            figure("last_looks", last_looks, "showtimes")
                .reach(Reach::AtLeast(number(all.policy.showtimes as u64))),
            figure("mean_delay", all.policy.mean_delay.as_secs_f64(), "s")
                .beside("fixed intervals", all.interval.mean_delay.as_secs_f64()),
            figure("looks", number(all.policy.looks as u64), "looks")
                .beside("fixed intervals", number(all.interval.looks as u64)),
        ]);
    }
    Ok(figures)
}
