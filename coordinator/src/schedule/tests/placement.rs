//! Which tasks are chosen for the queue, and which come back.

use super::*;

#[test]
fn what_is_due_is_chosen_by_priority_and_then_by_age() {
    let tasks = [
        task(1, 1, at(3)),
        task(2, 1, at(1)),
        task(3, 2, at(9)),
        task(4, 1, at(99)),
    ];
    let mut schedule = schedule(&tasks);
    assert_eq!(ids(&schedule.top_up(at(10), 10)), [3, 2, 1]);
}

#[test]
fn a_task_runs_although_its_step_was_known_before_its_limit_key() {
    let mut schedule = schedule(&[]);
    schedule.set_steps(vec![step(3, 30)], at(0));
    schedule.set_tasks(&[task(1, 3, at(1))]);
    assert!(schedule.top_up(at(10), 10).is_empty());
    schedule.set_limits(&[limit(1), limit(2), limit(3)], at(10));
    assert_eq!(ids(&schedule.top_up(at(20), 10)), [1]);
}

/// Invariant 10: a backlog does not take the agents of the others.
#[test]
fn keys_of_equal_priority_share_scarce_agents_equally() {
    let mut schedule = schedule(&[]);
    schedule.set_steps(vec![step(1, 30), step(2, 30)], at(0));
    let backlog = (1..=6).map(|id| task(id, 1, at(0)));
    let fresh = (11..=16).map(|id| task(id, 2, at(9)));
    schedule.set_tasks(&backlog.chain(fresh).collect::<Vec<_>>());
    assert_eq!(ids(&schedule.top_up(at(10), 4)), [1, 11, 2, 12]);
}

#[test]
fn no_more_are_in_flight_than_the_key_allows() {
    let mut schedule = schedule(&[task(1, 1, at(0)), task(2, 1, at(0)), task(3, 1, at(0))]);
    let two = LimitKey {
        concurrency: Some(2),
        ..limit(1)
    };
    schedule.set_limits(&[two], at(0));
    let chosen = schedule.top_up(at(10), 9);
    assert_eq!(ids(&chosen), [1, 2]);
    place(&mut schedule, &chosen, at(10));
    assert_eq!(schedule.top_up(at(11), 9), []);
    schedule.learn(
        &[ended(1, Outcome::Succeeded, None, at(11))],
        at(11),
        || 0.0,
    );
    assert_eq!(ids(&schedule.top_up(at(11), 9)), [3]);
}

#[test]
fn no_more_is_chosen_than_there_is_room_for() {
    let mut schedule = schedule(&[task(1, 1, at(1)), task(2, 1, at(2))]);
    let first = schedule.top_up(at(10), 1);
    place(&mut schedule, &first, at(10));
    assert_eq!(ids(&first), [1]);
    assert_eq!(ids(&schedule.top_up(at(10), 1)), [2]);
}

#[test]
fn no_more_is_chosen_than_there_are_permits_for() {
    let tasks: Vec<Task> = (1..=50).map(|id| task(id, 1, at(0))).collect();
    let mut schedule = schedule(&tasks);
    let chosen = |schedule: &mut Schedule, seconds| schedule.top_up(at(seconds), 100).len();
    assert_eq!(
        chosen(&mut schedule, 0),
        0,
        "a new leader starts without permits"
    );
    assert_eq!(
        chosen(&mut schedule, 100),
        6,
        "the burst less what may arrive late"
    );
    assert_eq!(chosen(&mut schedule, 100), 0, "they are spent");
    assert_eq!(
        chosen(&mut schedule, 101),
        6,
        "no more than the bucket holds"
    );
}

#[test]
fn what_a_new_definition_retired_is_forgotten() {
    let mut schedule = schedule(&[task(1, 1, at(0)), task(2, 1, at(0))]);
    schedule.set_tasks_of(1, &[task(2, 1, at(0)), task(3, 1, at(0))]);
    let mut due = ids(&schedule.top_up(at(10), 9));
    due.sort_unstable();
    assert_eq!(due, [2, 3]);
}

/// A database that crashed gives numbers again that nobody had claimed.
#[test]
fn a_task_whose_number_became_anothers_is_ready_again() {
    let mut schedule = schedule(&[task(1, 1, at(0)), task(2, 1, at(0))]);
    for (task_id, now) in [(1, at(10)), (2, at(11))] {
        let chosen = schedule.top_up(now, 1);
        let placed = Queued {
            task_id,
            job_id: 1000,
        };
        assert_eq!(ids(&chosen), [task_id]);
        schedule.placed(&chosen, &[placed], now);
    }
    assert_eq!(ids(&schedule.top_up(at(12), 9)), [1]);
}

#[test]
fn what_expired_unclaimed_is_ready_again() {
    let mut schedule = schedule(&[task(1, 1, at(0))]);
    let chosen = schedule.top_up(at(10), 9);
    place(&mut schedule, &chosen, at(10));
    assert_eq!(schedule.expired(at(10)), [0_i64; 0]);
    assert_eq!(schedule.expired(at(20)), [1001]);
    assert_eq!(schedule.expired(at(20)), [0_i64; 0], "each is named once");
    schedule.taken_back(&[1001]);
    assert_eq!(ids(&schedule.top_up(at(20), 9)), [1]);
}

#[test]
fn a_paused_source_is_not_scheduled_and_a_resumed_one_is() {
    let mut schedule = schedule(&[task(1, 1, at(0))]);
    let paused = Step {
        state: SourceState::Paused,
        ..step(1, 30)
    };
    schedule.set_steps(vec![paused], at(0));
    assert_eq!(schedule.top_up(at(10), 9), []);
    schedule.set_steps(vec![step(1, 30)], at(0));
    assert_eq!(ids(&schedule.top_up(at(11), 9)), [1]);
}
