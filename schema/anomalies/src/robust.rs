//! Middle and scale of numbers some of which are wrong.

use statrs::statistics::{Data, OrderStatistics};

/// The standard deviation of normal numbers whose median absolute deviation is one.
const DEVIATION_PER_MAD: f64 = 1.482_602_2;

/// The part of the numbers that is taken for the bulk.
const BULK: f64 = 0.8;

/// What that part of normal numbers of deviation one does not exceed on either side.
const NORMAL_BULK: f64 = 1.281_551_6;

/// Takes the numbers that are finite: the statistics of `statrs` are undefined for others.
fn finite(values: &[f64]) -> Option<Data<Vec<f64>>> {
    let finite: Vec<f64> = values
        .iter()
        .copied()
        .filter(|one| one.is_finite())
        .collect();
    (!finite.is_empty()).then(|| Data::new(finite))
}

/// Returns the quantile `share` (0 to 1) of numbers in any order, between its neighbours by weight.
pub(crate) fn quantile(values: &[f64], share: f64) -> Option<f64> {
    Some(finite(values)?.quantile(share))
}

/// Returns the median of numbers in any order.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    Some(finite(values)?.median())
}

/// Returns the median of numbers with weights: half of the weight is below it.
pub(crate) fn weighted_median(values: &[(f64, f64)]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(|one, other| one.0.total_cmp(&other.0));
    let half = sorted.iter().map(|(_, weight)| weight).sum::<f64>() / 2.0;
    let mut sum = 0.0;
    let at = sorted.iter().find(|(_, weight)| {
        sum += weight;
        sum >= half
    });
    at.map(|(value, _)| *value)
}

/// Returns the standard deviation around `centre` that the bulk of the numbers has.
///
/// It is the larger of two estimates: by the median absolute deviation, which half of the numbers
/// may spoil, and by the four fifths that are closest, which sees that tails are heavy.
pub(crate) fn deviation(values: &[f64], centre: f64) -> Option<f64> {
    let distances: Vec<f64> = values.iter().map(|one| (one - centre).abs()).collect();
    let by_median = DEVIATION_PER_MAD * median(&distances)?;
    let by_bulk = quantile(&distances, BULK)? / NORMAL_BULK;
    Some(by_median.max(by_bulk))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn quantiles_lie_between_neighbours() {
        let values = [4.0, 1.0, 3.0, 2.0];
        assert_eq!(median(&values), Some(2.5));
        assert_eq!(quantile(&values, 0.0), Some(1.0));
        assert_eq!(quantile(&values, 1.0), Some(4.0));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn weight_counts() {
        let values = [(1.0, 1.0), (2.0, 1.0), (3.0, 5.0)];
        assert_eq!(weighted_median(&values), Some(3.0));
        assert_eq!(weighted_median(&[]), None);
    }

    #[test]
    fn a_wrong_number_does_not_widen_the_scale() {
        let mut values = vec![
            -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, 1.0, -1.0,
        ];
        let before = deviation(&values, 0.0).unwrap();
        values.push(1e9);
        let after = deviation(&values, 0.0).unwrap();
        assert!((after / before - 1.0).abs() < 0.1, "{before} {after}");
    }
}
