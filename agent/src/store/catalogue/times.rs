//! Instants and days of the language as the database has them.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use jiff::Timestamp;

/// Converts an instant; `None` if it is out of range.
pub(super) fn chrono_instant(at: Timestamp) -> Option<DateTime<Utc>> {
    let nanos = u32::try_from(at.subsec_nanosecond()).unwrap_or(0);
    DateTime::from_timestamp(at.as_second(), nanos)
}

/// Converts a day; `None` if it is out of range.
pub(super) fn chrono_date(on: jiff::civil::Date) -> Option<NaiveDate> {
    let first = NaiveDate::from_ymd_opt(i32::from(on.year()), 1, 1)?;
    first
        .with_month(u32::try_from(on.month()).ok()?)?
        .with_day(u32::try_from(on.day()).ok()?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_day_of_a_leap_year_is_the_same_day() {
        for (month, day) in [(1, 31), (2, 29), (12, 31)] {
            let date = jiff::civil::date(2028, month, day);
            assert_eq!(chrono_date(date).unwrap().to_string(), date.to_string());
        }
    }
}
