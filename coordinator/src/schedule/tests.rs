#![allow(clippy::unwrap_used)]

mod asked;
mod breaker;
mod given_up;
mod limits;
mod moved;
mod quarantine;
mod worth;

use std::{collections::VecDeque, time::Duration};

use chrono::{DateTime, Utc};
use schema::{
    queue::Ready,
    schedule::EndedJob,
    word::{ErrorClass, Health, Outcome, SourceState, Yields},
};

use super::*;
use crate::health::Change;

const SECOND: Duration = Duration::from_secs(1);

fn at(seconds: u64) -> Moment {
    Moment::from_micros(1_700_000_000_000_000) + Duration::from_secs(seconds)
}

fn step(step_id: i32, priority: i16) -> Step {
    Step {
        step_id,
        source_id: 1,
        source: "chain".to_owned(),
        state: SourceState::Active,
        definition_id: 1,
        limit_key_id: step_id,
        every: 60 * SECOND,
        timeout: 10 * SECOND,
        priority,
        yields: Yields::Seats,
        retired: false,
        name: "seats".to_owned(),
        health: Health::Healthy,
        health_reason: None,
        baseline_from: None,
        booking_curve: None,
    }
}

fn task(task_id: i64, step_id: i32, due_at: Moment) -> Task {
    Task {
        task_id,
        step_id,
        due_at: due_at.into(),
        starts_at: None,
        failures: 0,
        deaths: 0,
        gated: false,
        gate_changed_at: None,
        film_id: None,
        cinema_id: None,
        looked_at: None,
        sales: 0.0,
        exposure: 0.0,
        sold: None,
        missing_since: None,
        misses: 0,
    }
}

/// 10 a second, burst 21.
fn limit(limit_key_id: i32) -> LimitKey {
    LimitKey {
        limit_key_id,
        name: limit_key_id.to_string(),
        rate_per_second: 10.0,
        burst: 21,
        concurrency: None,
        paused_until: None,
        rate_share: 1.0,
        per_day: None,
        day_on: None,
        day_reserved: 0,
        opens_at: None,
        closes_at: None,
        zone: None,
    }
}

/// Two steps, each with a limit key of its own.
fn schedule(tasks: &[Task]) -> Schedule {
    let mut schedule = Schedule::default();
    schedule.set_limits(&[limit(1), limit(2)], at(0));
    schedule.set_steps(vec![step(1, 30), step(2, 20)], at(0));
    schedule.set_tasks(tasks);
    schedule
}

fn ids(chosen: &[Ready]) -> Vec<i64> {
    chosen.iter().map(|ready| ready.task_id).collect()
}

/// Places all that was chosen; job ids are the task ids plus 1000.
fn place(schedule: &mut Schedule, chosen: &[Ready], now: Moment) {
    let placed: Vec<Queued> = chosen
        .iter()
        .map(|ready| Queued {
            task_id: ready.task_id,
            job_id: ready.task_id + 1000,
        })
        .collect();
    schedule.placed(chosen, &placed, now);
}

fn ended(task_id: i64, outcome: Outcome, class: Option<ErrorClass>, now: Moment) -> EndedJob {
    EndedJob {
        ended_seq: 1,
        job_id: task_id + 1000,
        task_id,
        pod_id: 7,
        step_id: 1,
        unmapped: None,
        missing: None,
        sold: None,
        error: None,
        outcome,
        attempt: 1,
        error_class: class,
        changed: None,
        retry_after_seconds: None,
        row_count: None,
        fetch_micros: None,
        http_status: None,
        requests: 1,
        deaths: None,
        observed_at: (outcome == Outcome::Succeeded).then(|| now.into()),
        claimed_at: now.into(),
        finished_at: now.into(),
    }
}

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
fn a_looked_at_task_is_due_again_after_its_interval() {
    let mut schedule = schedule(&[task(1, 1, at(0))]);
    let chosen = schedule.top_up(at(10), 9);
    place(&mut schedule, &chosen, at(10));
    assert_eq!(schedule.outstanding(), 1);
    schedule.learn(
        &[ended(1, Outcome::Succeeded, None, at(12))],
        at(12),
        || 0.0,
    );
    assert_eq!(schedule.outstanding(), 0);
    assert_eq!(
        schedule.take_decisions()[0].due_at,
        DateTime::<Utc>::from(at(72))
    );
    assert_eq!(schedule.top_up(at(71), 9), []);
    assert_eq!(ids(&schedule.top_up(at(72), 9)), [1]);
}

#[test]
fn looks_that_were_stored_together_are_due_as_they_were_taken() {
    let mut schedule = schedule(&[task(1, 1, at(0)), task(2, 1, at(0))]);
    let chosen = schedule.top_up(at(10), 9);
    place(&mut schedule, &chosen, at(10));
    let stored = [(1, at(11)), (2, at(13))].map(|(task_id, seen_at)| EndedJob {
        observed_at: Some(seen_at.into()),
        ..ended(task_id, Outcome::Succeeded, None, at(15))
    });
    schedule.learn(&stored, at(15), || 0.0);
    assert_eq!(ids(&schedule.top_up(at(71), 9)), [1]);
    assert_eq!(ids(&schedule.top_up(at(73), 9)), [2]);
}

/// What a leader that takes over reads of the history is in the rows of the tasks as a rule.
#[test]
fn what_the_row_of_a_task_knows_is_not_learnt_again() {
    let known = Task {
        looked_at: Some(at(10).into()),
        failures: 2,
        ..task(1, 1, at(100))
    };
    let failed = |attempt, now| EndedJob {
        attempt,
        ..ended(1, Outcome::Failed, Some(ErrorClass::Refused), now)
    };
    let mut schedule = schedule(&[known]);
    let before = [
        ended(1, Outcome::Succeeded, None, at(10)),
        failed(1, at(11)),
        failed(2, at(12)),
    ];
    let learned = schedule.learn(&before, at(20), || 0.0);
    assert_eq!(
        (learned, schedule.take_decisions()),
        (Learned::default(), Vec::new())
    );
    let learned = schedule.learn(&[failed(3, at(13))], at(20), || 0.0);
    assert_eq!(learned.blocked, [], "one refusal is not three");
    assert_eq!(schedule.take_decisions()[0].failures, 3);
    schedule.learn(
        &[ended(1, Outcome::Succeeded, None, at(14))],
        at(20),
        || 0.0,
    );
    assert_eq!(schedule.take_decisions()[0].failures, 0);
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

/// Invariant 2: what was given back or lost is ready at once.
#[test]
fn a_lost_job_makes_its_task_ready_at_once() {
    let mut schedule = schedule(&[task(1, 1, at(0))]);
    let chosen = schedule.top_up(at(10), 9);
    place(&mut schedule, &chosen, at(10));
    schedule.learn(&[ended(1, Outcome::Lost, None, at(11))], at(11), || 0.0);
    assert_eq!(ids(&schedule.top_up(at(11), 9)), [1]);
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

/// Invariant 10: four failures in a row close the host off, others go on.
#[test]
fn a_host_in_trouble_is_left_alone_and_the_others_are_not() {
    let tasks: Vec<Task> = (1..=6).map(|id| task(id, 1, at(0))).collect();
    let mut schedule = schedule(&tasks);
    let chosen = schedule.top_up(at(10), 4);
    place(&mut schedule, &chosen, at(10));
    let timeout = |id: i64| ended(id, Outcome::Failed, Some(ErrorClass::Timeout), at(10));
    let failures: Vec<EndedJob> = ids(&chosen).into_iter().map(timeout).collect();
    schedule.learn(&failures, at(10), || 0.0);
    assert_eq!(schedule.census().open_breakers, 1);
    schedule.set_tasks(&[task(9, 2, at(0))]);
    assert_eq!(ids(&schedule.top_up(at(11), 9)), [9]);
    assert_eq!(
        schedule.top_up(at(20), 9).len(),
        1,
        "after the pause, one probe"
    );
    assert_eq!(schedule.top_up(at(21), 9), [], "and no second one");
}

#[test]
fn retry_after_pauses_the_whole_key() {
    let mut schedule = schedule(&[task(1, 1, at(0)), task(2, 1, at(0))]);
    let chosen = schedule.top_up(at(10), 1);
    place(&mut schedule, &chosen, at(10));
    let asked = EndedJob {
        retry_after_seconds: Some(30),
        ..ended(1, Outcome::Failed, Some(ErrorClass::Throttled), at(10))
    };
    schedule.learn(&[asked], at(10), || 0.0);
    assert_eq!(schedule.top_up(at(39), 9), []);
    assert_eq!(schedule.top_up(at(40), 9).len(), 2);
}

/// The pod that holds a conversation gets the next permit, before all others of its key;
/// if it does not come, any pod begins anew.
#[test]
fn a_conversation_goes_on_with_its_pod_until_that_is_gone() {
    let mut schedule = schedule(&[task(1, 1, at(0)), task(2, 1, at(0)), task(3, 1, at(0))]);
    let chosen = schedule.top_up(at(10), 2);
    assert_eq!(
        chosen.iter().map(|row| row.pod_id).collect::<Vec<_>>(),
        [None, None]
    );
    place(&mut schedule, &chosen, at(10));
    let job = ended(2, Outcome::Continued, None, at(11));
    schedule.learn(&[job], at(11), || 0.0);
    assert_eq!(schedule.take_decisions(), [], "it is due as before");
    let chosen = schedule.top_up(at(12), 1);
    assert_eq!((chosen[0].task_id, chosen[0].pod_id), (2, Some(7)));
    place(&mut schedule, &chosen, at(12));
    // A permit that ended first leaves the conversation where it is.
    schedule.learn(&[ended(2, Outcome::Returned, None, at(12))], at(12), || 0.0);
    let chosen = schedule.top_up(at(13), 1);
    assert_eq!((chosen[0].task_id, chosen[0].pod_id), (2, Some(7)));
    place(&mut schedule, &chosen, at(13));
    let expired = schedule.expired(at(60));
    assert!(expired.contains(&1002));
    schedule.taken_back(&[1002]);
    let chosen = schedule.top_up(at(60), 9);
    let again = chosen.iter().find(|row| row.task_id == 2).unwrap();
    assert_eq!(again.pod_id, None);
}

/// Invariant 11.
#[test]
fn a_source_that_refuses_three_times_is_to_be_blocked() {
    let mut schedule = schedule(&[task(1, 1, at(0))]);
    let mut refused = |attempt| {
        let job = EndedJob {
            attempt,
            ..ended(1, Outcome::Failed, Some(ErrorClass::Refused), at(9))
        };
        schedule.learn(&[job], at(9), || 0.0).blocked
    };
    assert_eq!(refused(1), []);
    assert_eq!(refused(2), []);
    assert_eq!(refused(3), [("chain".to_owned(), ErrorClass::Refused)]);
}

#[test]
fn a_job_that_ended_before_the_takeover_tells_when_its_task_ran() {
    let mut schedule = schedule(&[task(1, 1, at(0))]);
    schedule.learn(&[ended(1, Outcome::Succeeded, None, at(5))], at(10), || 0.0);
    assert_eq!(
        schedule.top_up(at(10), 9),
        [],
        "it ran at 5 and is due at 65"
    );
}

#[test]
fn a_decision_that_was_not_written_outlives_a_stale_row() {
    let mut schedule = schedule(&[task(1, 1, at(0))]);
    schedule.learn(&[ended(1, Outcome::Succeeded, None, at(5))], at(10), || 0.0);
    schedule.set_tasks(&[task(1, 1, at(0))]);
    assert_eq!(schedule.top_up(at(10), 9), []);
}
