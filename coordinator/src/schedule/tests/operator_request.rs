//! What a person asks for keeps its place.

use schema::{
    enums::RequestedAction,
    task::{Done, RequestedTask},
};

use super::*;

fn run(task: Task) -> Done {
    Done {
        asked: vec![RequestedTask {
            task,
            is_scheduled: true,
            action: RequestedAction::Run,
        }],
        unqueued: Vec::new(),
    }
}

/// Showtimes that were never seen are owed a look; the first of them starts at an hour.
fn showtimes() -> Vec<Task> {
    (1..=3)
        .map(|id| Task {
            starts_at: Some(at(3_600).into()),
            ..task(id, 1, at(0))
        })
        .collect()
}

/// The policy looks again at what competes when its urgency may have become a greater one.
#[test]
fn a_claim_that_grows_does_not_take_it() {
    let mut schedule = schedule(&[]);
    let hourly = Step {
        every: 3_600 * SECOND,
        ..step(1, 30)
    };
    schedule.set_steps(vec![hourly], at(0));
    let watched = Task {
        looked_at: Some(at(0).before(600 * SECOND).into()),
        starts_at: Some(at(86_400).into()),
        sales: 90.0,
        exposure: 10.0,
        sold: Some(20),
        ..task(1, 1, at(0))
    };
    schedule.set_tasks(&[watched, task(2, 1, at(0)), task(3, 1, at(0))]);
    assert_eq!(schedule.top_up(at(10), 0), []);
    schedule.apply(&run(watched), at(20));
    // An hour after its last look it is owed one, as the others are, and later than they.
    assert_eq!(schedule.top_up(at(3_100), 0), []);
    assert_eq!(ids(&schedule.top_up(at(3_101), 1)), [1]);
}

#[test]
fn looks_around_a_start_come_after_it() {
    let mut tasks = showtimes();
    tasks[2] = task(3, 1, at(100_000));
    let mut schedule = schedule(&tasks);
    schedule.apply(&run(tasks[2]), at(3_595));
    assert_eq!(ids(&schedule.top_up(at(3_599), 1)), [3]);
}

/// A listing touches the row, which was written back before a person asked.
#[test]
fn a_row_that_is_read_again_does_not_put_it_off() {
    let mut schedule = schedule(&[task(1, 1, at(100_000))]);
    schedule.apply(&run(task(1, 1, at(100_000))), at(10));
    schedule.set_tasks(&[task(1, 1, at(100_000))]);
    assert_eq!(ids(&schedule.top_up(at(11), 1)), [1]);
}

/// It is due in the database as well: the next leader knows by that alone.
#[test]
fn what_was_decided_before_is_not_written_over_it() {
    let mut schedule = schedule(&[task(1, 1, at(0))]);
    schedule.learn(&[ended(1, Outcome::Succeeded, None, at(5))], at(5), || 0.0);
    schedule.apply(&run(task(1, 1, at(10))), at(10));
    let decided = schedule.take_decisions();
    assert_eq!(decided[0].due_at, at(10).into());
}
