//! One step after the other, as the leader makes them, without a database.

use schema::{
    enums::RequestedAction,
    limit::Reservation,
    task::{Done, RequestedTask},
};

use super::*;

/// Inputs at a time at which ten agents are free.
fn inputs(seconds: u64) -> Inputs {
    Inputs::at(at(seconds), 10)
}

fn step_with(schedule: &mut Schedule, inputs: Inputs) -> Effects {
    schedule.step(inputs, || 0.0)
}

fn tasks(count: i64) -> Vec<Task> {
    (1..=count).map(|id| task(id, 1, at(0))).collect()
}

/// Makes a step, and places all that it chose.
fn placing(schedule: &mut Schedule, seconds: u64) -> Vec<i64> {
    let effects = step_with(schedule, inputs(seconds));
    place(schedule, &effects.enqueue, at(seconds));
    ids(&effects.enqueue)
}

#[test]
fn a_step_that_has_nothing_to_do_has_no_effects() {
    let mut schedule = schedule(&[task(1, 1, at(99))]);
    assert_eq!(
        step_with(&mut schedule, inputs(10)),
        Effects::default(),
        "the task is not due"
    );
}

#[test]
fn what_ended_makes_room_in_the_same_step() {
    let mut schedule = schedule(&tasks(3));
    let one_agent = |seconds| Inputs::at(at(seconds), 1);
    let effects = step_with(&mut schedule, one_agent(10));
    assert_eq!(ids(&effects.enqueue), [1]);
    place(&mut schedule, &effects.enqueue, at(10));
    assert_eq!(step_with(&mut schedule, one_agent(11)).enqueue, []);
    let effects = step_with(
        &mut schedule,
        Inputs {
            ended: vec![ended(1, Outcome::Succeeded, None, at(12))],
            ..one_agent(12)
        },
    );
    assert_eq!(ids(&effects.enqueue), [2]);
    assert_eq!(effects.decisions[0].task_id, 1);
}

#[test]
fn a_little_more_is_placed_than_there_are_agents() {
    let mut schedule = schedule(&[]);
    let roomy = LimitKey {
        rate_per_second: 100.0,
        burst: 500,
        ..limit(1)
    };
    schedule.set_limits(&[roomy], at(0));
    schedule.set_tasks(&tasks(50));
    assert_eq!(placing(&mut schedule, 10).len(), 11);
}

/// A failed statement loses nothing: what it should have written is named again.
#[test]
fn effects_that_were_not_written_are_named_again() {
    let mut schedule = schedule(&tasks(6));
    let placed = placing(&mut schedule, 10);
    let failed = |id, class| EndedJob {
        attempt: 1,
        http_status: Some(503),
        ..ended(id, Outcome::Failed, Some(class), at(11))
    };
    let mut learning = inputs(11);
    learning.due.limits = true;
    learning.ended = placed[..3]
        .iter()
        .map(|id| failed(*id, ErrorClass::Refused))
        .collect();
    learning
        .ended
        .push(failed(placed[3], ErrorClass::Unavailable));
    learning
        .ended
        .push(failed(placed[4], ErrorClass::Malformed));
    let effects = step_with(&mut schedule, learning);
    let lost = Effects {
        blocked: effects.blocked.clone(),
        health: effects.health.clone(),
        shares: effects.shares.clone(),
        decisions: effects.decisions.clone(),
        ..Effects::default()
    };
    assert_eq!(
        (lost.blocked.len(), lost.health.len(), lost.shares.len()),
        (1, 1, 1)
    );
    assert_eq!(lost.decisions.len(), 5);
    schedule.return_effects(effects, at(11));

    let mut again = inputs(11);
    again.due.limits = true;
    let again = step_with(&mut schedule, again);
    assert_eq!(
        (&again.blocked, &again.health, &again.shares),
        (&lost.blocked, &lost.health, &lost.shares)
    );
    assert_eq!(again.decisions.len(), 5);
    let none_left = step_with(&mut schedule, inputs(11));
    assert_eq!(none_left.blocked.len() + none_left.decisions.len(), 0);
}

#[test]
fn tasks_that_were_not_sent_to_the_database_are_ready_again() {
    let mut schedule = schedule(&tasks(2));
    let effects = step_with(&mut schedule, inputs(10));
    assert_eq!(ids(&effects.enqueue), [1, 2]);
    assert_eq!(step_with(&mut schedule, inputs(10)).enqueue, []);
    schedule.return_effects(effects, at(10));
    assert_eq!(placing(&mut schedule, 11), [1, 2]);
}

#[test]
fn jobs_that_could_not_be_taken_back_are_named_again_after_a_while() {
    let mut schedule = schedule(&tasks(1));
    assert_eq!(placing(&mut schedule, 10), [1]);
    let effects = step_with(&mut schedule, inputs(20));
    assert_eq!(effects.take_back, [1001]);
    schedule.return_effects(effects, at(20));
    assert_eq!(step_with(&mut schedule, inputs(24)).take_back, [0; 0]);
    assert_eq!(step_with(&mut schedule, inputs(25)).take_back, [1001]);
    schedule.taken_back(&[1001]);
    assert_eq!(placing(&mut schedule, 26), [1]);
}

#[test]
fn jobs_that_left_no_trace_are_placed_again_in_the_same_step() {
    let mut schedule = schedule(&tasks(2));
    assert_eq!(placing(&mut schedule, 10), [1, 2]);
    let mut sweeping = inputs(11);
    sweeping.sweep = Some(Sweep {
        ended: vec![ended(1, Outcome::Succeeded, None, at(11))],
        vanished: vec![1002],
    });
    let effects = step_with(&mut schedule, sweeping);
    assert_eq!(ids(&effects.enqueue), [2]);
    assert_eq!(effects.decisions.len(), 1);
}

#[test]
fn a_budget_is_set_aside_in_one_step_and_spent_in_the_next() {
    let daily = LimitKey {
        per_day: Some(100),
        zone: Some("UTC".to_owned()),
        ..limit(1)
    };
    let mut schedule = schedule(&[]);
    schedule.set_limits(&[daily], at(0));
    schedule.set_tasks(&tasks(9));
    let effects = step_with(&mut schedule, inputs(10));
    assert_eq!(effects.enqueue, []);
    let reserved = |one: &Reservation| one.reserved;
    let reserved: Vec<i32> = effects.reservations.iter().map(reserved).collect();
    assert_eq!(reserved, [2], "a fiftieth of the budget");
    schedule.reserved(&effects.reservations[0]);
    assert_eq!(placing(&mut schedule, 11).len(), 2);
}

#[test]
fn a_new_definition_is_news_until_a_step_has_taken_it() {
    let mut schedule = schedule(&tasks(2));
    let redefined = || Step {
        definition_id: 2,
        ..step(1, 30)
    };
    assert_eq!(schedule.changed_sources(&[redefined()]), [1]);
    let mut polling = inputs(10);
    polling.steps = Some(vec![redefined()]);
    polling.source_tasks = vec![(1, vec![task(2, 1, at(0))])];
    let effects = step_with(&mut schedule, polling);
    assert_eq!(ids(&effects.enqueue), [2], "the other was retired");
    assert_eq!(schedule.changed_sources(&[redefined()]), [0; 0]);
}

#[test]
fn a_request_is_carried_out_in_the_step_that_takes_it() {
    let mut schedule = schedule(&[task(1, 1, at(1_000))]);
    let mut asking = inputs(10);
    asking.requests = Some(Done {
        asked: vec![RequestedTask {
            task: task(1, 1, at(1_000)),
            is_scheduled: true,
            action: RequestedAction::Run,
        }],
        unqueued: Vec::new(),
    });
    assert_eq!(ids(&step_with(&mut schedule, asking).enqueue), [1]);
}

#[test]
fn curves_and_the_size_of_the_fleet_are_given_when_they_are_due() {
    let mut schedule = schedule(&tasks(1));
    let mut asking = inputs(10);
    asking.due.curves = true;
    asking.due.limits = true;
    let effects = step_with(&mut schedule, asking);
    assert_eq!(effects.curves, [], "nothing was learnt");
    assert!(effects.agents_wanted.is_some_and(|agents| agents > 0.0));
    assert_eq!(step_with(&mut schedule, inputs(11)).agents_wanted, None);
}
