//! Every number against the same number by other software, from `reference.tsv`.

use experiments::{
    Correction, Covariate, Denominator, Effect, Estimate, Method, Plan, Spread, Sums, adjust,
    check_ratio, estimate,
};

/// The largest relative difference that is allowed.
const TOLERANCE: f64 = 1e-9;

/// A row of the table: its input, and what is expected.
struct Row {
    inputs: Vec<Option<f64>>,
    expected: Vec<Option<f64>>,
}

impl Row {
    fn input(&self, place: usize) -> f64 {
        self.inputs[place].unwrap()
    }

    fn assert(&self, found: &[Option<f64>]) {
        assert_eq!(found.len(), self.expected.len());
        for (place, (found, expected)) in found.iter().zip(&self.expected).enumerate() {
            let is_near = match (found, expected) {
                (Some(found), Some(expected)) => {
                    (found - expected).abs() <= TOLERANCE * expected.abs()
                }
                (None, None) => true,
                _ => false,
            };
            let inputs = &self.inputs;
            assert!(
                is_near,
                "{place}: {found:?}, not {expected:?}, of {inputs:?}"
            );
        }
    }
}

/// The rows of one kind, of which there are some.
fn rows(kind: &str) -> Vec<Row> {
    let numbers = |text: &str| text.split(' ').map(|word| word.parse().ok()).collect();
    let lines = include_str!("reference.tsv").lines();
    let cells = lines.map(|line| line.split('\t').collect::<Vec<_>>());
    let rows: Vec<Row> = cells
        .filter(|cells| cells[0] == kind)
        .map(|cells| Row {
            inputs: numbers(cells[1]),
            expected: numbers(cells[2]),
        })
        .collect();
    assert!(!rows.is_empty(), "{kind}");
    rows
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn count(number: f64) -> u64 {
    number as u64
}

#[allow(clippy::cast_precision_loss)]
fn real(count: u64) -> f64 {
    count as f64
}

fn sums(numbers: &[Option<f64>]) -> Sums {
    let number = |place: usize| numbers[place].unwrap();
    let mut sums = Sums::mean(count(number(0)), number(1), number(2));
    if numbers[3].is_some() {
        sums = sums.over(Denominator {
            sum: number(3),
            sum_of_squares: number(4),
            sum_of_products: number(5),
        });
    }
    if numbers[6].is_some() {
        sums = sums.with_covariate(Covariate {
            sum: number(6),
            sum_of_squares: number(7),
            sum_of_products: number(8),
            sum_of_denominator_products: numbers[9].unwrap_or(0.0),
        });
    }
    sums
}

#[test]
fn means_shares_and_ratios_are_compared_as_by_welchs_test_and_regression() {
    for row in rows("comparison") {
        let alpha = row.input(0);
        let found = estimate(&sums(&row.inputs[1..11]), &sums(&row.inputs[11..])).unwrap();
        let effect = |estimate| Effect::of(&estimate, Method::FixedSample, alpha).unwrap();
        let (difference, lift) = (effect(found.difference), effect(found.lift.unwrap()));
        let adjustment = found.adjustment;
        row.assert(&[
            Some(found.control),
            Some(found.variation),
            Some(difference.value),
            Some(difference.standard_error),
            Some(found.difference.degrees_of_freedom),
            Some(difference.low),
            Some(difference.high),
            Some(difference.p),
            adjustment.map(|by| by.theta),
            adjustment.map(|by| by.imbalance_p),
            Some(lift.value),
            Some(lift.standard_error),
            Some(lift.low),
            Some(lift.high),
        ]);
    }
}

#[test]
fn sequential_intervals_and_p_values_are_those_of_growthbook() {
    for row in rows("sequential") {
        let mean = |place: usize| {
            Sums::mean(
                count(row.input(place)),
                row.input(place + 1),
                row.input(place + 2),
            )
        };
        let found = estimate(&mean(2), &mean(5)).unwrap();
        let method = Method::Sequential {
            tuning_users: row.input(1),
        };
        let effect = |estimate| Effect::of(&estimate, method, row.input(0)).unwrap();
        let (difference, lift) = (effect(found.difference), effect(found.lift.unwrap()));
        row.assert(&[
            Some(difference.value),
            Some(difference.low),
            Some(difference.high),
            Some(difference.p),
            Some(lift.value),
            Some(lift.low),
            Some(lift.high),
        ]);
    }
}

#[test]
fn students_distribution_is_exact_in_its_tails_at_any_degrees_of_freedom() {
    for row in rows("student") {
        let estimate = Estimate {
            value: row.input(1),
            standard_error: 1.0,
            degrees_of_freedom: row.input(0),
            users: row.input(0) + 2.0,
        };
        let effect = Effect::of(&estimate, Method::FixedSample, row.input(2)).unwrap();
        // The ends of the interval, without the digits that the value takes.
        let width = f64::midpoint(effect.high, -effect.low);
        row.assert(&[Some(effect.p), Some(width)]);
    }
}

#[test]
fn the_ratio_of_users_is_tested_as_by_pearsons_test() {
    for row in rows("ratio") {
        let variations = row.inputs.iter().position(Option::is_none).unwrap();
        let users: Vec<u64> = (0..variations)
            .map(|place| count(row.input(place)))
            .collect();
        let weights: Vec<f64> = row.inputs[variations + 1..]
            .iter()
            .flatten()
            .copied()
            .collect();
        let found = check_ratio(&users, &weights).unwrap();
        row.assert(&[Some(found.chi_squared), Some(found.p)]);
    }
}

#[test]
fn p_values_are_adjusted_as_by_statsmodels() {
    let kinds = [
        ("benjamini-hochberg", Correction::BenjaminiHochberg),
        ("holm", Correction::Holm),
    ];
    for (kind, correction) in kinds {
        for row in rows(kind) {
            let p_values: Vec<f64> = row.inputs.iter().flatten().copied().collect();
            let adjusted = adjust(&p_values, correction).unwrap();
            row.assert(&adjusted.into_iter().map(Some).collect::<Vec<_>>());
        }
    }
}

fn plan(row: &Row, spread: Spread) -> Plan {
    Plan {
        spread,
        variation_share: row.input(1),
        alpha: row.input(2),
        power: row.input(3),
        method: Method::FixedSample,
    }
}

#[test]
fn plans_are_those_of_statsmodels() {
    for row in rows("mean-plan") {
        let plan = plan(
            &row,
            Spread::Mean {
                standard_deviation: row.input(0),
            },
        );
        let (effect, users) = (row.input(4), count(row.input(5)));
        let needed = plan.needed_users(effect).unwrap();
        row.assert(&[
            Some(real(needed.control)),
            Some(real(needed.variation)),
            plan.detectable_effect(users).ok(),
            plan.power(effect, users).ok(),
        ]);
    }
    for row in rows("proportion-plan") {
        let plan = plan(&row, Spread::Proportion { rate: row.input(0) });
        let power = plan.power(row.input(4), count(row.input(5)));
        row.assert(&[power.ok()]);
    }
}
