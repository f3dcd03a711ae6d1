//! What the end of a job teaches.

use super::*;

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

/// Invariant 2: what was given back or lost is ready at once.
#[test]
fn a_lost_job_makes_its_task_ready_at_once() {
    let mut schedule = schedule(&[task(1, 1, at(0))]);
    let chosen = schedule.top_up(at(10), 9);
    place(&mut schedule, &chosen, at(10));
    schedule.learn(&[ended(1, Outcome::Lost, None, at(11))], at(11), || 0.0);
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
    assert_eq!(schedule.counts().open_breakers, 1);
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
/// if it does not come, any pod begins again.
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
