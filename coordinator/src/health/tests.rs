use super::*;

fn at(seconds: u64) -> DbTime {
    DbTime::from_micros(1_700_000_000_000_000) + Duration::from_secs(seconds)
}

/// Notes answers a second apart: `.` clean, `u` unmapped, `p` partial, `x` unusable.
fn after(answers: &str) -> StepHealth {
    let mut health = StepHealth::default();
    note(&mut health, answers, 0);
    health
}

fn note(health: &mut StepHealth, answers: &str, from: u64) {
    for (answer, number) in answers.chars().zip(from..) {
        let answer = match answer {
            '.' => Answer::Clean,
            'u' => Answer::Unmapped,
            'p' => Answer::Partial(3),
            _ => Answer::Unusable(format!("answer {number}")),
        };
        let job_id = i64::try_from(number).unwrap_or(0);
        health.note(answer, job_id, at(number));
    }
}

fn last(health: &mut StepHealth) -> Option<HealthChange> {
    health.take_changes().pop_back()
}

#[test]
fn three_of_five_answers_that_cannot_be_used_make_a_quarantine() {
    for (answers, health) in [
        ("", Health::Healthy),
        (".....", Health::Healthy),
        ("x", Health::Degraded),
        ("....xx", Health::Degraded),
        ("xxx", Health::Quarantined),
        ("x.x.x", Health::Quarantined),
        ("xx..x", Health::Quarantined),
        ("x.x..x", Health::Degraded),
    ] {
        assert_eq!(after(answers).health(), health, "{answers}");
    }
}

#[test]
fn five_clean_answers_in_a_row_end_it_and_one_that_is_not_begins_anew() {
    assert_eq!(after("xxx....").health(), Health::Quarantined);
    assert_eq!(after("xxx.....").health(), Health::Healthy);
    assert_eq!(after("xxx....x....").health(), Health::Quarantined);
    assert_eq!(after("x.....").health(), Health::Healthy);
}

#[test]
fn the_reason_is_that_of_the_answer_which_changed_it() {
    let mut health = after("..x.xx");
    let because = |health, number: i64| HealthChange {
        health,
        why: Some(HealthReason::Answers(format!("answer {number}"))),
        job_id: number,
    };
    assert_eq!(
        health.take_changes(),
        [
            because(Health::Degraded, 2),
            because(Health::Quarantined, 5)
        ]
    );
    assert_eq!(last(&mut health), None);
}

#[test]
fn codes_that_nothing_maps_degrade_and_do_not_flicker() {
    let mut health = after("..u");
    assert_eq!(
        last(&mut health).and_then(|change| change.why),
        Some(HealthReason::Codes)
    );
    note(&mut health, &".".repeat(99), 10);
    assert_eq!(health.health(), Health::Degraded);
    note(&mut health, ".", 200);
    assert_eq!(health.health(), Health::Healthy);
}

/// Invariant 5: a partial answer is shown as one until all are whole again.
#[test]
fn partial_answers_degrade_and_do_not_flicker() {
    let mut health = after("..p");
    let change = last(&mut health);
    assert_eq!(
        change.and_then(|change| change.why),
        Some(HealthReason::Gaps(3))
    );
    note(&mut health, &".".repeat(30), 10);
    note(&mut health, "p", 40);
    note(&mut health, &".".repeat(39), 50);
    assert_eq!(
        (health.health(), last(&mut health)),
        (Health::Degraded, None)
    );
    note(&mut health, ".", 100);
    assert_eq!(health.health(), Health::Healthy);
    // An answer that can be used ends a quarantine, whole or not.
    assert_eq!(after("xxxppppp").health(), Health::Degraded);
}

#[test]
fn codes_are_looked_at_again_until_a_person_has_mapped_them() {
    let mut health = after("u");
    assert!(last(&mut health).is_some());
    health.recheck_codes();
    assert!(last(&mut health).is_some(), "there may be others");
    health.codes_are_mapped();
    let change = last(&mut health);
    assert_eq!(change.map(|change| change.health), Some(Health::Healthy));
    health.recheck_codes();
    assert_eq!(last(&mut health), None);
}

#[test]
fn a_reason_that_became_another_is_written_down() {
    let mut health = after("ux");
    assert!(last(&mut health).is_some());
    note(&mut health, "uuuuu", 2);
    let change = last(&mut health);
    assert_eq!(
        change.and_then(|change| change.why),
        Some(HealthReason::Codes)
    );
}

#[test]
fn a_quarantine_ends_although_codes_stay_unmapped() {
    let mut health = after("uxxxuuuuu");
    assert_eq!(health.health(), Health::Degraded);
    assert_eq!(
        last(&mut health).and_then(|change| change.why),
        Some(HealthReason::Codes)
    );
}

#[test]
fn what_was_written_down_is_where_a_new_leader_starts() {
    let mut health = StepHealth::known(Health::Quarantined);
    assert_eq!(last(&mut health), None);
    note(&mut health, ".....", 0);
    assert_eq!(
        last(&mut health).map(|change| change.health),
        Some(Health::Healthy)
    );
}

#[test]
fn health_falls_at_once_and_rises_after_a_while() {
    let mut health = StepHealth::default();
    for answer in "x.....".chars() {
        let answer = match answer {
            '.' => Answer::Clean,
            _ => Answer::Unusable(String::new()),
        };
        health.note(answer, 1, at(0));
    }
    assert_eq!(health.health(), Health::Degraded);
    health.note(Answer::Clean, 2, at(4));
    assert_eq!(health.health(), Health::Healthy);
}
