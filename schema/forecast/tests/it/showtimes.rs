//! Forecasts against baselines, by a rolling origin over eight weeks of a simulated world.
//!
//! `FORECAST_WORLD=15,2 cargo nextest run --release -p forecast --no-capture rolling` prints the
//! figures of a world of 15 cinemas from seed 2.

use forecast::{Scored, size_class};

use crate::{
    rolling::{FIRST_SCORED, roll, scale},
    table::{Table, assert_covers},
    world::World,
};

/// Forecasts without which a size says nothing of coverage.
const MIN_OF_SIZE: u32 = 1_500;

#[test]
fn rolling_forecasts_are_better_than_the_best_baseline() {
    let mut world = World::simulate(scale());
    let (mut showtimes, mut totals) = (Table::default(), Table::default());
    roll(&mut world, |morning| {
        if morning.day < FIRST_SCORED {
            return;
        }
        for (forecast, baselines, came, repeated) in &morning.showtimes {
            let scored = Scored {
                point: forecast.median(),
                quantiles: forecast.quantiles,
                came: *came,
                repeated: *repeated,
            };
            showtimes.add(
                forecast.days,
                size_class(forecast.mean),
                &scored,
                *baselines,
            );
        }
        for (forecast, baselines, came, repeated) in &morning.totals {
            let scored = Scored {
                point: forecast.median(),
                quantiles: forecast.quantiles,
                came: *came,
                repeated: *repeated,
            };
            let size = [20.0, 80.0]
                .iter()
                .filter(|edge| forecast.mean() >= **edge)
                .count();
            totals.add(forecast.days, size, &scored, *baselines);
        }
    });
    showtimes.print("showtimes");
    totals.print("works by territory and day");
    for (title, table) in [("showtimes", &showtimes), ("works", &totals)] {
        let ratio = table.week.ratio();
        assert!(
            ratio <= 0.80,
            "{title}: T-1 to T-7 is {ratio:.3} of the best baseline"
        );
        for (days, beside) in &table.days {
            let ratio = beside.ratio();
            assert!(
                ratio <= 1.05,
                "{title}: T-{days} is {ratio:.3} of the best baseline"
            );
        }
        assert_covers(title, &table.all);
    }
    for (size, accuracy) in showtimes
        .sizes
        .iter()
        .filter(|(_, accuracy)| accuracy.count() >= MIN_OF_SIZE)
    {
        assert_covers(&format!("showtimes of size {size}"), accuracy);
    }
}
