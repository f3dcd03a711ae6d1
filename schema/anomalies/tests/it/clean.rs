//! What the detector reports where nothing is wrong.
//!
//! By default this is one world of 1,000 cinemas, of seed 1. `ANOMALIES_SEEDS=20 cargo nextest run -p
//! anomalies clean --no-capture` prints each report of twenty; `ANOMALIES_FIRST_SEED=101` takes others.

use anomalies::{Cause, Known, Standing, detect};

use super::{
    cinemas, seeds,
    world::{DAYS, PAST_DAYS, World},
};

/// Alarms of a day in 1,000 cinemas at most: three times those of `schema/ANOMALIES.md`.
const MAX_ALARMS: f64 = 0.5;

#[test]
fn four_weeks_without_faults_have_few_alarms() {
    let mut alarms = 0.0;
    let mut days = 0.0;
    for seed in seeds(1) {
        let world = World::new(seed, cinemas(1_000));
        let mut known: Vec<Known> = Vec::new();
        let mut of_seed = 0.0;
        for day in PAST_DAYS..DAYS {
            let report = detect(&world.run(day, &known));
            days += 1.0;
            for one in report.anomalies {
                known.push(Known {
                    number: i32::try_from(known.len()).unwrap(),
                    subject: one.subject.clone(),
                    metric: one.metric,
                    cause: one.cause,
                    standing: Standing::Open,
                    first_day: i32::try_from(day).unwrap(),
                    last_day: i32::try_from(day).unwrap(),
                });
                if one.continues.is_none() {
                    of_seed += 1.0;
                    println!(
                        "seed {seed} day {day}: {} {:?} q {:.5}: {}",
                        one.subject, one.cause, one.q_value, one.reason
                    );
                }
            }
        }
        println!("seed {seed}: {of_seed} alarms in {} days", DAYS - PAST_DAYS);
        alarms += of_seed;
    }
    println!("{:.3} alarms a day for 1,000 cinemas", alarms / days);
    assert!(
        alarms / days <= MAX_ALARMS,
        "{alarms} alarms in {days} days"
    );
}

#[test]
fn the_order_of_series_does_not_matter() {
    let mut world = World::new(7, 200);
    world.prices[0][80] *= 3.0;
    world.prices[4][80] *= 100.0;
    let mut run = world.run(80, &[]);
    let report = detect(&run);
    run.series.reverse();
    assert_eq!(detect(&run), report);
    let scaled = |one: &&anomalies::Anomaly| one.cause == Cause::PriceScale;
    assert_eq!(report.anomalies.iter().filter(scaled).count(), 2);
}
