//! Showtimes of which their source says that there is no such thing.

use super::*;

const MINUTE: u64 = 60;

/// A showtime of tomorrow.
fn shown() -> Task {
    Task {
        starts_at: Some(at(86_400).into()),
        ..task(1, 1, at(0))
    }
}

/// Lets the task fail at these seconds; the first is failure number `attempt` in a row.
fn fail(schedule: &mut Schedule, attempt: i16, failures: &[(u64, ErrorClass)]) {
    for (attempt, &(seconds, class)) in (attempt..).zip(failures) {
        let job = EndedJob {
            attempt,
            ..ended(1, Outcome::Failed, Some(class), at(seconds))
        };
        schedule.learn(&[job], at(seconds), || 0.0);
    }
}

fn is_given_up(schedule: &mut Schedule) -> bool {
    let decided = schedule.take_decisions();
    assert_eq!(decided.len(), 1);
    assert_eq!(decided[0].retired, schedule.counts().tasks == 0);
    decided[0].retired
}

#[test]
fn a_404_after_failures_of_other_kinds_gives_up_nothing() {
    let mut schedule = schedule(&[shown()]);
    let failures = [
        (0, ErrorClass::Timeout),
        (31 * MINUTE, ErrorClass::Unavailable),
        (62 * MINUTE, ErrorClass::Missing),
    ];
    fail(&mut schedule, 1, &failures);
    assert!(!is_given_up(&mut schedule));
}

#[test]
fn a_burst_of_404_gives_up_nothing() {
    let mut schedule = schedule(&[shown()]);
    let burst: Vec<_> = (0..9).map(|n| (n * 5, ErrorClass::Missing)).collect();
    fail(&mut schedule, 1, &burst);
    assert!(!is_given_up(&mut schedule));
}

#[test]
fn an_answer_between_begins_the_row_again() {
    let mut schedule = schedule(&[shown()]);
    let missing = ErrorClass::Missing;
    fail(&mut schedule, 1, &[(0, missing), (20 * MINUTE, missing)]);
    let answered = ended(1, Outcome::Succeeded, None, at(25 * MINUTE));
    schedule.learn(&[answered], at(25 * MINUTE), || 0.0);
    fail(
        &mut schedule,
        1,
        &[
            (31 * MINUTE, missing),
            (32 * MINUTE, missing),
            (33 * MINUTE, missing),
        ],
    );
    assert!(!is_given_up(&mut schedule));
}

/// What was counted is in the row, for the next leader.
#[test]
fn a_row_of_404_goes_on_under_another_leader() {
    let mut first = schedule(&[shown()]);
    let missing = ErrorClass::Missing;
    fail(&mut first, 1, &[(0, missing), (10 * MINUTE, missing)]);
    let decided = first.take_decisions().remove(0);
    assert_eq!(
        (decided.misses, decided.missing_since),
        (2, Some(at(0).into()))
    );
    let row = Task {
        misses: decided.misses,
        missing_since: decided.missing_since,
        failures: decided.failures,
        ..shown()
    };
    let mut second = schedule(&[row]);
    fail(&mut second, 3, &[(30 * MINUTE, missing)]);
    assert!(is_given_up(&mut second));
}

/// A listing moved it, and the leader reads its row before it has written what it decided.
#[test]
fn a_showtime_that_moves_while_it_is_given_up_is_scheduled() {
    let missing = ErrorClass::Missing;
    let row = [(0, missing), (15 * MINUTE, missing), (30 * MINUTE, missing)];
    let mut moved = schedule(&[shown()]);
    fail(&mut moved, 1, &row);
    moved.set_tasks(&[Task {
        starts_at: Some(at(90_000).into()),
        ..shown()
    }]);
    assert_eq!(moved.take_decisions(), []);
    assert_eq!(ids(&moved.top_up(at(31 * MINUTE), 9)), [1]);

    let mut same = schedule(&[shown()]);
    fail(&mut same, 1, &row);
    same.set_tasks(&[shown()]);
    assert!(is_given_up(&mut same));
}
