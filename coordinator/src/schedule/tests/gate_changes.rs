//! Gates that move while their task is out.

use super::*;
use crate::due;

/// A task with a gate that moved at this time, or never.
fn gated(due_at: DbTime, moved_at: Option<DbTime>) -> Task {
    Task {
        gated: true,
        gate_changed_at: moved_at.map(Into::into),
        ..task(1, 1, due_at)
    }
}

/// The end of its job: the answer was complete two seconds before.
fn looked(now: u64) -> EndedJob {
    EndedJob {
        observed_at: Some(at(now - 2).into()),
        ..ended(1, Outcome::Succeeded, None, at(now))
    }
}

/// The task was placed at 10 s.
fn out() -> Schedule {
    let mut schedule = schedule(&[gated(at(0), None)]);
    let chosen = schedule.top_up(at(10), 10);
    assert_eq!(ids(&chosen), [1]);
    place(&mut schedule, &chosen, at(10));
    schedule
}

#[test]
fn a_gate_that_moves_after_the_answer_leads_to_another_look() {
    let mut schedule = out();
    schedule.set_tasks(&[gated(at(14), Some(at(14)))]);
    assert_eq!(ids(&schedule.top_up(at(14), 10)), [] as [i64; 0]);
    schedule.learn(&[looked(15)], at(15), || 0.0);
    let chosen = schedule.top_up(at(16), 10);
    assert_eq!(ids(&chosen), [1]);
    // That look sees it: the next is due by its interval.
    place(&mut schedule, &chosen, at(16));
    schedule.learn(&[looked(20)], at(20), || 0.0);
    assert_eq!(ids(&schedule.top_up(at(77), 10)), [] as [i64; 0]);
    assert_eq!(ids(&schedule.top_up(at(78), 10)), [1]);
}

/// So does the gate of a showtime that stays sold out: it is looked at by its interval, and around
/// its start all the same.
#[test]
fn a_gate_that_does_not_move_costs_no_look_around_the_start() {
    let starts_at = at(70);
    let mut schedule = schedule(&[Task {
        starts_at: Some(starts_at.into()),
        ..gated(at(0), None)
    }]);
    let around = due::start_margin(60 * SECOND);
    let (last_before, first_after) = (starts_at.before(around), starts_at + around);
    for due_at in [at(10), last_before, first_after] {
        let chosen = schedule.top_up(due_at, 10);
        assert_eq!(ids(&chosen), [1], "{due_at:?}");
        place(&mut schedule, &chosen, due_at);
        let looked = ended(1, Outcome::Succeeded, None, due_at);
        schedule.learn(&[looked], due_at, || 0.0);
        let next = schedule.top_up(due_at + SECOND, 10);
        assert_eq!(ids(&next), [] as [i64; 0]);
    }
    assert_eq!(ids(&schedule.top_up(at(10_000), 10)), [] as [i64; 0]);
}

#[test]
fn a_gate_that_moved_before_the_answer_was_seen_by_that_look() {
    let mut schedule = out();
    schedule.set_tasks(&[gated(at(12), Some(at(12)))]);
    schedule.learn(&[looked(15)], at(15), || 0.0);
    assert_eq!(ids(&schedule.top_up(at(72), 10)), [] as [i64; 0]);
    assert_eq!(ids(&schedule.top_up(at(73), 10)), [1]);
}

/// The listing and the look end in one tick, and the row is read after both.
#[test]
fn a_move_that_is_read_after_the_look_ended_counts_as_well() {
    let mut schedule = out();
    schedule.learn(&[looked(15)], at(15), || 0.0);
    schedule.set_tasks(&[gated(at(14), Some(at(14)))]);
    assert_eq!(ids(&schedule.top_up(at(16), 10)), [1]);
    // A leader that takes over meanwhile finds it in what is written back.
    let decided = schedule.take_decisions();
    assert_eq!(decided.len(), 1);
    assert_eq!(DbTime::from(decided[0].due_at), at(14));
}

#[test]
fn a_new_leader_finds_what_moved_since_the_last_look() {
    let written_over = Task {
        looked_at: Some(at(10).into()),
        ..gated(at(70), Some(at(14)))
    };
    let mut later = schedule(&[written_over]);
    assert_eq!(ids(&later.top_up(at(20), 10)), [1]);
    let seen = Task {
        looked_at: Some(at(18).into()),
        ..written_over
    };
    let mut later = schedule(&[seen]);
    assert_eq!(ids(&later.top_up(at(20), 10)), [] as [i64; 0]);
}

#[test]
fn a_task_that_fails_waits_although_its_gate_moved() {
    let mut schedule = out();
    schedule.set_tasks(&[gated(at(14), Some(at(14)))]);
    let failed = ended(1, Outcome::Failed, Some(ErrorClass::Timeout), at(15));
    schedule.learn(&[failed], at(15), || 0.0);
    assert_eq!(ids(&schedule.top_up(at(15), 10)), [] as [i64; 0]);
    // What was written back is read again: the failure stands.
    schedule.take_decisions();
    let failing = Task {
        failures: 1,
        ..gated(at(40), Some(at(14)))
    };
    schedule.set_tasks(&[failing]);
    assert_eq!(ids(&schedule.top_up(at(16), 10)), [] as [i64; 0]);
}
