#![allow(clippy::unwrap_used)]

mod limits;
mod moved;

use std::{collections::VecDeque, time::Duration};

use chrono::{DateTime, Utc};
use schema::{queue::Ready, word::Health};

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
        learnt_from: None,
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
        sold: None,
        error: None,
        outcome,
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
    let refused = |seconds| {
        [ended(
            1,
            Outcome::Failed,
            Some(ErrorClass::Refused),
            at(seconds),
        )]
    };
    for seconds in [1, 2] {
        assert_eq!(
            schedule
                .learn(&refused(seconds), at(seconds), || 0.0)
                .blocked,
            []
        );
    }
    assert_eq!(
        schedule.learn(&refused(3), at(3), || 0.0).blocked,
        [("chain".to_owned(), ErrorClass::Refused)]
    );
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

/// A job of task `task_id` whose answer could not be used, or could.
fn answered(task_id: i64, is_usable: bool, now: Moment) -> EndedJob {
    let (outcome, class) = if is_usable {
        (Outcome::Succeeded, None)
    } else {
        (Outcome::Failed, Some(ErrorClass::Unexpected))
    };
    EndedJob {
        error: (!is_usable).then(|| "it cannot be true".to_owned()),
        ..ended(task_id, outcome, class, now)
    }
}

/// Three tasks of step 1 failed at 10 s, and one of step 2 is due.
fn quarantined() -> Schedule {
    let tasks: Vec<Task> = (1..=6).map(|id| task(id, 1, at(0))).collect();
    let mut schedule = schedule(&tasks);
    schedule.set_tasks(&[task(9, 2, at(0))]);
    let failed: Vec<_> = (1..=3).map(|id| answered(id, false, at(10))).collect();
    schedule.learn(&failed, at(10), || 0.0);
    schedule
}

#[test]
fn a_step_in_quarantine_is_held_and_the_others_go_on() {
    let mut schedule = quarantined();
    let changes = schedule.take_health();
    let healths = |(step_id, changes): &(i32, VecDeque<Change>)| {
        let healths: Vec<Health> = changes.iter().map(|change| change.health).collect();
        (*step_id, healths)
    };
    assert_eq!(
        changes.iter().map(healths).collect::<Vec<_>>(),
        [(1, vec![Health::Degraded, Health::Quarantined])]
    );
    assert_eq!(ids(&schedule.top_up(at(15), 10)), [9]);
    assert_eq!(schedule.source_health()["chain"], "quarantined");
}

#[test]
fn probes_go_one_at_a_time_and_ever_more_seldom_while_they_fail() {
    let mut schedule = quarantined();
    let mut sent = Vec::new();
    for second in 11..=100 {
        let chosen = schedule.top_up(at(second), 10);
        place(&mut schedule, &chosen, at(second));
        for probe in chosen.iter().filter(|ready| ready.limit_key_id == 1) {
            sent.push(second);
            let failed = answered(probe.task_id, false, at(second));
            schedule.learn(&[failed], at(second), || 0.0);
        }
    }
    assert_eq!(sent, [20, 30, 50, 80]);
}

#[test]
fn clean_probes_end_the_quarantine_within_seconds() {
    let mut schedule = quarantined();
    schedule.take_health();
    let mut sent = Vec::new();
    for second in 11..=30 {
        let chosen = schedule.top_up(at(second), 10);
        place(&mut schedule, &chosen, at(second));
        for probe in chosen.iter().filter(|ready| ready.limit_key_id == 1) {
            sent.push(second);
            let clean = answered(probe.task_id, true, at(second));
            schedule.learn(&[clean], at(second), || 0.0);
        }
    }
    assert_eq!(sent[..5], [20, 21, 22, 23, 24]);
    let changes = schedule.take_health();
    assert_eq!(changes[0].1[0].health, Health::Healthy);
    assert_eq!(schedule.source_health()["chain"], "healthy");
}

#[test]
fn what_a_person_accepted_opens_the_step_at_once() {
    let mut schedule = quarantined();
    schedule.take_health();
    let accepted = Step {
        learnt_from: Some(at(11).into()),
        ..step(1, 30)
    };
    schedule.set_steps(vec![accepted], at(12));
    assert_eq!(
        schedule.top_up(at(12), 10).len(),
        4,
        "three held, and step 2"
    );
    let before = answered(4, false, at(10));
    schedule.learn(&[before], at(13), || 0.0);
    assert!(schedule.take_health().is_empty(), "it was set aside");
}

#[test]
fn a_new_leader_goes_on_with_the_quarantine_it_finds() {
    let mut schedule = Schedule::default();
    schedule.set_limits(&[limit(1)], at(0));
    let known = Step {
        health: Health::Quarantined,
        ..step(1, 30)
    };
    schedule.set_steps(vec![known], at(5));
    schedule.set_tasks(&[task(1, 1, at(0)), task(2, 1, at(0))]);
    assert_eq!(schedule.top_up(at(10), 10).len(), 1, "a probe");
    assert!(schedule.take_health().is_empty(), "nothing has changed");
}

/// A seats task of step 1 that was looked at five minutes before `due_at`, beside what its
/// own looks saw sold.
fn watched(task_id: i64, due_at: Moment, sales: f32) -> Task {
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
