//! The rows of the page of a showtime.

use chrono::{DateTime, Utc};
use schema::{
    lineage::LineageJob,
    reading::{attributes::ShowtimeAttribute, showtimes::ShowtimeFacts},
};

use super::{Choice, Read, exact};
use crate::{
    number::float,
    page::{Zone, address::query, format, seat_map::legend_mark},
    sale::{Sale, SeatState, seat_history::seat_history},
};

/// An instant for a person and for a machine.
#[derive(Debug, Clone)]
pub(super) struct ShownTime {
    pub(super) text: String,
    pub(super) machine: String,
}

impl ShownTime {
    pub(super) fn of(at: &DateTime<Utc>, showtime: &ShowtimeFacts, zone: Zone) -> Self {
        let shown = zone.of_cinema(&showtime.timezone);
        Self {
            text: format::in_zone(at, shown, "%-d %b, %H:%M:%S"),
            machine: format::machine(at),
        }
    }
}

/// What the source says of the showtime.
pub(super) struct AttributeTag {
    pub(super) text: String,
    pub(super) title: String,
    pub(super) is_mapped: bool,
}

/// A tag for each attribute: its meaning, or its code while nothing maps it.
pub(super) fn attribute_tags(attributes: &[ShowtimeAttribute]) -> Vec<AttributeTag> {
    attributes
        .iter()
        .map(|one| match (&one.kind, &one.meaning) {
            (Some(kind), Some(meaning)) => AttributeTag {
                text: match kind.as_str() {
                    "language" | "subtitles" => format!("{kind} {meaning}"),
                    _ => meaning.clone(),
                },
                title: format!("{kind}, by the code {}", one.code),
                is_mapped: true,
            },
            _ => AttributeTag {
                text: one.code.clone(),
                title: "nothing maps this code yet: see the page of its source".to_owned(),
                is_mapped: false,
            },
        })
        .collect()
}

/// A status of the legend.
pub(super) struct LegendRow {
    pub(super) mark: String,
    pub(super) label: &'static str,
    pub(super) index: usize,
    pub(super) count: usize,
}

/// The legend: every status that a code of the source has, or that occurs now, with its count.
pub(super) fn legend(states: &[SeatState], sale: &Sale) -> Vec<LegendRow> {
    SeatState::all()
        .filter_map(|state| {
            let count = states.iter().filter(|one| **one == state).count();
            let mut meanings = sale.codes.iter().map(|code| SeatState::of(code.status));
            let can_occur = count > 0 || meanings.any(|meaning| meaning == state);
            can_occur.then(|| LegendRow {
                mark: legend_mark(state),
                label: state.label(),
                index: state.index(),
                count,
            })
        })
        .collect()
}

/// A line of the table of snapshots.
pub(super) struct SnapshotRow {
    pub(super) moment: ShownTime,
    pub(super) link: String,
    pub(super) sold: i32,
    pub(super) more: String,
    pub(super) held: i32,
    pub(super) available: i32,
    pub(super) other: i32,
    pub(super) job_id: i64,
}

/// The last snapshots, the newest first.
pub(super) fn snapshot_rows(
    sale: &Sale,
    choice: &Choice,
    zone: Zone,
    most: usize,
) -> Vec<SnapshotRow> {
    let before = std::iter::once(None).chain(sale.snapshots.iter().map(|one| Some(one.sold)));
    let mut rows: Vec<SnapshotRow> = sale
        .snapshots
        .iter()
        .zip(before)
        .map(|(one, before)| SnapshotRow {
            moment: ShownTime::of(&one.observed_at, &sale.showtime, zone),
            link: choice.at_link(&one.observed_at),
            sold: one.sold,
            more: match before.map(|before| one.sold - before) {
                Some(0) => String::new(),
                Some(more) if more < 0 => format!("−{}", -more),
                Some(more) => format!("+{more}"),
                None => "first".to_owned(),
            },
            held: one.held,
            available: one.available,
            other: one.other,
            job_id: one.job_id,
        })
        .collect();
    rows.reverse();
    rows.truncate(most);
    rows
}

/// A span in which nobody looked.
pub(super) struct GapRow {
    pub(super) from: ShownTime,
    pub(super) until: ShownTime,
    pub(super) span: String,
    pub(super) why: String,
}

pub(super) fn gap_rows(read: &Read, zone: Zone) -> Vec<GapRow> {
    let showtime = &read.sale.showtime;
    read.gaps
        .iter()
        .map(|gap| GapRow {
            why: match &gap.last_error {
                Some(error) => format!("{}, {} times: {error}", gap.reason, gap.tries),
                None => gap.reason.clone(),
            },
            from: ShownTime::of(&gap.from_at, showtime, zone),
            until: ShownTime::of(&gap.until_at, showtime, zone),
            span: format::span(float((gap.until_at - gap.from_at).num_seconds())),
        })
        .collect()
}

/// The history of the chosen seat.
pub(super) struct SeatCard {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) about: String,
    pub(super) rows: Vec<SeatRow>,
    pub(super) looks_since: String,
}

/// A change of the chosen seat.
pub(super) struct SeatRow {
    pub(super) moment: ShownTime,
    pub(super) link: String,
    pub(super) mark: String,
    pub(super) status: &'static str,
    pub(super) code: String,
    pub(super) job_id: i64,
}

impl SeatCard {
    pub(super) fn of(read: &Read, key: &str, choice: &Choice, zone: Zone) -> Self {
        let Some(history) = seat_history(&read.sale, &read.looks, key) else {
            return Self {
                key: key.to_owned(),
                name: key.to_owned(),
                about: "No snapshot of this showtime has a seat with this key.".to_owned(),
                rows: Vec::new(),
                looks_since: String::new(),
            };
        };
        let about = [&history.area, &history.kind]
            .into_iter()
            .filter(|text| !text.is_empty())
            .cloned()
            .collect::<Vec<_>>()
            .join(", ");
        let link = |at: &DateTime<Utc>| {
            query(&[
                ("at", Some(&exact(at))),
                ("seat", Some(key)),
                ("zone", choice.zone.as_deref()),
            ])
        };
        Self {
            rows: history
                .changes
                .iter()
                .map(|change| SeatRow {
                    moment: ShownTime::of(&change.observed_at, &read.sale.showtime, zone),
                    link: link(&change.observed_at),
                    mark: change.state.map_or_else(String::new, legend_mark),
                    status: change.state.map_or("gone", SeatState::label),
                    code: change.code.clone(),
                    job_id: change.job_id,
                })
                .collect(),
            looks_since: match history.looks_since {
                0 => "no look".to_owned(),
                1 => "1 look, no change".to_owned(),
                looks => format!("{looks} looks, no change"),
            },
            key: key.to_owned(),
            name: history.name,
            about,
        }
    }
}

/// A price of a ticket.
pub(super) struct PriceRow {
    pub(super) ticket: String,
    pub(super) area: String,
    pub(super) amount: String,
    pub(super) fee: String,
    pub(super) since: ShownTime,
    pub(super) job_id: i64,
    pub(super) is_past: bool,
}

/// The prices; those before the newest ones are marked as past.
pub(super) fn price_rows(read: &Read, zone: Zone) -> Vec<PriceRow> {
    let newest = read.prices.iter().map(|price| price.observed_at).max();
    read.prices
        .iter()
        .map(|price| PriceRow {
            amount: match &price.amount_max {
                Some(most) => format!(
                    "{} to {}",
                    format::price(&price.amount, &price.currency),
                    format::price(most, &price.currency)
                ),
                None => format::price(&price.amount, &price.currency),
            },
            fee: price.fee.clone().unwrap_or_default(),
            since: ShownTime::of(&price.observed_at, &read.sale.showtime, zone),
            is_past: Some(price.observed_at) != newest,
            ticket: price.ticket.clone(),
            area: price.area.clone(),
            job_id: price.job_id,
        })
        .collect()
}

/// A change of the showtime, or of the definition of its source.
pub(super) struct ChangeRow {
    at: DateTime<Utc>,
    pub(super) moment: ShownTime,
    pub(super) what: String,
    pub(super) job_id: Option<i64>,
}

/// All changes, the newest first.
pub(super) fn change_rows(read: &Read, zone: Zone) -> Vec<ChangeRow> {
    let showtime = &read.sale.showtime;
    // A start is stored as the database writes it.
    let shown = |value: &Option<String>| {
        let at = value.as_ref()?.parse::<DateTime<Utc>>().ok();
        at.map(|at| ShownTime::of(&at, showtime, zone).text)
            .or_else(|| value.clone())
    };
    let changes = read.changes.iter().map(|change| ChangeRow {
        at: change.at,
        moment: ShownTime::of(&change.at, showtime, zone),
        what: match (shown(&change.before), shown(&change.after)) {
            (Some(before), Some(after)) => format!("{}: {before} → {after}", change.event),
            (None, Some(after)) => format!("{}: {after}", change.event),
            (Some(before), None) => format!("{}: was {before}", change.event),
            (None, None) => change.event.clone(),
        },
        job_id: Some(change.job_id),
    });
    let versions = read.versions.iter().map(|version| ChangeRow {
        at: version.applied_at,
        moment: ShownTime::of(&version.applied_at, showtime, zone),
        what: format!("definition version {} in force", version.version),
        job_id: None,
    });
    let mut rows: Vec<ChangeRow> = changes.chain(versions).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.at));
    rows
}

/// A job of the lineage.
pub(super) struct JobRow {
    pub(super) job_id: i64,
    pub(super) what: String,
    pub(super) about: String,
    pub(super) source: String,
    pub(super) version: i32,
    pub(super) log: usize,
}

impl JobRow {
    pub(super) fn of(job: &LineageJob) -> Self {
        let key = job.key.as_deref().unwrap_or_default();
        Self {
            job_id: job.job_id,
            what: format!("{} {key}", job.step).trim_end().to_owned(),
            about: job
                .request_url
                .clone()
                .unwrap_or_else(|| job.outcome.clone()),
            source: job.source.clone(),
            version: job.definition_version,
            log: job.log.as_array().map_or(0, Vec::len),
        }
    }
}
