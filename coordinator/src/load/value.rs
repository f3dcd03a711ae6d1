//! Maps a value of a file to the text of a column's type, which the database reads without doubt.

use std::borrow::Cow;

use jiff::{Timestamp, civil, fmt::strtime, tz::TimeZone};

use super::{
    declaration::{ColumnType, FileColumn},
    tree::check_tree,
    wording::shown,
};

/// Letters of a decimal number, and its greatest exponent.
const MAX_NUMERIC_LETTERS: usize = 1_000;
const MAX_EXPONENT: u32 = 1_000;

/// A value as a file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given<'f> {
    /// Nothing, or null.
    Nothing,
    /// True or false.
    Bool(bool),
    /// A number, as it is written.
    Number(Cow<'f, str>),
    /// Text.
    Text(Cow<'f, str>),
    /// The text of any JSON, not checked yet.
    Tree(Cow<'f, str>),
}

/// Maps a value to a column in a zone; `None` is null.
///
/// # Errors
///
/// Why it cannot be mapped, in words that continue "column x:".
pub fn map(
    given: Given<'_>,
    column: &FileColumn,
    zone: &TimeZone,
) -> Result<Option<String>, String> {
    if given == Given::Nothing {
        return if column.required {
            Err("it is required, and has no value".to_owned())
        } else {
            Ok(None)
        };
    }
    if column.kind == ColumnType::Jsonb {
        return tree(given).map(Some);
    }
    let text = match given {
        Given::Nothing => return Ok(None),
        Given::Bool(value) if matches!(column.kind, ColumnType::Boolean | ColumnType::Text) => {
            return Ok(Some(value.to_string()));
        }
        Given::Bool(value) => return Err(not_a(&value.to_string(), name_of(column.kind))),
        Given::Number(number) if column.kind == ColumnType::Boolean => {
            return Err(not_a(&number, "true or false"));
        }
        Given::Number(text) | Given::Text(text) => text,
        Given::Tree(tree) => {
            return Err(format!(
                "{} is an object or an array: use the type jsonb, or a pointer to a part of it",
                shown(&tree)
            ));
        }
    };
    match column.kind {
        ColumnType::Text => without_zero(text.into_owned()),
        ColumnType::Integer => whole(&text, i64::from(i32::MIN), i64::from(i32::MAX)),
        ColumnType::Bigint => whole(&text, i64::MIN, i64::MAX),
        ColumnType::Numeric => numeric(&text),
        ColumnType::Float => float(&text),
        ColumnType::Boolean => boolean(&text),
        ColumnType::Date => date(&text, column.format.as_deref()),
        ColumnType::Timestamptz => moment(&text, column.format.as_deref(), zone),
        ColumnType::Jsonb => Ok(text.into_owned()),
    }
    .map(Some)
}

fn name_of(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Text => "a text",
        ColumnType::Integer | ColumnType::Bigint => "a whole number",
        ColumnType::Numeric | ColumnType::Float => "a number",
        ColumnType::Boolean => "true or false",
        ColumnType::Date => "a date such as 2026-11-30",
        ColumnType::Timestamptz => "a time with its zone such as 2026-11-30T18:00:00Z",
        ColumnType::Jsonb => "JSON",
    }
}

fn not_a(value: &str, what: &str) -> String {
    format!("{} is not {what}", shown(value))
}

fn without_zero(text: String) -> Result<String, String> {
    if text.contains('\0') {
        Err("it has a zero byte, which no text of the database can have".to_owned())
    } else {
        Ok(text)
    }
}

fn tree(given: Given<'_>) -> Result<String, String> {
    match given {
        Given::Nothing => Ok("null".to_owned()),
        Given::Bool(value) => Ok(value.to_string()),
        Given::Text(text) => {
            let text = without_zero(text.into_owned())?;
            Ok(serde_json::Value::String(text).to_string())
        }
        Given::Number(text) | Given::Tree(text) => {
            check_tree(&text)?;
            Ok(text.into_owned())
        }
    }
}

fn whole(text: &str, least: i64, most: i64) -> Result<String, String> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(not_a(text, "a whole number"));
    }
    match text.parse::<i64>() {
        Ok(number) if (least..=most).contains(&number) => Ok(number.to_string()),
        _ => Err(format!(
            "{} is out of the range {least} to {most}",
            shown(text)
        )),
    }
}

/// Whether a text is a decimal number that the database stores as it is.
#[must_use]
pub fn is_numeric(text: &str) -> bool {
    let (number, exponent) = text
        .split_once(['e', 'E'])
        .map_or((text, None), |(number, exponent)| (number, Some(exponent)));
    let number = number.strip_prefix(['-', '+']).unwrap_or(number);
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let are_digits = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
    text.len() <= MAX_NUMERIC_LETTERS
        && !(whole.is_empty() && part.is_empty())
        && are_digits(whole)
        && are_digits(part)
        && exponent.is_none_or(|exponent| {
            let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
            are_digits(digits) && digits.parse::<u32>().is_ok_and(|size| size <= MAX_EXPONENT)
        })
}

fn numeric(text: &str) -> Result<String, String> {
    if is_numeric(text) {
        Ok(text.to_owned())
    } else {
        Err(not_a(
            text,
            "a decimal number of at most 1,000 digits and an exponent to 1,000",
        ))
    }
}

fn float(text: &str) -> Result<String, String> {
    if !is_numeric(text) {
        return Err(not_a(text, "a number"));
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(format!("{number:e}")),
        _ => Err(format!("{} is out of the range of a float", shown(text))),
    }
}

fn boolean(text: &str) -> Result<String, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "1" => Ok("true".to_owned()),
        "false" | "f" | "0" => Ok("false".to_owned()),
        _ => Err(not_a(text, "true or false")),
    }
}

fn date(text: &str, format: Option<&str>) -> Result<String, String> {
    let written = format.unwrap_or("%Y-%m-%d");
    match strtime::parse(written, text).and_then(|read| read.to_date()) {
        Ok(date) if (1..=9999).contains(&date.year()) => Ok(date.to_string()),
        _ => Err(not_a_time(text, format, "a date such as 2026-11-30")),
    }
}

fn moment(text: &str, format: Option<&str>, zone: &TimeZone) -> Result<String, String> {
    let name = name_of(ColumnType::Timestamptz);
    let read = match format {
        None => text.parse::<Timestamp>().ok(),
        Some("unix") => text
            .parse()
            .ok()
            .and_then(|seconds| Timestamp::from_second(seconds).ok()),
        Some("unix_ms") => text
            .parse()
            .ok()
            .and_then(|millis| Timestamp::from_millisecond(millis).ok()),
        Some(format) => match strtime::parse(format, text) {
            Ok(read) if read.offset().is_some() || read.timestamp().is_some() => {
                read.to_timestamp().ok()
            }
            Ok(read) => match read.to_datetime() {
                Ok(local) => Some(in_zone(local, zone)?),
                Err(_) => None,
            },
            Err(_) => None,
        },
    };
    let Some(read) = read else {
        return Err(not_a_time(text, format, name));
    };
    let year = TimeZone::UTC.to_datetime(read).year();
    if (1..=9999).contains(&year) {
        Ok(read.to_string())
    } else {
        Err(not_a_time(text, format, name))
    }
}

fn not_a_time(text: &str, format: Option<&str>, name: &str) -> String {
    match format {
        Some(format) => format!("{} is not written as {format}", shown(text)),
        None => not_a(text, name),
    }
}

/// A local time that a change of the clocks leaves out or repeats is no moment: nothing is guessed.
fn in_zone(local: civil::DateTime, zone: &TimeZone) -> Result<Timestamp, String> {
    zone.to_ambiguous_timestamp(local)
        .unambiguous()
        .map_err(|_| {
            format!("{local} is there twice or never, as clocks change then; give it with its zone")
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn column(kind: ColumnType, format: Option<&str>) -> FileColumn {
        FileColumn {
            name: "n".to_owned(),
            kind,
            from: "n".to_owned(),
            required: false,
            format: format.map(str::to_owned),
        }
    }

    fn of(text: &str, kind: ColumnType, format: Option<&str>) -> Result<String, String> {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let given = Given::Text(Cow::Borrowed(text));
        map(given, &column(kind, format), &zone).map(Option::unwrap)
    }

    #[test]
    fn numbers_keep_all_their_digits_and_their_range() {
        assert_eq!(of("+7", ColumnType::Integer, None).unwrap(), "7");
        assert_eq!(
            of("-9223372036854775808", ColumnType::Bigint, None).unwrap(),
            "-9223372036854775808"
        );
        let exact = "12345678901234567890.12345678901234567890";
        assert_eq!(of(exact, ColumnType::Numeric, None).unwrap(), exact);
        assert_eq!(of("1.5", ColumnType::Float, None).unwrap(), "1.5e0");
        for (text, kind) in [
            ("2147483648", ColumnType::Integer),
            ("9223372036854775808", ColumnType::Bigint),
            ("1.0", ColumnType::Bigint),
            (" 1", ColumnType::Bigint),
            ("", ColumnType::Bigint),
            ("-", ColumnType::Bigint),
            ("0x10", ColumnType::Bigint),
            ("NaN", ColumnType::Numeric),
            ("Infinity", ColumnType::Float),
            ("1e400", ColumnType::Float),
            ("1e1001", ColumnType::Numeric),
            ("1e99999999999", ColumnType::Numeric),
            (".", ColumnType::Numeric),
            ("1e", ColumnType::Numeric),
            ("1_000", ColumnType::Numeric),
        ] {
            assert!(of(text, kind, None).is_err(), "{text} {kind:?}");
        }
        assert!(of(&"9".repeat(1_001), ColumnType::Numeric, None).is_err());
    }

    #[test]
    fn times_are_read_in_their_zone_or_refused() {
        let time = ColumnType::Timestamptz;
        let local = Some("%d.%m.%Y %H:%M");
        assert_eq!(
            of("2026-07-01T12:00:00+02:00", time, None).unwrap(),
            "2026-07-01T10:00:00Z"
        );
        assert_eq!(
            of("01.07.2026 12:00", time, local).unwrap(),
            "2026-07-01T10:00:00Z"
        );
        assert_eq!(
            of("1780000000123", time, Some("unix_ms")).unwrap(),
            "2026-05-28T20:26:40.123Z"
        );
        assert_eq!(
            of("20261130", ColumnType::Date, Some("%Y%m%d")).unwrap(),
            "2026-11-30"
        );
        // Without a zone, twice, never, and out of the range of the calendar.
        for (text, format) in [
            ("2026-07-01T12:00:00", None),
            ("25.10.2026 02:30", local),
            ("29.03.2026 02:30", local),
            ("9999999999999", Some("unix")),
            ("yesterday", None),
        ] {
            assert!(of(text, time, format).is_err(), "{text}");
        }
        assert!(of("2026-02-30", ColumnType::Date, None).is_err());
        assert!(of("2026-11-30 x", ColumnType::Date, None).is_err());
    }

    #[test]
    fn a_value_of_another_kind_is_refused() {
        let zone = TimeZone::UTC;
        let text = column(ColumnType::Text, None);
        let tree = map(Given::Tree("{}".into()), &text, &zone).unwrap_err();
        assert!(tree.contains("use the type jsonb"), "{tree}");
        assert!(of("a\0b", ColumnType::Text, None).is_err());
        assert!(of("a\0b", ColumnType::Jsonb, None).is_err());
        let count = column(ColumnType::Bigint, None);
        assert!(map(Given::Bool(true), &count, &zone).is_err());
        let flag = column(ColumnType::Boolean, None);
        assert!(map(Given::Number("1".into()), &flag, &zone).is_err());
        assert_eq!(map(Given::Nothing, &flag, &zone), Ok(None));
        let required = FileColumn {
            required: true,
            ..flag
        };
        assert!(map(Given::Nothing, &required, &zone).is_err());
    }
}
