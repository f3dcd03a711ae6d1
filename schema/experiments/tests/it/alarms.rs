//! The ratio of users alarms when it is broken, and seldom else.

use experiments::check_ratio;
use experiments::ratio_mismatch::MIN_EXPECTED_USERS;

/// The exact probability of an alarm, when each of `users` comes to the variation by chance.
fn probability_of_alarm(users: u32, weight: f64) -> f64 {
    let mut mass = (f64::from(users) * (1.0 - weight).ln()).exp();
    let mut alarms = 0.0;
    for count in 0..=users {
        let found = [u64::from(users - count), u64::from(count)];
        if check_ratio(&found, &[1.0 - weight, weight])
            .unwrap()
            .is_mismatch
        {
            alarms += mass;
        }
        mass *= f64::from(users - count) / f64::from(count + 1) * weight / (1.0 - weight);
    }
    alarms
}

#[test]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn at_any_split_at_most_16_of_10_000_sound_experiments_alarm() {
    for weight in [0.05, 0.1, 0.2, 0.5] {
        for size in [1.0, 1.1, 1.12, 1.3, 1.7, 2.0, 4.0] {
            let users = (size * MIN_EXPECTED_USERS / weight).ceil() as u32;
            let share = probability_of_alarm(users, weight);
            assert!(share < 0.001_65, "{users} {weight}: {share}");
        }
    }
}

#[test]
fn a_loss_of_a_tenth_of_the_small_group_alarms_at_95_to_5() {
    let found = check_ratio(&[95_000, 4_500], &[0.95, 0.05]).unwrap();
    assert!(found.is_mismatch, "{found:?}");
}
