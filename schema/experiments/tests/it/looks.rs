//! Sequential results stay right although somebody looks all the time and stops when it suits.

use experiments::{Effect, Method, Sums, estimate};

use crate::simulated::Users;

const EXPERIMENTS: u32 = 300;
/// Users of each group at the last look.
const LAST: u32 = 2_000;
/// Users of each group at the first look.
const FIRST: u32 = 100;
/// Users of each group from one look to the next.
const STEP: u32 = 20;
/// Narrowest in the midst of the looks, so that as many findings as possible fall into them.
const SEQUENTIAL: Method = Method::Sequential {
    tuning_users: 1_000.0,
};

fn add(sums: &mut Sums, value: f64) {
    sums.users += 1;
    sums.sum += value;
    sums.sum_of_squares += value * value;
}

/// Runs experiments of the given effect, looking at each until it is significant.
///
/// Gives the share that ever was, and the share in which an interval ever missed the truth.
fn run(seed: u64, method: Method, factor: f64) -> (f64, f64) {
    let (mut found, mut missed) = (0, 0);
    for experiment in 0..EXPERIMENTS {
        let mut users = Users::of(seed + u64::from(experiment));
        let (mut control, mut variation) = (Sums::mean(0, 0.0, 0.0), Sums::mean(0, 0.0, 0.0));
        let (mut is_found, mut is_missed) = (false, false);
        for count in 1..=LAST {
            add(&mut control, users.exponential(1.0));
            add(&mut variation, users.exponential(factor));
            if count < FIRST || count % STEP != 0 {
                continue;
            }
            let lift = estimate(&control, &variation).unwrap();
            let effect = Effect::of(&lift.lift.unwrap(), method, 0.05).unwrap();
            is_found |= effect.p < 0.05;
            is_missed |= !(effect.low..effect.high).contains(&(factor - 1.0));
        }
        found += u32::from(is_found);
        missed += u32::from(is_missed);
    }
    let share = |count| f64::from(count) / f64::from(EXPERIMENTS);
    (share(found), share(missed))
}

#[test]
fn looking_all_the_time_finds_an_effect_that_is_not_there_in_at_most_5_of_100_experiments() {
    let (found, missed) = run(10_000, SEQUENTIAL, 1.0);
    assert!(found <= 0.05 && missed <= 0.05, "{found} {missed}");
}

#[test]
fn looking_all_the_time_by_the_method_of_one_look_finds_many_such_effects() {
    let (found, _) = run(10_000, Method::FixedSample, 1.0);
    assert!(found > 0.15, "{found}");
}

#[test]
fn looking_all_the_time_finds_an_effect_that_is_there_and_its_interval_covers_it() {
    let (found, missed) = run(20_000, SEQUENTIAL, 1.2);
    assert!(found > 0.8 && missed <= 0.05, "{found} {missed}");
}
