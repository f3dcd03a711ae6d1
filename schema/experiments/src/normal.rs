//! The standard normal distribution.

use std::f64::consts::SQRT_2;

use statrs::function::erf::{erfc, erfc_inv};

/// Share of the distribution above `z`.
pub(crate) fn share_above(z: f64) -> f64 {
    erfc(z / SQRT_2) / 2.0
}

/// The `z` that a share `p` of the distribution is above.
pub(crate) fn quantile_above(p: f64) -> f64 {
    SQRT_2 * erfc_inv(2.0 * p)
}
