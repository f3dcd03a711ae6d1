//! Round numbers and round times for axes.

use chrono::{DateTime, Utc};
use jiff::{Timestamp, tz::TimeZone};

/// Lengths of a step on an axis of time, in seconds.
const STEPS: [i64; 17] = [
    10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800,
    604_800, 1_209_600, 2_419_200,
];

/// A mark on an axis of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeTick {
    /// When.
    pub at: i64,
    /// Its label.
    pub label: String,
}

/// At most six round times of a zone in a span.
#[must_use]
pub fn time_ticks(from: DateTime<Utc>, until: DateTime<Utc>, zone: &str) -> Vec<TimeTick> {
    let (from, until) = (from.timestamp(), until.timestamp());
    let span = (until - from).max(1);
    let step = STEPS
        .into_iter()
        .find(|step| span / step <= 5)
        .unwrap_or(span);
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let offset =
        Timestamp::from_second(from).map_or(0, |at| i64::from(zone.to_offset(at).seconds()));
    let format = match step {
        ..60 => "%H:%M:%S",
        60..43_200 => "%H:%M",
        43_200..86_400 => "%-d %b %H:%M",
        _ => "%-d %b",
    };
    let first = (from + offset).div_euclid(step) * step - offset;
    (0..8)
        .map(|count| first + count * step)
        .filter(|at| (from..=until).contains(at))
        .filter_map(|at| {
            let zoned = Timestamp::from_second(at).ok()?.to_zoned(zone.clone());
            Some(TimeTick {
                at,
                label: zoned.strftime(format).to_string(),
            })
        })
        .collect()
}

/// Round numbers from 0 to `most`, about four of them.
pub(super) fn number_ticks(most: f64) -> Vec<f64> {
    if most <= 0.0 {
        return vec![0.0];
    }
    let rough = most / 4.0;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= rough)
        .unwrap_or(rough)
        .max(if most >= 4.0 { 1.0 } else { 0.0 });
    let step = if most >= 4.0 { step.ceil() } else { step };
    let mut ticks = Vec::new();
    let mut at = 0.0;
    while at <= most + step * 0.001 && ticks.len() < 8 {
        ticks.push(at);
        at += step;
    }
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_in_the_zone_of_the_cinema() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let ticks = time_ticks(
            at("2026-11-29T18:10:00Z"),
            at("2026-11-29T23:10:00Z"),
            "Asia/Kolkata",
        );
        let labels: Vec<_> = ticks.iter().map(|tick| tick.label.as_str()).collect();
        assert_eq!(labels, ["00:00", "01:00", "02:00", "03:00", "04:00"]);
    }

    #[test]
    fn numbers_are_round_and_begin_at_zero() {
        assert_eq!(number_ticks(206.0), [0.0, 100.0, 200.0]);
        assert_eq!(number_ticks(0.0), [0.0]);
        assert_eq!(number_ticks(9.0), [0.0, 3.0, 6.0, 9.0]);
    }
}
