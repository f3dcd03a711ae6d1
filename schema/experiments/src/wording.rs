//! Numbers as people read them.

/// The most decimals that are written.
const MAX_DECIMALS: usize = 12;

/// A number with three digits that say something.
pub(crate) fn number(value: f64) -> String {
    let mut scale = value.abs();
    let mut decimals = 0;
    while scale < 99.95 && scale > 0.0 && decimals < MAX_DECIMALS {
        scale *= 10.0;
        decimals += 1;
    }
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        let text = text.trim_end_matches('0').trim_end_matches('.');
        return if text == "-0" { "0" } else { text }.to_owned();
    }
    text
}

/// A share as a percentage.
pub(crate) fn percent(share: f64) -> String {
    format!("{} %", number(100.0 * share))
}

/// A p-value, with its sign.
pub(crate) fn p_value(p: f64) -> String {
    if p < 0.0001 {
        "p < 0.0001".to_owned()
    } else {
        format!("p = {}", number(p))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_that_say_something() {
        assert_eq!(number(0.0), "0");
        assert_eq!(number(12_345.6), "12346");
        assert_eq!(number(-1.234_56), "-1.23");
        assert_eq!(number(0.000_123_4), "0.000123");
        assert_eq!(number(1e-30), "0");
        assert_eq!(percent(0.032), "3.2 %");
        assert_eq!(p_value(1e-9), "p < 0.0001");
        assert_eq!(p_value(0.012_34), "p = 0.0123");
    }
}
