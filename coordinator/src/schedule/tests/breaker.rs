//! Which job is the probe of an open breaker.

use super::*;

/// Tasks 1 to 6 of step 1 were placed at 10 seconds; the first four failed. Until 20 seconds
/// the breaker is open, then task 7 is its probe.
fn probing() -> Schedule {
    let tasks: Vec<Task> = (1..=6).map(|id| task(id, 1, at(0))).collect();
    let mut schedule = schedule(&tasks);
    let chosen = schedule.top_up(at(10), 6);
    assert_eq!(chosen.len(), 6);
    place(&mut schedule, &chosen, at(10));
    let failures: Vec<EndedJob> = (1..=4).map(|id| timeout(id, 10)).collect();
    schedule.learn(&failures, at(10), || 1.0);
    assert_eq!(schedule.counts().open_breakers, 1);
    // Due first of all, and again at once when it comes back.
    schedule.set_tasks(&[task(7, 1, at(1))]);
    let chosen = schedule.top_up(at(20), 9);
    assert_eq!(chosen.len(), 1);
    assert_eq!(chosen[0].task_id, 7);
    place(&mut schedule, &chosen, at(20));
    schedule
}

fn timeout(task_id: i64, seconds: u64) -> EndedJob {
    ended(
        task_id,
        Outcome::Failed,
        Some(ErrorClass::Timeout),
        at(seconds),
    )
}

fn learn(schedule: &mut Schedule, job: EndedJob, seconds: u64) {
    schedule.learn(&[job], at(seconds), || 1.0);
}

fn placed_at(schedule: &mut Schedule, seconds: u64) -> usize {
    schedule.top_up(at(seconds), 9).len()
}

#[test]
fn an_older_job_that_is_returned_allows_no_second_probe() {
    let mut schedule = probing();
    learn(&mut schedule, ended(5, Outcome::Returned, None, at(21)), 21);
    assert_eq!(placed_at(&mut schedule, 21), 0);
}

#[test]
fn an_older_job_that_was_not_claimed_allows_no_second_probe() {
    let mut schedule = probing();
    schedule.taken_back(&[1005]);
    assert_eq!(placed_at(&mut schedule, 21), 0);
}

#[test]
fn an_older_jobs_failure_is_not_the_probes() {
    let mut schedule = probing();
    learn(&mut schedule, timeout(5, 21), 21);
    learn(&mut schedule, ended(7, Outcome::Returned, None, at(22)), 22);
    assert_eq!(
        placed_at(&mut schedule, 22),
        1,
        "the probe sent nothing, and no pause began"
    );
}

#[test]
fn a_probe_that_sent_nothing_does_not_close_the_breaker() {
    let mut schedule = probing();
    let unsent = EndedJob {
        requests: 0,
        ..ended(7, Outcome::Failed, Some(ErrorClass::Definition), at(21))
    };
    learn(&mut schedule, unsent, 21);
    assert_eq!(schedule.counts().open_breakers, 1);
    assert_eq!(placed_at(&mut schedule, 21), 1, "another probe");
    assert_eq!(placed_at(&mut schedule, 21), 0, "and no more");
}

#[test]
fn an_older_job_that_sent_nothing_does_not_close_the_breaker() {
    let mut schedule = probing();
    let unsent = EndedJob {
        requests: 0,
        ..ended(5, Outcome::Failed, Some(ErrorClass::Definition), at(21))
    };
    learn(&mut schedule, unsent, 21);
    assert_eq!(schedule.counts().open_breakers, 1);
    assert_eq!(placed_at(&mut schedule, 21), 0);
}

#[test]
fn only_the_answer_of_the_probe_closes_the_breaker() {
    let mut schedule = probing();
    learn(
        &mut schedule,
        ended(5, Outcome::Succeeded, None, at(21)),
        21,
    );
    assert_eq!(schedule.counts().open_breakers, 1);
    let gone = ended(7, Outcome::Failed, Some(ErrorClass::Missing), at(22));
    learn(&mut schedule, gone, 22);
    assert_eq!(schedule.counts().open_breakers, 0);
    assert!(placed_at(&mut schedule, 22) > 1);
}

/// The leader reads everything again when it does not know what a statement did.
#[test]
fn a_probe_that_is_out_is_known_after_the_schedule_is_rebuilt() {
    for is_out in [true, false] {
        let mut schedule = probing();
        schedule.forget_tasks();
        schedule.set_tasks(&[task(7, 1, at(1)), task(8, 1, at(1))]);
        let out = Queued {
            task_id: 7,
            job_id: 1007,
        };
        let outstanding: &[Queued] = if is_out { &[out] } else { &[] };
        schedule.set_outstanding(outstanding, at(21));
        let probes = usize::from(!is_out);
        assert_eq!(placed_at(&mut schedule, 21), probes, "out: {is_out}");
    }
}
