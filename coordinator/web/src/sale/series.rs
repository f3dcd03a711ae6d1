//! The whole sale as one payload: the first state, then what each snapshot changed.
//!
//! A change is two numbers, the seat and its new code. Where more than a third of the seats changed,
//! or the layout, the whole state is shorter. [`rebuild`] gives every state back; the script of the
//! page does the same.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use schema::{enums::SeatStatus, reading::seats::SeatLayout};
use serde::Serialize;
use utoipa::ToSchema;

use super::Sale;

/// The sale of a showtime, from which the state at each snapshot can be rebuilt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Series {
    /// The showtime.
    pub showtime_id: i32,
    /// When it starts.
    pub starts_at: DateTime<Utc>,
    /// IANA zone of its cinema.
    pub timezone: String,
    /// When the first snapshot was taken.
    pub first_at: Option<DateTime<Utc>>,
    /// The layouts that the steps name by their place in this list.
    pub layouts: Vec<SeriesLayout>,
    /// The codes that occur, by their number.
    pub codes: Vec<SeriesCode>,
    /// The snapshots, the oldest first.
    pub steps: Vec<Step>,
}

/// The seats of an auditorium; all lists are in the same order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SeriesLayout {
    /// The layout.
    pub layout_id: i32,
    /// Key of each seat.
    pub seat_key: Vec<String>,
    /// Row as displayed.
    pub row_label: Vec<String>,
    /// Number as displayed.
    pub seat_number: Vec<String>,
    /// Area or price zone; left out if no seat has one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub area: Vec<String>,
    /// Kind of seat; left out if no seat has one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kind: Vec<String>,
    /// Seats that are sold together share a group; left out if no seat has one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub seat_group: Vec<String>,
    /// Position from the left, in the unit of the source.
    pub x: Vec<Option<i32>>,
    /// Position from the screen, in the unit of the source.
    pub y: Vec<Option<i32>>,
}

/// A code of the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SeriesCode {
    /// The number by which steps name it.
    pub index: u8,
    /// The code as it came.
    pub code: String,
    /// What it means now; null while it is not mapped.
    pub status: Option<SeatStatus>,
}

/// A snapshot: what differs from the one before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Step {
    /// Milliseconds since `first_at`.
    pub ms: i64,
    /// The job that saw it.
    pub job_id: i64,
    /// The layout from here on, as a place in `layouts`; left out where it stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layout: Option<usize>,
    /// The code of every seat; left out where `changes` says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seats: Option<Vec<u8>>,
    /// Pairs of numbers, one behind the other: a seat (the first is 0) and its code from here on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<u16>,
}

impl Series {
    /// Makes the payload of a sale.
    #[must_use]
    pub fn of(sale: &Sale) -> Self {
        let places: HashMap<i32, usize> = sale
            .layouts
            .iter()
            .enumerate()
            .map(|(place, layout)| (layout.layout_id, place))
            .collect();
        let first_at = sale.snapshots.first().map(|one| one.observed_at);
        let mut is_used = [false; 256];
        let mut before: Option<(usize, Vec<u8>)> = None;
        let mut steps = Vec::with_capacity(sale.snapshots.len());
        for snapshot in &sale.snapshots {
            let Some(&layout) = places.get(&snapshot.layout_id) else {
                continue;
            };
            let codes = sale.codes_of(snapshot);
            for code in &codes {
                is_used[usize::from(*code)] = true;
            }
            let stays = before.as_ref().filter(|(place, _)| *place == layout);
            let changes = stays.and_then(|(_, was)| changes_between(was, &codes));
            steps.push(Step {
                ms: first_at.map_or(0, |first| (snapshot.observed_at - first).num_milliseconds()),
                job_id: snapshot.job_id,
                layout: stays.is_none().then_some(layout),
                seats: changes.is_none().then(|| codes.clone()),
                changes: changes.unwrap_or_default(),
            });
            before = Some((layout, codes));
        }
        Self {
            showtime_id: sale.showtime.showtime_id,
            starts_at: sale.showtime.starts_at,
            timezone: sale.showtime.timezone.clone(),
            first_at,
            layouts: sale.layouts.iter().map(SeriesLayout::of).collect(),
            codes: used_codes(sale, &is_used),
            steps,
        }
    }
}

fn used_codes(sale: &Sale, is_used: &[bool; 256]) -> Vec<SeriesCode> {
    sale.codes
        .iter()
        .filter_map(|known| {
            let index = u8::try_from(known.code_index).ok()?;
            is_used[usize::from(index)].then(|| SeriesCode {
                index,
                code: known.code.clone(),
                status: known.status,
            })
        })
        .collect()
}

/// The changed seats with their new codes; none where the whole state is shorter.
fn changes_between(was: &[u8], becomes: &[u8]) -> Option<Vec<u16>> {
    if was.len() != becomes.len() {
        return None;
    }
    let changed = (0u16..)
        .zip(was.iter().zip(becomes))
        .filter(|(_, (was, becomes))| was != becomes);
    let pairs: Vec<u16> = changed
        .flat_map(|(seat, (_, becomes))| [seat, u16::from(*becomes)])
        .collect();
    (pairs.len() / 2 * 3 <= becomes.len()).then_some(pairs)
}

impl SeriesLayout {
    fn of(layout: &SeatLayout) -> Self {
        let unless_empty = |column: &Vec<String>| {
            if column.iter().all(String::is_empty) {
                Vec::new()
            } else {
                column.clone()
            }
        };
        Self {
            layout_id: layout.layout_id,
            seat_key: layout.seat_key.clone(),
            row_label: layout.row_label.clone(),
            seat_number: layout.seat_number.clone(),
            area: unless_empty(&layout.area),
            kind: unless_empty(&layout.kind),
            seat_group: unless_empty(&layout.seat_group),
            x: layout.x.clone(),
            y: layout.y.clone(),
        }
    }
}

/// Rebuilds the state of each step: its layout, as a place in the list, and the code of each seat.
#[must_use]
pub fn rebuild(series: &Series) -> Vec<(usize, Vec<u8>)> {
    let mut states: Vec<(usize, Vec<u8>)> = Vec::with_capacity(series.steps.len());
    for step in &series.steps {
        let (mut layout, mut codes) = states.last().cloned().unwrap_or_default();
        if let Some(place) = step.layout {
            layout = place;
        }
        if let Some(whole) = &step.seats {
            codes.clone_from(whole);
        }
        for pair in step.changes.chunks_exact(2) {
            if let (Some(seat), Ok(code)) =
                (codes.get_mut(usize::from(pair[0])), u8::try_from(pair[1]))
            {
                *seat = code;
            }
        }
        states.push((layout, codes));
    }
    states
}

#[cfg(test)]
mod tests;
