//! Whatever the input is, no result is infinite or not a number.

use experiments::{
    Covariate, Denominator, Effect, Experiment, Goal, Method, Metric, Plan, Settings, Spread, Sums,
    Verdict, report,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const EXPERIMENTS: u32 = 20_000;
/// Numbers at which arithmetic goes wrong.
const EXTREMES: [f64; 14] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    3.0,
    100.0,
    1e-8,
    1e8,
    1e-160,
    1e160,
    f64::MIN_POSITIVE,
    f64::MAX,
    f64::NAN,
    f64::INFINITY,
];

struct Extremes(ChaCha8Rng);

impl Extremes {
    /// Mostly a number that goes with the sums of a hundred users, else an extreme.
    fn number(&mut self) -> f64 {
        if self.0.random_range(0..4) > 0 {
            return 100.0 * self.0.random::<f64>();
        }
        EXTREMES[self.0.random_range(0..EXTREMES.len())]
    }

    fn sums(&mut self, has_denominator: bool, has_covariate: bool) -> Sums {
        let users = [0, 1, 2, 100, 100, 100, u64::MAX][self.0.random_range(0..7)];
        let mut sums = Sums::mean(users, self.number(), self.number());
        if has_denominator {
            sums = sums.over(Denominator {
                sum: self.number(),
                sum_of_squares: self.number(),
                sum_of_products: self.number(),
            });
        }
        if has_covariate {
            sums = sums.with_covariate(Covariate {
                sum: self.number(),
                sum_of_squares: self.number(),
                sum_of_products: self.number(),
                sum_of_denominator_products: self.number(),
            });
        }
        sums
    }
}

fn assert_finite(verdict: &Verdict) {
    let effect = |effect: &Effect| {
        [
            effect.value,
            effect.standard_error,
            effect.low,
            effect.high,
            effect.p,
        ]
    };
    let mut numbers = vec![verdict.control, verdict.variation, verdict.adjusted_p];
    numbers.extend(effect(&verdict.difference));
    numbers.extend(verdict.lift.iter().flat_map(effect));
    if let Some(by) = verdict.adjustment {
        numbers.extend([by.theta, by.variance_reduction, by.imbalance_p]);
    }
    let is_finite = numbers.iter().all(|number| number.is_finite());
    assert!(is_finite, "{verdict:?}");
    assert!((0.0..=1.0).contains(&verdict.difference.p), "{verdict:?}");
    assert!(
        !verdict.sentence.contains("NaN") && !verdict.sentence.contains("inf"),
        "{verdict:?}"
    );
}

#[test]
fn every_result_is_a_finite_number_or_a_refusal_with_a_reason() {
    let mut extremes = Extremes(ChaCha8Rng::seed_from_u64(41));
    let (mut judged, mut refused) = (0, 0);
    for round in 0..EXPERIMENTS {
        let (has_denominator, has_covariate) = (round % 2 == 0, round % 3 == 0);
        let sums = [(); 2].map(|()| extremes.sums(has_denominator, has_covariate));
        let experiment = Experiment {
            users: sums.iter().map(|sums| sums.users).collect(),
            weights: vec![0.5, 0.5],
            multiple_exposures: 0,
            metrics: vec![Metric {
                goal: Goal::Increase,
                sums: sums.to_vec(),
            }],
        };
        let method = [Method::FixedSample, Method::SEQUENTIAL][extremes.0.random_range(0..2)];
        let settings = Settings {
            method,
            ..Settings::default()
        };
        match &report(&experiment, &settings).unwrap().verdicts[0][0] {
            Ok(verdict) => {
                judged += 1;
                assert_finite(verdict);
            }
            Err(refusal) => {
                refused += 1;
                assert!(!refusal.to_string().is_empty());
            }
        }
    }
    assert!(judged > 500 && refused > 500, "{judged} {refused}");
}

#[test]
fn every_plan_is_a_finite_number_or_a_refusal() {
    let mut extremes = Extremes(ChaCha8Rng::seed_from_u64(42));
    for _ in 0..EXPERIMENTS / 10 {
        let spread = if extremes.0.random() {
            Spread::Mean {
                standard_deviation: extremes.number(),
            }
        } else {
            Spread::Proportion {
                rate: extremes.number() / 100.0,
            }
        };
        let plan = Plan {
            spread,
            variation_share: extremes.number() / 100.0,
            alpha: extremes.number() / 300.0,
            power: 0.9,
            method: Method::Sequential {
                tuning_users: 50.0 * extremes.number(),
            },
        };
        let (effect, users) = (extremes.number() / 30.0, extremes.0.random_range(0..9_999));
        let found = plan.power(effect, users).unwrap_or(0.5);
        assert!((0.0..=1.0).contains(&found), "{plan:?} {found}");
        let least = plan.detectable_effect(users).unwrap_or(1.0);
        assert!(least.is_finite() && least > 0.0, "{plan:?} {least}");
        let needed = plan.needed_users(effect);
        assert!(needed.is_err() || needed.is_ok_and(|needed| needed.control >= 2));
    }
}
