//! Steps whose answers cannot be trusted.

use super::*;

/// A job of task `task_id` whose answer could not be used, or could.
fn answered(task_id: i64, is_usable: bool, now: DbTime) -> EndedJob {
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
    let healths = |(step_id, changes): &(i32, VecDeque<HealthChange>)| {
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
        baseline_from: Some(at(11).into()),
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
