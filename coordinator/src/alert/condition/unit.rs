//! Units of values, as people read them.

/// The unit of a value and its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A number of things.
    Count,
    /// Seconds.
    Seconds,
    /// Minutes.
    Minutes,
    /// Hours.
    Hours,
    /// Days.
    Days,
    /// A share of one.
    Share,
    /// Bytes.
    Bytes,
}

impl Unit {
    /// Writes a value with its unit.
    #[must_use]
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Count => number(value),
            Self::Seconds => format!("{} s", number(value)),
            Self::Minutes => format!("{} min", number(value)),
            Self::Hours => format!("{} h", number(value)),
            Self::Days => format!("{} days", number(value)),
            Self::Share => format!("{} %", number(value * 100.0)),
            Self::Bytes => format!("{} GB", number(value / 1e9)),
        }
    }
}

/// Writes a number with one decimal, or with none where it is whole or large.
fn number(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    if rounded.fract() == 0.0 || rounded.abs() >= 100.0 {
        format!("{rounded:.0}")
    } else {
        format!("{rounded:.1}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_as_many_digits_as_a_person_reads() {
        assert_eq!(Unit::Count.show(3.0), "3");
        assert_eq!(Unit::Hours.show(1.25), "1.3 h");
        assert_eq!(Unit::Hours.show(123.4), "123 h");
        assert_eq!(Unit::Share.show(0.125), "12.5 %");
        assert_eq!(Unit::Bytes.show(10_000_000_000.0), "10 GB");
    }
}
