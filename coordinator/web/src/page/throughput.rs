//! Events of a day by name: a chart of spans of five minutes, and a table of hours.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use schema::reading::events::CountRow;

use super::{
    chart::{AreaChart, AreaSeries, series_mark, time_ticks},
    format,
};
use crate::{
    event_query::FIVE_MINUTES,
    number::{float, whole},
};

/// Spans of five minutes in an hour.
const HOUR_SPANS: usize = 12;
/// What all names that are not shown by themselves are called.
const OTHERS: &str = "all others";

/// Events of a day.
pub(super) struct Throughput {
    /// All events.
    pub(super) total: i64,
    /// The names, the one with most events first.
    series: Vec<Series>,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
}

struct Series {
    name: String,
    /// Events of each span.
    values: Vec<i64>,
    total: i64,
}

/// A name in the legend of the chart.
pub(super) struct NameLegend {
    pub(super) mark: String,
    pub(super) name: String,
    pub(super) events: String,
}

/// An hour of the table.
pub(super) struct Hour {
    pub(super) machine: String,
    pub(super) label: String,
    pub(super) events: Vec<String>,
    pub(super) total: String,
}

impl Throughput {
    /// Adds up counts of spans of five minutes from `since` on, of which the last one is that of `now`.
    pub(super) fn of(rows: &[CountRow], since: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        let place = |at: DateTime<Utc>| {
            usize::try_from((at - since).num_seconds().div_euclid(FIVE_MINUTES)).ok()
        };
        let spans = place(now).map_or(0, |last| last + 1);
        let mut by_name: BTreeMap<Option<&str>, Vec<i64>> = BTreeMap::new();
        for row in rows {
            let values = by_name
                .entry(row.event.as_deref())
                .or_insert_with(|| vec![0; spans]);
            if let Some(value) = place(row.bucket_at).and_then(|place| values.get_mut(place)) {
                *value += row.events;
            }
        }
        let mut series: Vec<(bool, Series)> = by_name
            .into_iter()
            .map(|(name, values)| {
                let series = Series {
                    name: name.unwrap_or(OTHERS).to_owned(),
                    total: values.iter().sum(),
                    values,
                };
                (name.is_none(), series)
            })
            .collect();
        series.sort_by_key(|(is_others, one)| (*is_others, std::cmp::Reverse(one.total)));
        let series: Vec<Series> = series.into_iter().map(|(_, one)| one).collect();
        let seconds = i64::try_from(spans).unwrap_or(0) * FIVE_MINUTES;
        Self {
            total: series.iter().map(|one| one.total).sum(),
            series,
            since,
            until: since + TimeDelta::seconds(seconds),
        }
    }

    /// Whether there is nothing to draw.
    pub(super) fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// Events of the last five minutes that are over.
    pub(super) fn last_five_minutes(&self) -> f64 {
        let of_span = |one: &Series| {
            let values = one.values.iter().rev();
            values.copied().nth(1).unwrap_or(0)
        };
        float(self.series.iter().map(of_span).sum::<i64>())
    }

    /// The chart.
    pub(super) fn chart(&self) -> String {
        let series = self.series.iter().map(|one| AreaSeries {
            title: format!("{}: {} events", one.name, format::grouped(one.total)),
            values: one.values.iter().map(|value| float(*value)).collect(),
        });
        AreaChart {
            label: format!(
                "Events by name in spans of five minutes, {} hours in UTC, {} events. The table below has the numbers by hour.",
                whole((self.until - self.since).as_seconds_f64() / 3_600.0),
                format::grouped(self.total)
            ),
            unit: "events in five minutes; UTC".to_owned(),
            span: (self.since.timestamp(), self.until.timestamp()),
            series: series.collect(),
            ticks: time_ticks(self.since, self.until, "UTC"),
        }
        .draw()
    }

    /// The legend: each name with all its events.
    pub(super) fn legend(&self) -> Vec<NameLegend> {
        self.series
            .iter()
            .enumerate()
            .map(|(place, one)| NameLegend {
                mark: series_mark(place),
                name: one.name.clone(),
                events: format::grouped(one.total),
            })
            .collect()
    }

    /// The hours, the newest first: events of each name, in the order of the legend.
    pub(super) fn hours(&self) -> Vec<Hour> {
        let spans = self.series.first().map_or(0, |one| one.values.len());
        (0..spans)
            .step_by(HOUR_SPANS)
            .rev()
            .map(|first| {
                let minutes = i64::try_from(first).unwrap_or(0) * FIVE_MINUTES;
                let at = self.since + TimeDelta::seconds(minutes);
                let of_hour: Vec<i64> = self
                    .series
                    .iter()
                    .map(|one| one.values.iter().skip(first).take(HOUR_SPANS).sum())
                    .collect();
                Hour {
                    machine: format::machine(&at),
                    label: format::in_zone(&at, None, "%-d %b, %H:%M"),
                    total: format::grouped(of_hour.iter().sum()),
                    events: of_hour.into_iter().map(format::grouped).collect(),
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_stand_in_their_span_and_others_come_last() {
        let since: DateTime<Utc> = "2026-11-29T05:10:00Z".parse().unwrap();
        let row = |minutes, event: Option<&str>, events| CountRow {
            bucket_at: since + TimeDelta::minutes(minutes),
            event: event.map(str::to_owned),
            events,
        };
        let now = since + TimeDelta::minutes(72);
        let rows = [
            row(0, Some("film opened"), 3),
            row(65, Some("ticket bought"), 30),
            row(65, None, 900),
            row(70, Some("film opened"), 2),
            // Of a clock that is ahead.
            row(75, Some("film opened"), 7),
        ];
        let found = Throughput::of(&rows, since, now);
        let names: Vec<&str> = found.series.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["ticket bought", "film opened", OTHERS]);
        assert_eq!((found.total, found.last_five_minutes()), (935, 930.0));
        let hours = found.hours();
        assert_eq!(hours.len(), 2);
        assert_eq!(
            (hours[1].label.as_str(), hours[1].total.as_str()),
            ("29 Nov, 05:10", "3")
        );
        assert_eq!(hours[0].events, ["30", "2", "900"]);
        assert!(Throughput::of(&[], since, now).is_empty());
    }
}
