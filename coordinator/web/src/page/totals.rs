//! What the pages of a film and of a cinema share: their days as columns, their week as a heat map.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use schema::reading::totals::{CurvePoint, DayTotal, WeekHour};

use super::{
    chart::{Column, ColumnChart, HeatCell, HeatMap, StepChart, TimeTick},
    format,
};
use crate::number::{float, whole};

/// Showtimes of which a booking curve is the mean.
pub const CURVE_SHOWTIMES: i64 = 24;
/// Points of a booking curve.
const CURVE_POINTS: u32 = 48;

/// Days of the chart; the table has them all.
const MAX_COLUMNS: usize = 45;

/// A business day, its currencies added up where that is allowed.
#[derive(Debug, Clone, Default)]
pub struct Day {
    /// The day, for a person.
    pub label: String,
    /// The day, for a machine.
    pub machine: String,
    /// Whether it is still to come or not over yet.
    pub is_open: bool,
    /// Showtimes.
    pub showtimes: i64,
    /// Showtimes that were cancelled.
    pub cancelled: i64,
    /// Showtimes whose admissions are exact.
    pub exact: i64,
    /// Seats.
    pub seats: i64,
    /// Admissions.
    pub admissions: i64,
    /// Admissions over seats, in per cent.
    pub occupancy: String,
    /// Gross, each currency by itself.
    pub gross: String,
}

/// Adds up the currencies of each day; the newest day last.
#[must_use]
pub fn days(totals: &[DayTotal], today: NaiveDate) -> Vec<Day> {
    let mut by_day: BTreeMap<NaiveDate, Vec<&DayTotal>> = BTreeMap::new();
    for total in totals {
        by_day.entry(total.business_on).or_default().push(total);
    }
    by_day
        .into_iter()
        .map(|(day, of_day)| {
            let sum = |of: fn(&DayTotal) -> i64| of_day.iter().map(|total| of(total)).sum::<i64>();
            let (seats, admissions) = (sum(|one| one.seats), sum(|one| one.admissions));
            let gross: Vec<String> = of_day
                .iter()
                .filter(|one| one.currency != "XXX")
                .filter_map(|one| Some(format::money(one.gross.as_deref()?, &one.currency)))
                .collect();
            Day {
                label: day.format("%a %-d %b %Y").to_string(),
                machine: day.format("%Y-%m-%d").to_string(),
                is_open: day >= today,
                showtimes: sum(|one| one.showtimes),
                cancelled: sum(|one| one.cancelled),
                exact: sum(|one| one.exact),
                occupancy: format::percent(admissions, seats),
                gross: gross.join(", "),
                seats,
                admissions,
            }
        })
        .collect()
}

/// The last days as columns; nothing if there are none.
#[must_use]
pub fn day_chart(days: &[Day]) -> String {
    if days.is_empty() {
        return String::new();
    }
    let last = &days[days.len().saturating_sub(MAX_COLUMNS)..];
    ColumnChart {
        label: format!(
            "Admissions by business day, {} days. The table below has the numbers.",
            last.len()
        ),
        unit: "admissions; business day of the cinema".to_owned(),
        columns: last
            .iter()
            .map(|day| Column {
                // Without weekday and year.
                label: day
                    .label
                    .split(' ')
                    .skip(1)
                    .take(2)
                    .collect::<Vec<_>>()
                    .join(" "),
                title: format!(
                    "{}: {} admissions to {} showtimes, {} of the seats{}",
                    day.label,
                    format::grouped(day.admissions),
                    day.showtimes,
                    day.occupancy,
                    if day.is_open { ", so far" } else { "" }
                ),
                value: float(day.admissions),
                is_open: day.is_open,
            })
            .collect(),
    }
    .draw()
}

/// The mean share that was sold so long before the start, as a step chart; nothing without points.
///
/// A showtime counts from the first time at which it was seen.
#[must_use]
pub fn curve_chart(points: &[CurvePoint]) -> String {
    let lead = points
        .iter()
        .map(|point| point.seconds_before)
        .fold(0.0, f64::max);
    if lead < 60.0 {
        return String::new();
    }
    let mean: Vec<(f64, f64)> = (0..=CURVE_POINTS)
        .filter_map(|step| {
            let before = lead * (1.0 - f64::from(step) / f64::from(CURVE_POINTS));
            Some((-before, mean_share(points, before)? * 100.0))
        })
        .collect();
    let last = mean.last().map_or(0.0, |(_, share)| *share);
    // With room above the line for the label of its last value.
    let most = mean
        .iter()
        .map(|(_, share)| *share * 1.2)
        .fold(10.0, f64::max);
    let showtimes = points.chunk_by(|one, other| one.showtime_id == other.showtime_id);
    StepChart {
        label: format!(
            "Mean share of seats sold before the start, of the last {} showtimes: {last:.0} % at the start",
            showtimes.count()
        ),
        unit: "per cent of the seats sold; time before the start".to_owned(),
        span: (-lead, 0.0),
        points: mean,
        most: most.min(100.0),
        ticks: curve_ticks(lead),
        known_until: 0.0,
        last_label: format!("{last:.0} % at the start"),
        ..StepChart::default()
    }
    .draw()
}

/// The mean share of the showtimes that had been seen so many seconds before their start.
fn mean_share(points: &[CurvePoint], before: f64) -> Option<f64> {
    let shares: Vec<f64> = points
        .chunk_by(|one, other| one.showtime_id == other.showtime_id)
        .filter_map(|states| {
            let last = states
                .iter()
                .rfind(|state| state.seconds_before >= before)?;
            Some(f64::from(last.sold) / f64::from(last.seats.max(1)))
        })
        .collect();
    (!shares.is_empty()).then(|| shares.iter().sum::<f64>() / float(shares.len()))
}

fn curve_ticks(lead: f64) -> Vec<TimeTick> {
    [1.0, 0.75, 0.5, 0.25]
        .into_iter()
        .map(|share| {
            let seconds = lead * share;
            TimeTick {
                at: -whole(seconds),
                label: format::span(seconds),
            }
        })
        .chain([TimeTick {
            at: 0,
            label: "start".to_owned(),
        }])
        .collect()
}

/// The week as a heat map; nothing if no showtime counts.
#[must_use]
pub fn week_map(week: &[WeekHour]) -> String {
    const WEEKDAYS: [&str; 7] = [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ];
    if week.is_empty() {
        return String::new();
    }
    let cells = week
        .iter()
        .map(|one| {
            let share = format::share(one.sold, one.seats);
            let weekday = usize::try_from(one.weekday - 1)
                .ok()
                .and_then(|place| WEEKDAYS.get(place))
                .copied()
                .unwrap_or_default();
            HeatCell {
                weekday: one.weekday,
                // A showtime past midnight belongs to the evening before.
                hour: if one.hour < 5 {
                    one.hour + 24
                } else {
                    one.hour
                },
                share,
                title: format!(
                    "{weekday}, {}:00 to {}:59: {} of {} seats sold in {} showtimes",
                    one.hour,
                    one.hour,
                    format::grouped(one.sold),
                    format::grouped(one.seats),
                    one.showtimes
                ),
            }
        })
        .collect();
    HeatMap {
        label: "Share of seats sold by weekday and hour of the start, in per cent".to_owned(),
        cells,
    }
    .draw()
}

/// The figures of all days together.
#[must_use]
pub fn figures(days: &[Day]) -> Vec<(String, &'static str)> {
    let sum = |of: fn(&Day) -> i64| days.iter().map(of).sum::<i64>();
    let (admissions, seats) = (sum(|day| day.admissions), sum(|day| day.seats));
    vec![
        (
            format::grouped(admissions),
            "admissions in 92 days, and seats sold ahead",
        ),
        (
            format::percent(admissions, seats),
            "of the seats of these showtimes",
        ),
        (
            format::grouped(sum(|day| day.showtimes)),
            "showtimes whose seats were seen",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(currency: &str, admissions: i64, gross: Option<&str>) -> DayTotal {
        DayTotal {
            business_on: NaiveDate::from_ymd_opt(2026, 12, 5).unwrap(),
            currency: currency.to_owned(),
            showtimes: 1,
            cancelled: 0,
            exact: 1,
            seats: 100,
            admissions,
            gross: gross.map(str::to_owned),
        }
    }

    #[test]
    fn a_booking_curve_is_the_mean_of_the_showtimes_that_were_seen_by_then() {
        let point = |showtime_id, seconds_before, sold| CurvePoint {
            showtime_id,
            seconds_before,
            sold,
            seats: 100,
        };
        let points = [
            point(1, 7_200.0, 10),
            point(1, 600.0, 40),
            point(2, 3_600.0, 20),
        ];
        let share = |before| mean_share(&points, before).unwrap_or_default();
        assert!((share(7_200.0) - 0.1).abs() < 1e-9);
        assert!((share(3_600.0) - 0.15).abs() < 1e-9);
        assert!((share(0.0) - 0.3).abs() < 1e-9);
        assert_eq!(mean_share(&points, 9_000.0), None);
        assert!(curve_chart(&points).contains("30 % at the start"));
        assert_eq!(curve_chart(&[]), "");
    }

    #[test]
    fn admissions_are_added_over_currencies_and_money_is_not() {
        let today = NaiveDate::from_ymd_opt(2026, 12, 6).unwrap();
        let found = days(
            &[
                total("EUR", 30, Some("1234.50")),
                total("USD", 10, Some("99.90")),
                total("XXX", 5, None),
            ],
            today,
        );
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].admissions, found[0].seats), (45, 300));
        assert_eq!(found[0].gross, "1\u{202f}234 EUR, 99.90 USD");
        assert!(!found[0].is_open);
    }
}
