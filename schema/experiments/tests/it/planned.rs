//! Experiments that are run as planned find the planned effect as often as was wanted.

use experiments::{Effect, Method, Plan, Spread, Sums, estimate};

use crate::simulated::Users;

const EXPERIMENTS: u32 = 1_500;

/// The share of experiments with the needed users that are significant.
fn found(plan: &Plan, effect: f64, mut draw: impl FnMut(u64, f64) -> Sums) -> f64 {
    let needed = plan.needed_users(effect).unwrap();
    let is_found = |_: &u32| {
        let (control, variation) = (draw(needed.control, 0.0), draw(needed.variation, effect));
        let difference = estimate(&control, &variation).unwrap().difference;
        let effect = Effect::of(&difference, plan.method, plan.alpha).unwrap();
        effect.p < plan.alpha
    };
    let count = (0..EXPERIMENTS).filter(is_found).count();
    f64::from(u32::try_from(count).unwrap()) / f64::from(EXPERIMENTS)
}

fn plan(spread: Spread) -> Plan {
    Plan {
        spread,
        variation_share: 0.3,
        alpha: 0.05,
        power: 0.8,
        method: Method::FixedSample,
    }
}

fn rates(users: &mut Users) -> impl FnMut(u64, f64) -> Sums {
    move |size, effect| {
        let converted = (0..size).filter(|_| users.chance(0.4 + effect)).count();
        Sums::proportion(size, u64::try_from(converted).unwrap())
    }
}

#[test]
fn the_needed_users_of_a_share_find_the_effect_with_the_wanted_power() {
    let plan = plan(Spread::Proportion { rate: 0.4 });
    let power = found(&plan, 0.12, rates(&mut Users::of(31)));
    assert!((power - 0.8).abs() < 0.035, "{power}");
}

#[test]
fn the_needed_users_of_a_skewed_mean_find_the_effect_with_the_wanted_power() {
    let plan = plan(Spread::Mean {
        standard_deviation: 1.0,
    });
    let mut users = Users::of(32);
    let power = found(&plan, 0.25, |size, effect| {
        let values = (0..size).map(|_| users.exponential(1.0) + effect);
        let sums = values.fold((0.0, 0.0), |sums, value| {
            (sums.0 + value, sums.1 + value * value)
        });
        Sums::mean(size, sums.0, sums.1)
    });
    assert!((power - 0.8).abs() < 0.035, "{power}");
}

#[test]
fn a_look_at_the_needed_users_of_a_sequential_plan_has_the_wanted_power() {
    let plan = Plan {
        method: Method::SEQUENTIAL,
        ..plan(Spread::Proportion { rate: 0.4 })
    };
    let power = found(&plan, 0.2, rates(&mut Users::of(33)));
    assert!((power - 0.8).abs() < 0.035, "{power}");
}
