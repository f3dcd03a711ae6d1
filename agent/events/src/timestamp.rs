//! Reads a time: RFC 3339, or seconds or milliseconds since 1970.
//!
//! A number below 100,000,000,000 counts seconds (up to the year 5138), a larger one milliseconds.
//! Times before 2000 are refused: they are zeros and small counters, not times of events.

use chrono::{DateTime, SubsecRound, Utc};
use serde_json::Value;

use crate::text::{describe, quote};

/// 2000-01-01, in seconds since 1970.
const MIN_SECONDS: i64 = 946_684_800;

/// 3000-01-01, in seconds since 1970.
const MAX_SECONDS: i64 = 32_503_680_000;

/// From here on a number counts milliseconds.
const MIN_MILLISECONDS: f64 = 1e11;

/// Returns the time that `value` is, in whole microseconds, which is what Postgres stores.
///
/// # Errors
///
/// Fails with the rest of the sentence `"timestamp" is …` for what is not a time between 2000 and
/// 3000, and for a text without a time zone.
pub(crate) fn parse(value: &Value) -> Result<DateTime<Utc>, String> {
    let time = match value {
        Value::Number(number) => number.as_f64().and_then(from_number),
        Value::String(text) => from_text(text.trim())?,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let time = time.ok_or_else(|| {
        format!(
            "{}, not a time: send RFC 3339 such as 2026-03-01T20:15:00Z, or milliseconds since 1970",
            describe(value)
        )
    })?;
    if !(MIN_SECONDS..MAX_SECONDS).contains(&time.timestamp()) {
        return Err(format!(
            "{}, which is not between the years 2000 and 3000: check the unit of the number",
            describe(value)
        ));
    }
    Ok(time.trunc_subsecs(6))
}

fn from_text(text: &str) -> Result<Option<DateTime<Utc>>, String> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(Some(time.to_utc()));
    }
    if DateTime::parse_from_rfc3339(&format!("{text}Z")).is_ok() {
        return Err(format!(
            "{}, which has no time zone: add Z or an offset",
            quote(text)
        ));
    }
    let is_number = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    Ok(text
        .parse()
        .ok()
        .filter(|_| is_number)
        .and_then(from_number))
}

fn from_number(number: f64) -> Option<DateTime<Utc>> {
    let milliseconds = if number.abs() < MIN_MILLISECONDS {
        number * 1e3
    } else {
        number
    };
    // A double counts microseconds exactly up to the year 2255.
    let microseconds = (milliseconds * 1e3).round();
    // `as` saturates, and what saturates is out of range below.
    #[expect(clippy::cast_possible_truncation)]
    let microseconds = microseconds as i64;
    DateTime::from_timestamp_micros(microseconds)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    #[track_caller]
    fn time(value: &Value) -> String {
        parse(value).unwrap().to_rfc3339()
    }

    #[test]
    fn every_form_of_a_time_is_read() {
        let expected = "2026-03-01T20:15:00.250+00:00";
        for value in [
            json!("2026-03-01T20:15:00.250Z"),
            json!("2026-03-01T21:15:00.25+01:00"),
            json!("2026-03-01 20:15:00.250000999Z"),
            json!(1_772_396_100_250_i64),
            json!(1_772_396_100.25),
            json!("1772396100250"),
            json!("1772396100.25"),
        ] {
            assert_eq!(time(&value), expected, "{value}");
        }
    }

    #[test]
    fn what_is_not_a_time_is_refused_with_the_value() {
        for value in [
            json!("yesterday"),
            json!(""),
            json!(true),
            json!({}),
            json!("NaN"),
            json!("inf"),
            json!("1e12"),
            json!("1.7.2"),
            json!("2026-02-30T00:00:00Z"),
        ] {
            let reason = parse(&value).unwrap_err();
            assert!(reason.contains("not a time"), "{reason}");
        }
    }

    #[test]
    fn zero_and_microseconds_are_refused_as_out_of_range() {
        for value in [
            json!(0),
            json!(-1),
            json!(500_000_000_000_i64),
            json!(1_772_396_100_250_000_i64),
            json!("1970-01-01T00:00:00Z"),
            json!("9999-01-01T00:00:00Z"),
        ] {
            let reason = parse(&value).unwrap_err();
            assert!(reason.contains("between the years"), "{value}: {reason}");
        }
        assert!(parse(&json!(f64::MAX)).is_err());
    }

    #[test]
    fn a_time_without_a_zone_is_refused() {
        let reason = parse(&json!("2026-03-01T20:15:00")).unwrap_err();
        assert!(reason.contains("no time zone"), "{reason}");
    }
}
