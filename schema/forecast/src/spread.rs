//! How far what came lies from what was expected, by the size of what was expected.

/// Fits the variance `linear * mean + square * mean * mean` to squared errors over their mean, by
/// weighted least squares, and returns `linear` and `square`.
///
/// `pairs` are what came and what was expected, which is above 0. Squared errors vary with the square
/// of their mean: a mean of `half_weight` and more is weighed down. `square` is at most `max_square`.
pub(crate) fn fit_spread(
    pairs: impl Iterator<Item = (f64, f64)>,
    half_weight: f64,
    max_square: f64,
) -> (f64, f64) {
    let (mut n, mut sx, mut sy, mut sxx, mut sxy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (came, mean) in pairs {
        let ratio = (came - mean).powi(2) / mean;
        let weight = 1.0 / (1.0 + mean / half_weight).powi(2);
        n += weight;
        sx += weight * mean;
        sy += weight * ratio;
        sxx += weight * mean * mean;
        sxy += weight * mean * ratio;
    }
    let square = ((n * sxy - sx * sy) / (n * sxx - sx * sx).max(1e-9)).clamp(0.0, max_square);
    let linear = ((sy - square * sx) / n).max(1.05);
    (linear, square)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variance_of_both_kinds_is_found_again() {
        let pairs = [4.0_f64, 9.0, 16.0, 30.0, 60.0].map(|mean| {
            let variance = 2.0 * mean + 0.3 * mean * mean;
            (mean + variance.sqrt(), mean)
        });
        let (linear, square) = fit_spread(pairs.into_iter(), 10.0, 4.0);
        assert!((linear - 2.0).abs() < 1e-6 && (square - 0.3).abs() < 1e-6);
    }
}
