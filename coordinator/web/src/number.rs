//! Numbers of one kind as those of another.

/// A count with a fraction, for shares and drawings; exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "no count here reaches 2^53")]
pub(crate) fn float(count: impl TryInto<i64>) -> f64 {
    count.try_into().unwrap_or(i64::MAX) as f64
}

/// The nearest whole number.
#[expect(
    clippy::cast_possible_truncation,
    reason = "what is beyond the range becomes its end"
)]
pub(crate) fn whole(value: f64) -> i64 {
    value.round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_exact_and_a_value_is_rounded_within_the_range() {
        assert_eq!((float(3_usize), float(-2_i64)), (3.0, -2.0));
        assert_eq!((whole(2.5), whole(-0.4), whole(f64::NAN)), (3, 0, 0));
        assert_eq!(whole(f64::INFINITY), i64::MAX);
    }
}
