//! Means and covariances of one group, from its sums, after they were checked.

use crate::real::real;
use crate::refusal::{Group, Refusal};
use crate::sums::Sums;

/// A variance below this share of the mean square is what rounding leaves of zero.
///
/// Sums of a million floats are exact to about 1e-13 of themselves.
const NOISE: f64 = 1e-12;
/// Sums that contradict each other by more than this share are of different users.
const CONTRADICTION: f64 = 1e-9;

/// Means and sample covariances of one group, with the ratio made linear.
///
/// The deviation of a ratio `R = mean(y) / mean(d)` is that of the mean of
/// `z = (y - R d) / mean(d)`, to first order (delta method; Deng, Knoblich and Lu, "Applying the
/// Delta Method in Metric Analytics", 2018). For a mean, `d` is 1 and `z` is `y` less its mean.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moments {
    /// Users.
    pub(crate) users: f64,
    /// Mean, or ratio.
    pub(crate) value: f64,
    /// Variance of `z` per user.
    pub(crate) variance: f64,
    /// Mean of the covariate, 0 without one.
    pub(crate) covariate: f64,
    /// Variance of the covariate, 0 without one.
    pub(crate) covariate_variance: f64,
    /// Covariance of `z` and the covariate, 0 without one.
    pub(crate) covariance: f64,
}

/// One number per user: its mean and its variance.
#[derive(Clone, Copy)]
struct PerUser {
    mean: f64,
    variance: f64,
    mean_square: f64,
}

impl Moments {
    /// Reads the sums of `group`.
    ///
    /// # Errors
    ///
    /// Every reason for which a mean, its variance or its covariance is not defined.
    pub(crate) fn of(sums: &Sums, group: Group) -> Result<Self, Refusal> {
        match sums.users {
            0 => return Err(Refusal::NoUsers(group)),
            1 => return Err(Refusal::OneUser(group)),
            _ => {}
        }
        let reader = Reader {
            users: real(sums.users),
            group,
        };
        let value = reader.spread(sums.sum, sums.sum_of_squares, "the value")?;
        let mut moments = Self {
            users: reader.users,
            value: value.mean,
            variance: value.variance,
            covariate: 0.0,
            covariate_variance: 0.0,
            covariance: 0.0,
        };
        let mut scale = 1.0;
        let mut denominator = None;
        if let Some(of) = &sums.denominator {
            let spread = reader.spread(of.sum, of.sum_of_squares, "the denominator")?;
            if spread.mean == 0.0 {
                return Err(Refusal::ZeroDenominator(group));
            }
            let products = of.sum_of_products;
            let covariance = reader.covariance(value, spread, products, "value and denominator")?;
            let ratio = value.mean / spread.mean;
            scale = spread.mean;
            let rest = value.variance - 2.0 * ratio * covariance + ratio * ratio * spread.variance;
            let size = value.mean_square + ratio * ratio * spread.mean_square;
            moments.value = ratio;
            moments.variance = without_noise(rest, size) / scale / scale;
            denominator = Some(spread);
        }
        if let Some(of) = &sums.covariate {
            let spread = reader.spread(of.sum, of.sum_of_squares, "the covariate")?;
            let products = of.sum_of_products;
            let with_value = reader.covariance(value, spread, products, "value and covariate")?;
            let with_denominator = match denominator {
                Some(below) => {
                    let products = of.sum_of_denominator_products;
                    reader.covariance(below, spread, products, "denominator and covariate")?
                }
                None => 0.0,
            };
            moments.covariate = spread.mean;
            moments.covariate_variance = spread.variance;
            moments.covariance = (with_value - moments.value * with_denominator) / scale;
        }
        Ok(moments)
    }

    /// Variance per user of `weight * z - theta * covariate`.
    pub(crate) fn variance_of(&self, weight: f64, theta: f64) -> f64 {
        let value = weight * weight * self.variance;
        let covariate = theta * theta * self.covariate_variance;
        let rest = value - 2.0 * weight * theta * self.covariance + covariate;
        without_noise(rest, value + covariate)
    }
}

/// A variance that is zero if it is no more than what rounding leaves of numbers of this size.
fn without_noise(variance: f64, size: f64) -> f64 {
    if variance <= NOISE * size {
        0.0
    } else {
        variance
    }
}

/// Turns sums over the users of one group into means.
struct Reader {
    users: f64,
    group: Group,
}

impl Reader {
    fn finite(&self, value: f64, sum: &'static str) -> Result<(), Refusal> {
        let group = self.group;
        if value.is_finite() {
            Ok(())
        } else {
            Err(Refusal::NotFinite { group, sum })
        }
    }

    fn spread(&self, sum: f64, squares: f64, name: &'static str) -> Result<PerUser, Refusal> {
        self.finite(sum, name)?;
        self.finite(squares, name)?;
        let mean = sum / self.users;
        let mean_square = squares / self.users;
        let variance = mean_square - mean * mean;
        if !variance.is_finite() {
            return Err(Refusal::Overflow);
        }
        if variance < -CONTRADICTION * mean * mean || squares < 0.0 {
            let group = self.group;
            return Err(Refusal::ImpossibleSums { group, sums: name });
        }
        Ok(PerUser {
            mean,
            variance: without_noise(variance, mean_square) * self.users / (self.users - 1.0),
            mean_square,
        })
    }

    /// Covariance of two numbers, within what their variances allow (Cauchy and Schwarz).
    fn covariance(
        &self,
        a: PerUser,
        b: PerUser,
        products: f64,
        sums: &'static str,
    ) -> Result<f64, Refusal> {
        self.finite(products, sums)?;
        let mean = products / self.users - a.mean * b.mean;
        let covariance = mean * self.users / (self.users - 1.0);
        let limit = (a.variance * b.variance).sqrt();
        let slack = CONTRADICTION * (a.mean_square * b.mean_square).sqrt();
        if !(covariance.is_finite() && limit.is_finite() && slack.is_finite()) {
            return Err(Refusal::Overflow);
        }
        if covariance.abs() > limit * (1.0 + CONTRADICTION) + slack {
            let group = self.group;
            return Err(Refusal::ImpossibleSums { group, sums });
        }
        Ok(covariance.clamp(-limit, limit))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::float_cmp)]
mod tests {
    use super::*;
    use crate::sums::Denominator;

    fn of(sums: Sums) -> Result<Moments, Refusal> {
        Moments::of(&sums, Group::Control)
    }

    #[test]
    fn a_variance_is_that_of_a_sample() {
        let moments = of(Sums::mean(3, 6.0, 14.0)).unwrap();
        assert!((moments.value - 2.0).abs() < 1e-15);
        assert!((moments.variance - 1.0).abs() < 1e-15);
    }

    #[test]
    fn a_variance_that_rounding_made_is_zero() {
        for value in [0.1_f64, 0.7, 1.1, 3.3, 1e6 + 0.1] {
            let mut sums = Sums::mean(0, 0.0, 0.0);
            for _ in 0..1_000 {
                sums.users += 1;
                sums.sum += value;
                sums.sum_of_squares += value * value;
            }
            assert_eq!(of(sums).unwrap().variance, 0.0, "{value}");
        }
        let below = Sums::mean(1_000, 1_000.0, 1_000.0 - 1e-8);
        assert_eq!(of(below).unwrap().variance, 0.0);
    }

    #[test]
    fn a_variance_that_is_small_beside_the_mean_is_kept() {
        let half = Sums::mean(1_000, 500.0 * 1_001.0 + 500.0 * 999.0, 1e9 + 1e3);
        let variance = of(half).unwrap().variance;
        assert!((variance - 1_000.0 / 999.0).abs() < 1e-6, "{variance}");
    }

    #[test]
    fn squares_below_what_the_sum_demands_are_refused() {
        let refusal = of(Sums::mean(10, 100.0, 900.0)).unwrap_err();
        let group = Group::Control;
        let sums = "the value";
        assert_eq!(refusal, Refusal::ImpossibleSums { group, sums });
    }

    #[test]
    fn products_beyond_what_the_squares_allow_are_refused() {
        let ratio = Sums::mean(4, 10.0, 30.0).over(Denominator {
            sum: 10.0,
            sum_of_squares: 30.0,
            sum_of_products: 40.0,
        });
        let refusal = of(ratio).unwrap_err();
        assert!(
            refusal.to_string().contains("value and denominator"),
            "{refusal}"
        );
    }

    #[test]
    fn a_ratio_of_a_number_to_itself_has_no_variance() {
        let same = Sums::mean(4, 10.0, 30.0).over(Denominator {
            sum: 10.0,
            sum_of_squares: 30.0,
            sum_of_products: 30.0,
        });
        let moments = of(same).unwrap();
        assert_eq!((moments.value, moments.variance), (1.0, 0.0));
    }
}
