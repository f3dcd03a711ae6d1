//! Whether users came to the variations in the wanted ratio (sample ratio mismatch).
//!
//! If they did not, assignment or counting is broken, and no comparison can be trusted (Fabijan and
//! others, "Diagnosing Sample Ratio Mismatch in Online Controlled Experiments", 2019).

use statrs::function::gamma::gamma_ur;

use crate::interval::check_share;
use crate::real::real;
use crate::refusal::Refusal;

/// Below this p-value the ratio is taken as broken.
pub const MISMATCH_P: f64 = 0.001;
/// Users that must be expected in the smallest variation.
///
/// From here on at most 16 of 10,000 sound experiments raise an alarm, at any split, by the exact
/// binomial distribution; with 5 expected users at a split of 90 to 10, 32 do.
pub const MIN_EXPECTED_USERS: f64 = 25.0;
/// The most by which the sum of the weights may differ from one.
const MAX_WEIGHT_ERROR: f64 = 1e-9;

/// How the users are spread over the variations.
#[derive(Debug, Clone, PartialEq)]
pub struct UserRatio {
    /// Share of each variation among all users, as found.
    pub found: Vec<f64>,
    /// Share of each variation, as wanted.
    pub wanted: Vec<f64>,
    /// Pearson's chi-squared statistic.
    pub chi_squared: f64,
    /// Probability of a spread so far from the wanted one by chance.
    pub p: f64,
    /// Whether `p` is below [`MISMATCH_P`].
    pub is_mismatch: bool,
}

/// Tests the numbers of users against the wanted weights, by Pearson's chi-squared test (1900).
///
/// `users` counts those of each variation, and `weights` are the shares of all users of the
/// experiment that the variations were to get; they sum to one. Unequal weights such as 95 to 5 are
/// as good as equal ones.
///
/// # Errors
///
/// [`Refusal::TooFewExpected`] while so few users are there that chance alone would alarm, and
/// refusals of weights that are missing, not between 0 and 1, or do not sum to one.
pub fn check_ratio(users: &[u64], weights: &[f64]) -> Result<UserRatio, Refusal> {
    if users.len() < 2 {
        return Err(Refusal::TooFewVariations(users.len()));
    }
    if users.len() != weights.len() {
        return Err(Refusal::WeightsMissing {
            variations: users.len(),
            weights: weights.len(),
        });
    }
    for weight in weights {
        check_share("a weight", *weight)?;
    }
    let sum: f64 = weights.iter().sum();
    if (sum - 1.0).abs() > MAX_WEIGHT_ERROR {
        return Err(Refusal::WeightsDoNotSumToOne(sum));
    }
    let all: f64 = users.iter().map(|count| real(*count)).sum();
    let expected = weights
        .iter()
        .fold(1.0_f64, |least, weight| least.min(*weight))
        * all;
    if expected < MIN_EXPECTED_USERS {
        return Err(Refusal::TooFewExpected {
            expected,
            needed: MIN_EXPECTED_USERS,
        });
    }
    let found: Vec<f64> = users.iter().map(|count| real(*count) / all).collect();
    let terms = found.iter().zip(weights);
    let chi_squared = all
        * terms
            .map(|(found, weight)| (found - weight).powi(2) / weight)
            .sum::<f64>();
    let p = chi_squared_p(
        chi_squared,
        real(u64::try_from(users.len() - 1).unwrap_or(u64::MAX)),
    );
    Ok(UserRatio {
        found,
        wanted: weights.to_vec(),
        chi_squared,
        p,
        is_mismatch: p < MISMATCH_P,
    })
}

/// Share of the chi-squared distribution above `value`.
fn chi_squared_p(value: f64, degrees_of_freedom: f64) -> f64 {
    if value <= 0.0 {
        return 1.0;
    }
    gamma_ur(degrees_of_freedom / 2.0, value / 2.0).clamp(0.0, 1.0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_split_of_95_to_5_is_tested_against_its_own_weights() {
        let as_wanted = check_ratio(&[9_512, 488], &[0.95, 0.05]).unwrap();
        assert!(!as_wanted.is_mismatch, "{as_wanted:?}");
        let off = check_ratio(&[9_400, 600], &[0.95, 0.05]).unwrap();
        assert!(off.is_mismatch, "{off:?}");
        let equal = check_ratio(&[9_512, 488], &[0.5, 0.5]).unwrap();
        assert!(equal.is_mismatch && equal.p.is_finite());
    }

    #[test]
    fn too_few_users_are_no_alarm() {
        let refusal = check_ratio(&[200, 30], &[0.95, 0.05]).unwrap_err();
        assert!(matches!(refusal, Refusal::TooFewExpected { .. }));
        assert!(refusal.to_string().contains("11.5 users"), "{refusal}");
        assert!(check_ratio(&[0, 0], &[0.5, 0.5]).is_err());
    }

    #[test]
    fn weights_that_do_not_fit_are_refused() {
        let users = [1_000, 1_000];
        let of = |weights: &[f64]| check_ratio(&users, weights).unwrap_err();
        assert!(matches!(of(&[0.5, 0.4]), Refusal::WeightsDoNotSumToOne(_)));
        assert!(matches!(of(&[1.0, 0.0]), Refusal::NotAShare { .. }));
        assert!(matches!(of(&[1.0]), Refusal::WeightsMissing { .. }));
        assert!(matches!(of(&[f64::NAN, 0.5]), Refusal::NotAShare { .. }));
        assert!(check_ratio(&[1], &[1.0]).is_err());
        let thirds = [1.0 / 3.0; 3];
        assert!(
            !check_ratio(&[1_000, 1_010, 990], &thirds)
                .unwrap()
                .is_mismatch
        );
    }
}
