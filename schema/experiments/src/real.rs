//! Whole numbers as floats.

/// Two to the power of 32.
const HIGH_WORD: f64 = 4_294_967_296.0;

/// A count as a float, exact up to two to the power of 53.
pub(crate) fn real(count: u64) -> f64 {
    let word = |bits: u64| f64::from(u32::try_from(bits).unwrap_or(u32::MAX));
    word(count >> 32) * HIGH_WORD + word(count & 0xFFFF_FFFF)
}

#[cfg(test)]
mod tests {
    use super::real;

    #[test]
    #[allow(clippy::float_cmp)]
    fn counts_of_more_than_32_bits_are_exact() {
        assert_eq!(real(0), 0.0);
        assert_eq!(real(9_007_199_254_740_991), 9_007_199_254_740_991.0);
    }
}
