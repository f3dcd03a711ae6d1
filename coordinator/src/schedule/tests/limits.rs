//! What holds tasks back, and what a person may ask, through the whole schedule.

use chrono::{NaiveDate, NaiveTime};
use schema::{
    enums::RequestedAction,
    task::{Done, RequestedTask},
};

use super::*;

fn with_limit(limit: LimitKey, tasks: &[Task]) -> Schedule {
    let mut schedule = Schedule::default();
    schedule.set_limits(&[limit], at(0));
    schedule.set_steps(vec![step(1, 30)], at(0));
    schedule.set_tasks(tasks);
    schedule
}

fn many(count: i64) -> Vec<Task> {
    (1..=count).map(|id| task(id, 1, at(0))).collect()
}

/// Asks for what the budgets need, as if the database had written it.
fn reserve(schedule: &mut Schedule, now: DbTime) -> Vec<i32> {
    let wanted = schedule.reservations(now);
    for reservation in &wanted {
        schedule.reserved(reservation);
    }
    wanted.iter().map(|wanted| wanted.reserved).collect()
}

fn asked(task_id: i64, action: RequestedAction, is_scheduled: bool) -> Done {
    Done {
        asked: vec![RequestedTask {
            task: task(task_id, 1, at(0)),
            is_scheduled,
            action,
        }],
        unqueued: Vec::new(),
    }
}

fn lost(task_id: i64, deaths: i16, now: DbTime) -> EndedJob {
    EndedJob {
        deaths: Some(deaths),
        requests: 0,
        ..ended(task_id, Outcome::Lost, None, now)
    }
}

/// Invariant 3, by the day: a job that sent nothing does not count.
#[test]
fn no_more_than_the_budget_of_the_day_is_placed() {
    let daily = LimitKey {
        per_day: Some(3),
        zone: Some("UTC".to_owned()),
        ..limit(1)
    };
    let mut schedule = with_limit(daily, &many(9));
    assert_eq!(
        ids(&schedule.top_up(at(10), 9)),
        [0_i64; 0],
        "nothing is set aside"
    );
    let mut placed = 0;
    for second in 10..40 {
        reserve(&mut schedule, at(second));
        let chosen = schedule.top_up(at(second), 9);
        placed += chosen.len();
        place(&mut schedule, &chosen, at(second));
        if second == 20 {
            let unsent = EndedJob {
                requests: 0,
                ..ended(1, Outcome::Returned, None, at(second))
            };
            schedule.learn(&[unsent], at(second), || 0.0);
        }
    }
    assert_eq!(placed, 4, "three, and again the one that sent nothing");
    // The clock begins at 22:13:20.
    let tomorrow = 7_000;
    reserve(&mut schedule, at(tomorrow));
    assert_eq!(schedule.top_up(at(tomorrow), 9).len(), 1);
}

/// Invariant 3: what a former leader set aside is spent.
#[test]
fn a_new_leader_takes_what_was_set_aside_for_spent() {
    let daily = LimitKey {
        per_day: Some(3),
        zone: Some("UTC".to_owned()),
        day_on: NaiveDate::from_ymd_opt(2023, 11, 14),
        day_reserved: 2,
        ..limit(1)
    };
    let mut schedule = with_limit(daily, &many(9));
    schedule.top_up(at(10), 9);
    assert_eq!(reserve(&mut schedule, at(10)), [3]);
    assert_eq!(schedule.top_up(at(11), 9).len(), 1);
}

#[test]
fn nothing_is_placed_outside_the_hours() {
    let nights = LimitKey {
        opens_at: NaiveTime::from_hms_opt(23, 0, 0),
        closes_at: NaiveTime::from_hms_opt(23, 30, 0),
        zone: Some("UTC".to_owned()),
        ..limit(1)
    };
    let mut schedule = with_limit(nights, &many(9));
    assert_eq!(schedule.top_up(at(2_799), 9), []);
    assert!(!schedule.top_up(at(2_800), 9).is_empty());
    assert_eq!(
        schedule.top_up(at(4_599), 9),
        [],
        "it might arrive too late"
    );
}

#[test]
fn a_source_that_complains_is_given_half() {
    let mut schedule = schedule(&many(200));
    schedule.top_up(at(100), 200);
    let chosen = schedule.top_up(at(101), 200);
    place(&mut schedule, &chosen, at(101));
    let full = chosen.len();
    let complaint = EndedJob {
        http_status: Some(503),
        ..ended(
            chosen[0].task_id,
            Outcome::Failed,
            Some(ErrorClass::Unavailable),
            at(102),
        )
    };
    schedule.learn(&[complaint], at(102), || 0.0);
    let changes = schedule.take_shares();
    assert_eq!(changes.len(), 1);
    assert!((changes[0].1.share - 0.5).abs() < 1e-9);
    assert_eq!(schedule.counts().slowed_keys, 1);
    schedule.top_up(at(103), 200);
    assert!(schedule.top_up(at(104), 200).len() * 2 <= full + 1);
}

#[test]
fn a_suspect_of_two_deaths_runs_while_no_other_does() {
    let mut schedule = schedule(&many(3));
    let chosen = schedule.top_up(at(10), 9);
    place(&mut schedule, &chosen, at(10));
    let all_lost: Vec<EndedJob> = [(1, 2), (2, 2), (3, 1)]
        .map(|(id, deaths)| lost(id, deaths, at(11)))
        .into();
    schedule.learn(&all_lost, at(11), || 0.0);
    let mut order = Vec::new();
    for second in 12..20 {
        let chosen = schedule.top_up(at(second), 9);
        assert!(chosen.len() <= 1, "no two suspects at once");
        place(&mut schedule, &chosen, at(second));
        for ready in &chosen {
            order.push(ready.task_id);
            let job = ended(ready.task_id, Outcome::Succeeded, None, at(second));
            schedule.learn(&[job], at(second), || 0.0);
        }
    }
    order.sort_unstable();
    assert_eq!(order, [1, 2, 3]);
}

#[test]
fn the_third_death_isolates_a_task_until_it_is_released() {
    let mut schedule = schedule(&many(1));
    let chosen = schedule.top_up(at(10), 9);
    place(&mut schedule, &chosen, at(10));
    let learned = schedule.learn(&[lost(1, 3, at(11))], at(11), || 0.0);
    assert_eq!(learned.isolated.len(), 1);
    assert_eq!(schedule.counts().tasks, 0);
    assert_eq!(schedule.take_decisions(), [], "the row says it already");
    schedule.apply(&asked(1, RequestedAction::Release, true), at(12));
    assert_eq!(ids(&schedule.top_up(at(13), 9)), [1]);
}

#[test]
fn what_a_person_wants_now_goes_before_all_others() {
    let mut tasks = many(3);
    tasks[2].due_at = at(1_000).into();
    let mut schedule = schedule(&tasks);
    schedule.apply(&asked(3, RequestedAction::Run, true), at(10));
    assert_eq!(ids(&schedule.top_up(at(10), 1)), [3]);
}

#[test]
fn a_cancelled_run_is_due_again_after_its_interval_and_a_retired_task_never() {
    let mut schedule = schedule(&many(2));
    let chosen = schedule.top_up(at(10), 9);
    place(&mut schedule, &chosen, at(10));
    schedule.apply(&asked(2, RequestedAction::Retire, false), at(11));
    let cancelled = [1, 2].map(|id| ended(id, Outcome::Cancelled, None, at(11)));
    schedule.learn(&cancelled, at(11), || 0.0);
    let decided = schedule.take_decisions();
    assert_eq!(decided.len(), 1);
    assert!(decided[0].task_id == 1 && decided[0].due_at > at(11).into() && !decided[0].survived);
    assert_eq!(schedule.outstanding(), 0);
}

#[test]
fn what_was_cancelled_in_the_queue_is_due_again_after_its_interval() {
    let mut schedule = schedule(&many(1));
    schedule.apply(&asked(1, RequestedAction::Run, true), at(10));
    let chosen = schedule.top_up(at(10), 9);
    place(&mut schedule, &chosen, at(10));
    let done = Done {
        unqueued: vec![1001],
        ..asked(1, RequestedAction::Cancel, true)
    };
    schedule.apply(&done, at(11));
    assert_eq!(schedule.outstanding(), 0);
    assert_eq!(schedule.top_up(at(70), 9), []);
    assert_eq!(ids(&schedule.top_up(at(71), 9)), [1]);
}

#[test]
fn agents_are_wanted_for_what_the_limits_permit() {
    let mut schedule = schedule(&many(1_000));
    let chosen = schedule.top_up(at(10), 1_000);
    place(&mut schedule, &chosen, at(10));
    // Ten a second, and a second each until it is known better.
    let wanted = schedule.agents_wanted(at(10));
    assert!((wanted - 10.0).abs() < 1e-9, "{wanted}");
    let paused = LimitKey {
        paused_until: Some(at(1_000).into()),
        ..limit(1)
    };
    schedule.set_limits(&[paused], at(10));
    let busy = f64::from(u32::try_from(chosen.len()).unwrap());
    assert!((schedule.agents_wanted(at(10)) - busy).abs() < 1e-9);
}
