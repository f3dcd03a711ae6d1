//! What the detector does with what was found before, and with levels that shift.

use anomalies::{Anomaly, Cause, Known, Metric, Standing, detect};

use super::{observed::source, world::World};

/// A day on which nothing is wrong in this world.
const DAY: usize = 88;

fn of_chain(world: &World, chain: usize, known: &[Known]) -> Option<Anomaly> {
    let report = detect(&world.run(DAY, known));
    let mut anomalies = report.anomalies.into_iter();
    anomalies.find(|one| one.subject == source(chain))
}

fn known(standing: Standing, days: std::ops::RangeInclusive<usize>) -> Known {
    let day = |day: &usize| i32::try_from(*day).unwrap();
    Known {
        number: 7,
        subject: source(0),
        metric: Metric::Price,
        cause: Cause::PriceScale,
        standing,
        first_day: day(days.start()),
        last_day: day(days.end()),
    }
}

#[test]
fn a_rejected_one_is_quiet_and_an_open_one_goes_on() {
    let mut world = World::new(5, 200);
    world.prices[0][DAY] *= 100.0;
    let new = of_chain(&world, 0, &[]).unwrap();
    assert_eq!((new.cause, new.continues), (Cause::PriceScale, None));

    let open = known(Standing::Open, DAY - 1..=DAY - 1);
    assert_eq!(of_chain(&world, 0, &[open]).unwrap().continues, Some(7));

    let rejected = known(Standing::Rejected, DAY - 10..=DAY - 10);
    assert_eq!(of_chain(&world, 0, std::slice::from_ref(&rejected)), None);
    let report = detect(&world.run(DAY, &[rejected]));
    assert_eq!(report.quiet, 1);
}

/// Prices in cents for six weeks make cents the usual; accepted, those weeks do not train.
#[test]
fn accepted_days_leave_training() {
    let mut world = World::new(5, 200);
    for day in DAY - 42..=DAY {
        world.prices[0][day] *= 100.0;
    }
    assert_eq!(of_chain(&world, 0, &[]), None);
    let accepted = known(Standing::Accepted, DAY - 42..=DAY - 1);
    let found = of_chain(&world, 0, &[accepted]).unwrap();
    assert_eq!(found.cause, Cause::PriceScale);
    assert_eq!(found.continues, Some(7));
}

/// All seats read as sold for six weeks; accepted, those weeks are not what is usual.
#[test]
fn accepted_days_do_not_hide_the_cause() {
    let mut world = World::new(5, 200);
    for at in 0..world.cinemas.len() {
        if world.cinemas[at].source == 0 {
            for one in &mut world.days[at][DAY - 42..=DAY] {
                one.admissions = one.seats;
                one.sold = one.seats;
            }
        }
    }
    let accepted = Known {
        metric: Metric::Admissions,
        cause: Cause::SeatCodes,
        ..known(Standing::Accepted, DAY - 42..=DAY - 1)
    };
    let found = of_chain(&world, 0, &[accepted]).unwrap();
    assert_eq!((found.cause, found.continues), (Cause::SeatCodes, Some(7)));
}

/// Seven days of a coverage that is lower by less than a single day is reported for.
#[test]
fn a_level_that_shifts_a_little_is_found() {
    let mut world = World::new(5, 200);
    assert_eq!(of_chain(&world, 0, &[]), None);
    for day in DAY - 6..=DAY {
        for at in 0..world.cinemas.len() {
            if world.cinemas[at].source == 0 {
                world.days[at][day].seen *= 0.91;
            }
        }
    }
    let found = of_chain(&world, 0, &[]).unwrap();
    assert_eq!(found.cause, Cause::Coverage);
    assert!(
        found.reason.contains("another level for"),
        "{}",
        found.reason
    );
}

/// What lifts all sources of a territory is not the fault of one.
#[test]
fn a_day_that_is_strong_for_all_is_no_fault() {
    let mut world = World::new(5, 200);
    for days in &mut world.days {
        days[DAY].admissions = (days[DAY].admissions * 3.0).round();
        days[DAY].sold = (days[DAY].sold * 3.0).round();
    }
    let report = detect(&world.run(DAY, &[]));
    let causes: Vec<Cause> = report.anomalies.iter().map(|one| one.cause).collect();
    assert!(causes.contains(&Cause::MarketEvent), "{report:?}");
    assert!(causes.iter().all(|cause| !cause.is_fault()), "{report:?}");
}
