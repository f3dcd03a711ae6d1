//! Numbers, spans of time and instants as text.

use actix_web::HttpRequest;
use chrono::{DateTime, Utc};
use jiff::{Timestamp, tz::TimeZone};
use schema::reading::Counted;

use crate::number::{float, whole};

/// The zone in which a page shows times; chosen by `?zone=`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Zone {
    /// The zone of the cinema where a time belongs to one, else UTC: the default.
    #[default]
    Cinema,
    /// UTC everywhere.
    Utc,
    /// The zone of the browser: its script replaces what the server wrote in UTC.
    Browser,
}

impl Zone {
    /// Reads the choice from the address of a page.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        let chosen = request
            .query_string()
            .split('&')
            .find_map(|pair| pair.strip_prefix("zone="));
        match chosen {
            Some("utc") => Self::Utc,
            Some("browser") => Self::Browser,
            _ => Self::Cinema,
        }
    }

    /// The choice as the address has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cinema => "cinema",
            Self::Utc => "utc",
            Self::Browser => "browser",
        }
    }

    /// The choice in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Cinema => "UTC, and in the cinema’s zone on showtimes",
            Self::Utc => "UTC",
            Self::Browser => "in your browser’s zone",
        }
    }

    /// The zone in which a time of a cinema is shown; none is UTC.
    #[must_use]
    pub fn of_cinema(self, zone: &str) -> Option<&str> {
        (self == Self::Cinema).then_some(zone)
    }

    /// Writes an instant in this zone; `cinema` is the IANA name of the cinema's.
    #[must_use]
    pub fn write(self, at: DateTime<Utc>, cinema: Option<&str>) -> String {
        let zone = match (self, cinema) {
            (Self::Cinema, Some(name)) => TimeZone::get(name).ok(),
            _ => None,
        };
        write_in(at, zone, "%-d %b %Y, %H:%M:%S")
    }
}

/// Writes an instant in the zone of that name, or in UTC, as strftime has it.
#[must_use]
pub fn in_zone(at: &DateTime<Utc>, zone: Option<&str>, format: &str) -> String {
    write_in(*at, zone.and_then(|name| TimeZone::get(name).ok()), format)
}

/// The place that a zone is named after: `Paris` of `Europe/Paris`.
#[must_use]
pub fn place(zone: &str) -> String {
    zone.rsplit('/').next().unwrap_or(zone).replace('_', " ")
}

fn write_in(at: DateTime<Utc>, zone: Option<TimeZone>, format: &str) -> String {
    let Ok(timestamp) = Timestamp::from_second(at.timestamp()) else {
        return at.to_rfc3339();
    };
    let zoned = timestamp.to_zoned(zone.unwrap_or(TimeZone::UTC));
    zoned.strftime(format).to_string()
}

/// Writes an instant in UTC, to the second.
#[must_use]
pub fn utc(at: &DateTime<Utc>) -> String {
    write_in(*at, None, "%-d %b %Y, %H:%M:%S")
}

/// Writes the time of day in UTC.
#[must_use]
pub fn clock(at: &DateTime<Utc>) -> String {
    write_in(*at, None, "%H:%M:%S")
}

/// Writes an instant as the attribute `datetime` of an element `time`.
#[must_use]
pub fn machine(at: &DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Writes a count with its digits in groups of three: `55 270`.
#[must_use]
pub fn grouped(count: i64) -> String {
    let digits = count.unsigned_abs().to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    if count < 0 {
        format!("−{text}")
    } else {
        text
    }
}

/// Writes a value without decimals, its digits in groups.
#[must_use]
pub fn rounded(value: f64) -> String {
    grouped(whole(value))
}

/// Writes a count that ends at a bound: `10 000+` if there are more.
#[must_use]
pub fn bounded(counted: Counted) -> String {
    let more = if counted.is_more { "+" } else { "" };
    format!("{}{more}", grouped(counted.count))
}

/// Writes how many there are of something: `1 pod`, `2 pods`.
#[must_use]
pub fn counted(count: impl TryInto<i64>, noun: &str) -> String {
    let count = count.try_into().unwrap_or(i64::MAX);
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Writes a span of time in the largest unit that fits: `38 ms`, `12 s`, `6 min`, `3 h`, `2 d`.
#[must_use]
pub fn span(seconds: f64) -> String {
    let seconds = seconds.max(0.0);
    match seconds {
        0.0 => "0 s".to_owned(),
        s if s < 0.000_999_5 => format!("{:.0} µs", s * 1e6),
        s if s < 0.9995 => format!("{:.0} ms", s * 1e3),
        s if s < 9.95 => format!("{s:.1} s"),
        s if s < 99.5 => format!("{s:.0} s"),
        s if s < 99.5 * 60.0 => format!("{:.0} min", s / 60.0),
        s if s < 48.0 * 3600.0 => format!("{:.0} h", s / 3600.0),
        s => format!("{:.0} d", s / 86_400.0),
    }
}

/// Writes a span of time as [`span`] does, without fractions of a second.
#[must_use]
pub fn whole_seconds(seconds: f64) -> String {
    match seconds.floor() {
        s if s < 9.95 => format!("{:.0} s", s.max(0.0)),
        s => span(s),
    }
}

/// Writes how far an instant is from `now`: `in 6 h`, `2 d ago`.
#[must_use]
pub fn relative(at: &DateTime<Utc>, now: &DateTime<Utc>) -> String {
    if at <= now {
        return ago(at, now);
    }
    let seconds = (*at - *now).as_seconds_f64();
    format!("in {}", whole_seconds(seconds.max(1.0)))
}

/// Writes how long ago an instant was, from `now` of the same clock.
#[must_use]
pub fn ago(at: &DateTime<Utc>, now: &DateTime<Utc>) -> String {
    let seconds = (*now - *at).as_seconds_f64();
    if seconds < 1.0 {
        "now".to_owned()
    } else {
        format!("{} ago", whole_seconds(seconds))
    }
}

/// A part of a whole, 0 to 1; of nothing, it is none of it.
#[must_use]
pub fn share(part: i64, whole: i64) -> f64 {
    float(part) / float(whole.max(1))
}

/// Writes a share as per cent with one decimal; a share of nothing is a dash.
#[must_use]
pub fn percent(part: i64, whole: i64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    format!("{:.1} %", share(part, whole) * 100.0)
}

/// Writes a number with at most one decimal.
#[must_use]
pub fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

/// Writes a rate that is given out of one that is allowed: `500 of 1000`, or `1000` if it is all.
#[must_use]
pub fn rate(now: f64, allowed: f64) -> String {
    if now < allowed {
        format!("{} of {}", number(now), number(allowed))
    } else {
        number(allowed)
    }
}

/// Writes a share as whole per cent; a share of nothing is a dash.
#[must_use]
pub fn whole_percent(part: i64, whole: i64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    format!("{:.0} %", share(part, whole) * 100.0)
}

/// Writes an amount of money, its digits in groups; from 1,000 on without cents.
#[must_use]
pub fn money(amount: &str, currency: &str) -> String {
    let (whole, cents) = amount.split_once('.').unwrap_or((amount, ""));
    match whole.parse::<i64>() {
        Ok(number) if number.abs() >= 1_000 || cents.is_empty() => {
            format!("{} {currency}", grouped(number))
        }
        Ok(_) | Err(_) => format!("{amount} {currency}"),
    }
}

/// Writes a price as the source gave it, its digits in groups.
#[must_use]
pub fn price(amount: &str, currency: &str) -> String {
    let (whole, cents) = match amount.split_once('.') {
        Some((whole, cents)) => (whole, format!(".{cents}")),
        None => (amount, String::new()),
    };
    match whole.parse() {
        Ok(whole) => format!("{}{cents} {currency}", grouped(whole)),
        Err(_) => format!("{amount} {currency}"),
    }
}

/// Writes a number of bytes: `31 kB`.
#[must_use]
pub fn bytes(count: i64) -> String {
    match float(count) {
        n if n < 1e3 => format!("{n:.0} B"),
        n if n < 1e6 => format!("{:.0} kB", n / 1e3),
        n if n < 1e9 => format!("{:.1} MB", n / 1e6),
        n => format!("{:.1} GB", n / 1e9),
    }
}

/// Writes the stored report of a background pass for a person: of Rust's debug text, the fields
/// that are not zero, as in `buckets 2930, set aside 3`.
#[must_use]
pub fn report(stored: &str) -> String {
    let is_flat = |fields: &&str| !fields.replace("[]", "").contains(['{', '[', '(']);
    let fields = stored
        .split_once(" { ")
        .and_then(|(_, rest)| rest.strip_suffix(" }"))
        .filter(is_flat);
    let Some(fields) = fields else {
        return stored.to_owned();
    };
    let counted: Vec<String> = fields
        .split(", ")
        .filter_map(|field| {
            let (name, value) = field.split_once(": ")?;
            let is_nothing = matches!(value, "0" | "[]" | "None" | "false");
            (!is_nothing).then(|| format!("{} {value}", name.replace('_', " ")))
        })
        .collect();
    counted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_and_spans_have_the_largest_unit() {
        assert_eq!(grouped(55_270), "55\u{202f}270");
        assert_eq!(grouped(-1_000), "−1\u{202f}000");
        assert_eq!(grouped(999), "999");
        let spans = [0.000_05, 0.038, 1.25, 42.0, 360.0, 10_800.0, 200_000.0].map(span);
        assert_eq!(
            spans,
            ["50 µs", "38 ms", "1.2 s", "42 s", "6 min", "3 h", "2 d"]
        );
    }

    #[test]
    fn a_report_keeps_what_is_not_zero() {
        assert_eq!(
            report("RefreshedBuckets { buckets: 2930, failed: 0, set_aside: [], by_hand: 2 }"),
            "buckets 2930, by hand 2"
        );
        assert_eq!(report("Moved { days: [1, 2] }"), "Moved { days: [1, 2] }");
    }

    #[test]
    fn an_age_has_no_fractions() {
        let at = DateTime::from_timestamp(1_796_497_200, 0).unwrap_or_default();
        let later = at + chrono::TimeDelta::milliseconds(2_900);
        assert_eq!(
            (ago(&at, &later), span(0.0)),
            ("2 s ago".to_owned(), "0 s".to_owned())
        );
    }

    #[test]
    fn a_price_keeps_its_cents() {
        assert_eq!(price("108000", "VND"), "108\u{202f}000 VND");
        assert_eq!(price("1234.50", "EUR"), "1\u{202f}234.50 EUR");
        assert_eq!(price("free", "EUR"), "free EUR");
    }

    #[test]
    fn an_instant_is_written_in_the_zone_of_the_cinema() {
        let at = DateTime::from_timestamp(1_796_497_200, 0).unwrap_or_default();
        assert_eq!(
            Zone::Cinema.write(at, Some("Asia/Kolkata")),
            "6 Dec 2026, 00:30:00"
        );
        assert_eq!(
            Zone::Utc.write(at, Some("Asia/Kolkata")),
            "5 Dec 2026, 19:00:00"
        );
        assert_eq!(
            Zone::Cinema.write(at, Some("Mars/Olympus")),
            "5 Dec 2026, 19:00:00"
        );
    }
}
