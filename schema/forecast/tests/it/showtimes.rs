//! Forecasts against baselines, over eight weeks of a simulated world.

use std::collections::BTreeMap;

use forecast::{Accuracy, BASELINES, Scored, size_class};

use crate::{
    rolling::{FIRST_SCORED, roll, scale},
    world::World,
};

/// Accuracy of the forecasts and of each baseline, by days ahead.
#[derive(Default)]
struct Table {
    days: BTreeMap<i64, (Accuracy, [Accuracy; 4])>,
    sizes: BTreeMap<usize, Accuracy>,
}

impl Table {
    fn add(&mut self, days: i64, size: usize, scored: &Scored, baselines: [f64; 4]) {
        let (ours, theirs) = self.days.entry(days).or_default();
        ours.add(scored);
        for (accuracy, point) in theirs.iter_mut().zip(baselines) {
            accuracy.add(&Scored { point, ..*scored });
        }
        if days >= 1 {
            self.sizes.entry(size).or_default().add(scored);
        }
    }

    fn print(&self, title: &str) {
        println!("{title}");
        for (days, (ours, theirs)) in &self.days {
            print!("T-{days:<2} n {:<6} WAPE {:.3} bias {:+.3} 80 % {:.3} 95 % {:.3}", ours.count(), ours.wape(), ours.bias(), ours.coverage_80(), ours.coverage_95());
            for (name, accuracy) in BASELINES.iter().zip(theirs) {
                print!(" | {name} {:.3}", accuracy.wape());
            }
            println!(" | {:+.1} %", 100.0 * (ours.wape() / best(theirs) - 1.0));
        }
        for (size, a) in &self.sizes {
            println!("size {size}: n {} WAPE {:.3} 80 % {:.3} 95 % {:.3}", a.count(), a.wape(), a.coverage_80(), a.coverage_95());
        }
    }
}

fn best(baselines: &[Accuracy; 4]) -> f64 {
    baselines.iter().map(Accuracy::wape).fold(f64::INFINITY, f64::min)
}

#[test]
fn showtimes_are_forecast_better_than_by_any_baseline() {
    let start = std::time::Instant::now();
    let mut world = World::simulate(scale());
    let (mut showtimes, mut totals) = (Table::default(), Table::default());
    roll(&mut world, |morning| {
        if morning.day < FIRST_SCORED {
            return;
        }
        for (forecast, baselines, came) in &morning.showtimes {
            let scored = Scored { point: forecast.median(), quantiles: forecast.quantiles, came: *came, repeated: None };
            showtimes.add(forecast.days, size_class(forecast.mean), &scored, *baselines);
        }
        for (forecast, baselines, came) in &morning.totals {
            let scored = Scored { point: forecast.median(), quantiles: forecast.quantiles, came: *came, repeated: None };
            let size = [50.0, 200.0, 600.0].iter().filter(|edge| forecast.mean >= **edge).count();
            totals.add(forecast.days, size, &scored, *baselines);
        }
    });
    showtimes.print("showtimes");
    totals.print("work x territory x day");
    println!("{:?}", start.elapsed());
}
