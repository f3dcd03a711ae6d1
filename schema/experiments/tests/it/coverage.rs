//! Intervals of one look cover the truth as often as they promise, in every kind of metric.

use experiments::{Effect, Estimates, Method, Sums, estimate};

use crate::simulated::{Totals, Users, group};

const EXPERIMENTS: u32 = 1_500;
/// Users per experiment: of the control, and of a smaller variation.
const SIZES: (u32, u32) = (250, 150);
/// What the variation does to the values.
const FACTOR: f64 = 1.2;

/// Shares of experiments whose interval covers the truth: of the difference, and of the lift.
fn coverage(seed: u64, mean: f64, of: impl Fn(&Totals) -> Sums) -> [f64; 2] {
    let mut users = Users::of(seed);
    let mut covered = [0_u32; 2];
    for _ in 0..EXPERIMENTS {
        let (control, variation) = (
            group(&mut users, SIZES.0, 1.0),
            group(&mut users, SIZES.1, FACTOR),
        );
        let Estimates {
            difference, lift, ..
        } = estimate(&of(&control), &of(&variation)).unwrap();
        let truths = [mean * (FACTOR - 1.0), FACTOR - 1.0];
        for (place, estimate) in [difference, lift.unwrap()].iter().enumerate() {
            let effect = Effect::of(estimate, Method::FixedSample, 0.05).unwrap();
            covered[place] += u32::from((effect.low..effect.high).contains(&truths[place]));
        }
    }
    covered.map(|count| f64::from(count) / f64::from(EXPERIMENTS))
}

/// Three standard deviations of a share of 0.95 among the experiments are 0.017.
fn assert_near(coverage: [f64; 2]) {
    for share in coverage {
        assert!((0.933..=0.967).contains(&share), "{coverage:?}");
    }
}

#[test]
fn an_interval_of_a_mean_covers_it_in_95_of_100_experiments() {
    assert_near(coverage(1, 2.7, Totals::mean));
}

#[test]
fn an_interval_of_a_ratio_covers_it_in_95_of_100_experiments() {
    assert_near(coverage(2, 1.5, Totals::ratio));
}

#[test]
fn an_interval_with_a_covariate_covers_the_truth_as_often() {
    assert_near(coverage(3, 2.7, |of| of.with_covariate(of.mean())));
    assert_near(coverage(4, 1.5, |of| of.with_covariate(of.ratio())));
}

#[test]
fn a_covariate_takes_its_squared_correlation_off_the_variance() {
    let mut users = Users::of(5);
    let (control, variation) = (
        group(&mut users, 20_000, 1.0),
        group(&mut users, 20_000, 1.0),
    );
    let (adjusted, plain) = (
        [control, variation].map(|of| of.with_covariate(of.mean())),
        [control, variation].map(|of| of.mean()),
    );
    let found = estimate(&adjusted[0], &adjusted[1]).unwrap();
    let before = estimate(&plain[0], &plain[1]).unwrap();
    let reduction = found.adjustment.unwrap().variance_reduction;
    let ratio = found.difference.standard_error / before.difference.standard_error;
    assert!((1.0 - ratio * ratio - reduction).abs() < 1e-9);
    // Value and covariate share the taste: variances of 1.436 and 1.003, a covariance of 0.75.
    assert!((reduction - 0.39).abs() < 0.02, "{reduction}");
    assert!(found.adjustment.unwrap().imbalance_p > 0.001);
}
