//! The booking curve of a showtime.

use chrono::{DateTime, TimeDelta, Utc};

use super::Read;
use crate::{
    number::float,
    page::{
        Zone,
        chart::{Event, StepChart, time_ticks},
        format,
    },
};

/// The curve goes on so long behind the start: late sales are seen there.
const AFTER_START: TimeDelta = TimeDelta::minutes(45);

fn seconds(at: DateTime<Utc>) -> f64 {
    float(at.timestamp_millis()) / 1000.0
}

/// Draws the curve; nothing before the first snapshot.
pub(super) fn draw(read: &Read, cursor: Option<DateTime<Utc>>, zone: Zone) -> String {
    let sale = &read.sale;
    let (Some(first), Some(last)) = (sale.snapshots.first(), sale.snapshots.last()) else {
        return String::new();
    };
    let showtime = &sale.showtime;
    let last_look = read.looks.last().map_or(last.observed_at, |look| {
        look.observed_at.max(last.observed_at)
    });
    let until = last_look.max(showtime.now.min(showtime.starts_at + AFTER_START));
    let seats = last.available + last.sold + last.held + last.other;
    let shown = zone.of_cinema(&showtime.timezone);
    let place = shown.map_or_else(|| "UTC".to_owned(), format::place);
    StepChart {
        label: format!(
            "Seats sold over time: {} at the first look, {} of {seats} at the last. The table below \
             has the numbers.",
            first.sold, last.sold
        ),
        unit: format!("seats sold; time in {place}"),
        span: (seconds(first.observed_at), seconds(until)),
        points: sale
            .snapshots
            .iter()
            .map(|one| (seconds(one.observed_at), f64::from(one.sold)))
            .collect(),
        most: f64::from(seats.max(last.sold)),
        gaps: read
            .gaps
            .iter()
            .filter(|gap| gap.until_at > first.observed_at)
            .map(|gap| (seconds(gap.from_at), seconds(gap.until_at)))
            .collect(),
        gap_label: read.gaps.first().map_or_else(String::new, |gap| gap.reason.clone()),
        events: events(read, until),
        ticks: time_ticks(first.observed_at, until, shown.unwrap_or("UTC")),
        known_until: seconds(last_look),
        cursor: cursor.map(seconds),
        last_label: format!("{} sold", last.sold),
    }
    .draw()
}

fn events(read: &Read, until: DateTime<Utc>) -> Vec<Event> {
    let starts_at = read.sale.showtime.starts_at;
    let start = (starts_at <= until).then(|| Event {
        at: seconds(starts_at),
        label: "start".to_owned(),
    });
    let versions = read.versions.iter().map(|version| Event {
        at: seconds(version.applied_at),
        label: format!("version {}", version.version),
    });
    let changes = read.changes.iter().map(|change| Event {
        at: seconds(change.at),
        label: change.event.clone(),
    });
    let mut events: Vec<Event> = start.into_iter().chain(versions).chain(changes).collect();
    events.sort_by(|one, other| one.at.total_cmp(&other.at));
    events
}
