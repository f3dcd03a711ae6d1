//! Which showtime gets the permit.

use super::*;

/// A seats task of step 1 that was looked at five minutes before `due_at`, beside what its
/// own looks saw sold.
fn watched(task_id: i64, due_at: DbTime, sales: f32) -> Task {
    Task {
        starts_at: Some((due_at + 3_600 * SECOND).into()),
        looked_at: Some(due_at.before(300 * SECOND).into()),
        film_id: Some(1),
        cinema_id: Some(1),
        sales,
        exposure: 10.0,
        sold: Some(20),
        ..task(task_id, 1, due_at)
    }
}

/// A schedule with one step whose floor is an hour.
fn watching(tasks: &[Task]) -> Schedule {
    let mut schedule = schedule(&[]);
    let hourly = Step {
        every: 3_600 * SECOND,
        ..step(1, 30)
    };
    schedule.set_steps(vec![hourly], at(0));
    schedule.set_tasks(tasks);
    schedule
}

#[test]
fn the_permit_goes_to_the_showtime_that_sells_most() {
    let tasks = [
        watched(1, at(0), 1.0),
        watched(2, at(5), 90.0),
        watched(3, at(3), 20.0),
    ];
    assert_eq!(ids(&watching(&tasks).top_up(at(10), 2)), [2, 3]);
    let mut by_interval = Schedule::new(Policy::Interval);
    by_interval.set_limits(&[limit(1)], at(0));
    by_interval.set_steps(vec![step(1, 30)], at(0));
    by_interval.set_tasks(&tasks);
    assert_eq!(ids(&by_interval.top_up(at(10), 2)), [1, 3]);
}

#[test]
fn a_weight_counts_as_many_sales() {
    let other = Task {
        film_id: Some(2),
        ..watched(2, at(0), 10.0)
    };
    let mut schedule = watching(&[watched(1, at(0), 10.0), other]);
    schedule.set_weights(Weights {
        films: HashMap::from([(2, 3.0)]),
        ..Weights::default()
    });
    assert_eq!(ids(&schedule.top_up(at(10), 1)), [2]);
}

#[test]
fn a_look_that_somebody_called_for_comes_before_what_sells() {
    let called = Task {
        due_at: at(7).into(),
        ..watched(2, at(0), 0.0)
    };
    let mut schedule = watching(&[watched(1, at(0), 90.0), called]);
    assert_eq!(ids(&schedule.top_up(at(10), 1)), [2]);
}
