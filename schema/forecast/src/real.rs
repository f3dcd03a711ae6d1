//! Whole numbers as floats.

/// A count of rows, days or minutes as a float; exact up to the largest `i32`, which stands for more.
pub(crate) fn real(count: impl TryInto<i32>) -> f64 {
    f64::from(count.try_into().unwrap_or(i32::MAX))
}
