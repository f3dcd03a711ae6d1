//! The changes of one seat of a showtime, and the looks since the last of them.

use chrono::{DateTime, Utc};
use schema::reading::seats::Look;

use super::{Sale, SeatState, seat_name};

/// A seat with its changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatHistory {
    /// Its name for people.
    pub name: String,
    /// Its area or price zone; empty for none.
    pub area: String,
    /// Its kind; empty for none.
    pub kind: String,
    /// Its first state and each change, the oldest first.
    pub changes: Vec<SeatChange>,
    /// Looks since the last change that saw it as it is.
    pub looks_since: usize,
}

/// A state of a seat, from when it was seen first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatChange {
    /// When it was seen first.
    pub observed_at: DateTime<Utc>,
    /// The job that saw it.
    pub job_id: i64,
    /// What the code means now; none where the layout does not have the seat any more.
    pub state: Option<SeatState>,
    /// The code as it came.
    pub code: String,
}

/// The history of the seat with this key; none if no layout of the sale has it.
#[must_use]
pub fn seat_history(sale: &Sale, looks: &[Look], seat_key: &str) -> Option<SeatHistory> {
    let mut changes: Vec<SeatChange> = Vec::new();
    let mut described: Option<(String, String, String)> = None;
    let mut before: Option<u8> = None;
    for snapshot in &sale.snapshots {
        let layout = sale.layout(snapshot)?;
        let seat = layout.seat_key.iter().position(|key| key == seat_key);
        let code = seat.and_then(|seat| sale.codes_of(snapshot).get(seat).copied());
        if let Some(seat) = seat {
            let part = |of: &Vec<String>| of.get(seat).cloned().unwrap_or_default();
            described = Some((
                seat_name(layout, seat),
                part(&layout.area),
                part(&layout.kind),
            ));
        }
        if code == before {
            continue;
        }
        changes.push(SeatChange {
            observed_at: snapshot.observed_at,
            job_id: snapshot.job_id,
            state: code.map(|code| sale.state(code)),
            code: code.map_or_else(String::new, |code| code_text(sale, code)),
        });
        before = code;
    }
    let (name, area, kind) = described?;
    let since = changes.last().map(|change| change.observed_at)?;
    Some(SeatHistory {
        name,
        area,
        kind,
        looks_since: looks.iter().filter(|look| look.observed_at > since).count(),
        changes,
    })
}

fn code_text(sale: &Sale, code: u8) -> String {
    sale.codes
        .iter()
        .find(|known| known.code_index == i32::from(code))
        .map_or_else(|| code.to_string(), |known| known.code.clone())
}
