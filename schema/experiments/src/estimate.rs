//! How much the variation differs from the control, and how exactly that is known.

use crate::moments::Moments;
use crate::refusal::{Group, Refusal};
use crate::student_t::two_sided_p;
use crate::sums::Sums;

/// A relative change is given only if the control is at least so many standard errors from zero.
///
/// Nearer to zero, the ratio of two means is far from normal, and its interval covers too little.
pub const MIN_CONTROL_STANDARD_ERRORS: f64 = 4.0;

/// A difference and its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The difference, in the unit of the metric, or as a share of the control.
    pub value: f64,
    /// Standard error of the value, in its unit.
    pub standard_error: f64,
    /// Degrees of freedom of the standard error (Satterthwaite, 1946).
    pub degrees_of_freedom: f64,
    /// Users of both groups.
    pub users: f64,
}

/// What the sums say of control and variation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimates {
    /// Mean, share or ratio of the control, without adjustment.
    pub control: f64,
    /// Mean, share or ratio of the variation, without adjustment.
    pub variation: f64,
    /// Variation less control, adjusted by the covariate.
    pub difference: Estimate,
    /// The difference as a share of the size of the control; none if the control is near zero.
    pub lift: Option<Estimate>,
    /// What the covariate did, if there is one that varies.
    pub adjustment: Option<Adjustment>,
    /// Whether all users of the control have the same value.
    pub control_is_constant: bool,
    /// Whether all users of the variation have the same value.
    pub variation_is_constant: bool,
}

/// What a covariate did to the difference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adjustment {
    /// What one unit of the covariate takes off the metric.
    pub theta: f64,
    /// Share by which the variance of the difference became smaller; below zero if it grew.
    pub variance_reduction: f64,
    /// Probability that chance alone makes the covariates of the groups differ so much (Welch).
    ///
    /// The exposure cannot have changed them, so a tiny probability says that users were not
    /// assigned at random.
    pub imbalance_p: f64,
}

/// Compares the sums of a variation with those of the control.
///
/// - A mean or a share: the difference of means; its variance is the sum of both (Welch, 1947).
/// - A ratio: the same with the delta method (Deng, Knoblich and Lu, 2018).
/// - With a covariate: both values less `theta` times the mean of the covariate (CUPED; Deng, Xu,
///   Kohavi and Walker, "Improving the Sensitivity of Online Controlled Experiments by Utilizing
///   Pre-Experiment Data", 2013). `theta` is pooled within both groups, so the difference is that
///   of a linear regression on group and covariate.
/// - The lift: the difference divided by the size of the control's value before adjustment, so that
///   both agree, with the delta method for the division.
///
/// # Errors
///
/// Sums that are missing, contradict each other or have no variance in either group.
pub fn estimate(control: &Sums, variation: &Sums) -> Result<Estimates, Refusal> {
    if control.denominator.is_some() != variation.denominator.is_some()
        || control.covariate.is_some() != variation.covariate.is_some()
    {
        return Err(Refusal::DifferentMetrics);
    }
    let of_control = Moments::of(control, Group::Control)?;
    let of_variation = Moments::of(variation, Group::Variation)?;
    Pair {
        control: of_control,
        variation: of_variation,
    }
    .estimates()
}

/// The moments of both groups.
struct Pair {
    control: Moments,
    variation: Moments,
}

impl Pair {
    fn estimates(&self) -> Result<Estimates, Refusal> {
        let (control, variation) = (&self.control, &self.variation);
        if control.variance == 0.0 && variation.variance == 0.0 {
            return Err(Refusal::ZeroVariance);
        }
        let theta = self.theta();
        let by = theta.unwrap_or(0.0);
        let value =
            variation.value - control.value - by * (variation.covariate - control.covariate);
        let difference = self.with_error(value, [1.0, 1.0], by)?;
        if difference.standard_error == 0.0 {
            return Err(Refusal::ZeroVariance);
        }
        Ok(Estimates {
            control: control.value,
            variation: variation.value,
            difference,
            lift: self.lift(value, by)?,
            adjustment: theta
                .map(|theta| self.adjustment(theta, &difference))
                .transpose()?,
            control_is_constant: control.variance == 0.0,
            variation_is_constant: variation.variance == 0.0,
        })
    }

    /// The slope of the value over the covariate, pooled within groups; none if nothing varies.
    fn theta(&self) -> Option<f64> {
        let pooled = |of: fn(&Moments) -> f64| {
            (self.control.users - 1.0) * of(&self.control)
                + (self.variation.users - 1.0) * of(&self.variation)
        };
        let variance = pooled(|moments| moments.covariate_variance);
        (variance > 0.0).then(|| pooled(|moments| moments.covariance) / variance)
    }

    fn adjustment(&self, theta: f64, adjusted: &Estimate) -> Result<Adjustment, Refusal> {
        let plain = self.with_error(adjusted.value, [1.0, 1.0], 0.0)?;
        let covariates = self.variation.covariate - self.control.covariate;
        // The covariates alone: values with weight zero, and each covariate once.
        let imbalance = self.with_error(covariates, [0.0, 0.0], 1.0)?;
        let t = imbalance.value / imbalance.standard_error;
        Ok(Adjustment {
            theta,
            variance_reduction: 1.0 - (adjusted.standard_error / plain.standard_error).powi(2),
            imbalance_p: two_sided_p(t, imbalance.degrees_of_freedom),
        })
    }

    fn lift(&self, difference: f64, theta: f64) -> Result<Option<Estimate>, Refusal> {
        let control = self.control.value;
        let size = control.abs();
        let error = (self.control.variance / self.control.users).sqrt();
        if size == 0.0 || size < MIN_CONTROL_STANDARD_ERRORS * error {
            return Ok(None);
        }
        let lift = difference / size;
        // The derivative of the lift by the control's value has another part: that of the divisor.
        let weights = [1.0 + lift * control.signum(), 1.0];
        let unscaled = self.with_error(difference, weights, theta)?;
        let estimate = Estimate {
            value: lift,
            standard_error: unscaled.standard_error / size,
            ..unscaled
        };
        // Values so small or so large that their quotient vanishes or overflows have no lift.
        Ok((estimate.standard_error > 0.0
            && estimate.standard_error.is_finite()
            && lift.is_finite())
        .then_some(estimate))
    }

    /// The standard error of a difference, with the weights of control and variation in it.
    fn with_error(&self, value: f64, weights: [f64; 2], theta: f64) -> Result<Estimate, Refusal> {
        let part =
            |moments: &Moments, weight: f64| moments.variance_of(weight, theta) / moments.users;
        let control = part(&self.control, weights[0]);
        let variation = part(&self.variation, weights[1]);
        let variance = control + variation;
        // As shares, because squares of small variances would vanish.
        let shares = (control / variance, variation / variance);
        let inverse = shares.0 * shares.0 / (self.control.users - 1.0)
            + shares.1 * shares.1 / (self.variation.users - 1.0);
        let estimate = Estimate {
            value,
            standard_error: variance.sqrt(),
            degrees_of_freedom: if variance > 0.0 { 1.0 / inverse } else { 1.0 },
            users: self.control.users + self.variation.users,
        };
        if value.is_finite()
            && estimate.standard_error.is_finite()
            && estimate.degrees_of_freedom.is_finite()
        {
            Ok(estimate)
        } else {
            Err(Refusal::Overflow)
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::float_cmp)]
mod tests {
    use super::*;
    use crate::sums::Covariate;

    #[test]
    fn a_lift_times_the_control_is_the_difference() {
        let control = Sums::proportion(1_000, 100);
        let estimates = estimate(&control, &Sums::proportion(1_000, 130)).unwrap();
        let lift = estimates.lift.unwrap();
        assert!((lift.value - 0.3).abs() < 1e-12);
        assert!((lift.value * estimates.control - estimates.difference.value).abs() < 1e-15);
    }

    #[test]
    fn a_control_near_zero_has_no_lift() {
        let few = Sums::proportion(1_000, 9);
        let estimates = estimate(&few, &Sums::proportion(1_000, 30)).unwrap();
        assert_eq!(estimates.lift, None);
    }

    #[test]
    fn a_rise_from_a_negative_control_is_a_positive_lift() {
        let (low, high) = (
            Sums::mean(100, -500.0, 2_600.0),
            Sums::mean(100, -400.0, 1_700.0),
        );
        let lift = estimate(&low, &high).unwrap().lift.unwrap();
        assert!((lift.value - 0.2).abs() < 1e-12);
    }

    #[test]
    fn a_covariate_that_does_not_vary_changes_nothing() {
        let constant = |sums: Sums| {
            let users = crate::real::real(sums.users);
            sums.with_covariate(Covariate {
                sum: users,
                sum_of_squares: users,
                sum_of_products: sums.sum,
                sum_of_denominator_products: 0.0,
            })
        };
        let (control, variation) = (Sums::proportion(500, 100), Sums::proportion(500, 120));
        let plain = estimate(&control, &variation).unwrap();
        let adjusted = estimate(&constant(control), &constant(variation)).unwrap();
        assert_eq!(plain, adjusted);
    }

    #[test]
    fn users_who_all_have_one_value_are_refused() {
        let same = Sums::mean(100, 300.0, 900.0);
        assert_eq!(estimate(&same, &same), Err(Refusal::ZeroVariance));
    }

    #[test]
    fn sums_that_overflow_are_refused() {
        let huge = Sums::mean(100, 1e200, f64::MAX);
        assert_eq!(estimate(&huge, &huge), Err(Refusal::Overflow));
    }
}
