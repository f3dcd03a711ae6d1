//! The sale of one showtime: the states of its seats over time.
//!
//! Read once for a page or a request: the snapshots, the layouts that they name, and what the codes
//! of the source mean now.
//!
//! | module | gives |
//! |---|---|
//! | [`series`] | the whole sale as one payload: first state, then changes |
//! | [`seat_history`] | the changes of one seat |

pub mod series;
pub mod seat_history;

use chrono::{DateTime, Utc};
use schema::{
    enums::SeatStatus,
    reading::{
        ReadError,
        seats::{CodeMeaning, SeatLayout, SeatSnapshot, codes, codes_of, layouts, snapshots},
        showtimes::{ShowtimeFacts, showtime},
    },
};
use sqlx::PgConnection;

/// What a seat is, by what its code means now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeatState(Option<SeatStatus>);

impl SeatState {
    /// The code of the source is not mapped.
    pub const UNMAPPED: Self = Self(None);

    /// The state of a seat whose code has this meaning, if any.
    #[must_use]
    pub fn of(meaning: Option<SeatStatus>) -> Self {
        Self(meaning)
    }

    /// Every state, in the order of the legend.
    pub fn all() -> impl Iterator<Item = Self> {
        SeatStatus::ALL
            .into_iter()
            .map(|status| Self(Some(status)))
            .chain([Self::UNMAPPED])
    }

    /// What the code means; none if it is not mapped.
    #[must_use]
    pub fn meaning(self) -> Option<SeatStatus> {
        self.0
    }

    /// The word for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        self.0.map_or("not mapped", SeatStatus::label)
    }

    /// Its place in [`Self::all`].
    #[must_use]
    pub fn index(self) -> usize {
        self.0
            .map_or(SeatStatus::ALL.len(), |status| status as usize)
    }
}

/// The sale of a showtime.
#[derive(Debug, Clone)]
pub struct Sale {
    /// The showtime.
    pub showtime: ShowtimeFacts,
    /// Its stored states, the oldest first.
    pub snapshots: Vec<SeatSnapshot>,
    /// The layouts that they name.
    pub layouts: Vec<SeatLayout>,
    /// The codes of its source.
    pub codes: Vec<CodeMeaning>,
}

impl Sale {
    /// Reads the sale of a showtime; none if there is no such number.
    ///
    /// # Errors
    ///
    /// If a statement fails or takes too long.
    pub async fn read(db: &mut PgConnection, showtime_id: i32) -> Result<Option<Self>, ReadError> {
        let Some(showtime) = showtime(db, showtime_id).await? else {
            return Ok(None);
        };
        let snapshots = snapshots(db, showtime_id).await?;
        let mut ids: Vec<i32> = snapshots.iter().map(|one| one.layout_id).collect();
        ids.sort_unstable();
        ids.dedup();
        Ok(Some(Self {
            layouts: layouts(db, &ids).await?,
            codes: codes(db, showtime.source_id).await?,
            showtime,
            snapshots,
        }))
    }

    /// The layout of a snapshot.
    #[must_use]
    pub fn layout(&self, snapshot: &SeatSnapshot) -> Option<&SeatLayout> {
        self.layouts
            .iter()
            .find(|layout| layout.layout_id == snapshot.layout_id)
    }

    /// The code of each seat of a snapshot, in the order of its layout.
    #[must_use]
    pub fn codes_of(&self, snapshot: &SeatSnapshot) -> Vec<u8> {
        let seats = self.layout(snapshot).map_or(0, SeatLayout::len);
        codes_of(&snapshot.packed, seats)
    }

    /// What a code means now.
    #[must_use]
    pub fn state(&self, code: u8) -> SeatState {
        let known = self
            .codes
            .iter()
            .find(|known| known.code_index == i32::from(code));
        SeatState(known.and_then(|known| known.status))
    }

    /// What each of the 256 codes means now.
    #[must_use]
    pub fn states(&self) -> Vec<SeatState> {
        (0..=u8::MAX).map(|code| self.state(code)).collect()
    }

    /// The place of the last snapshot at or before `at`, or of the first; without `at`, of the last.
    #[must_use]
    pub fn position_at(&self, at: Option<DateTime<Utc>>) -> Option<usize> {
        let last = self.snapshots.len().checked_sub(1)?;
        let Some(at) = at else {
            return Some(last);
        };
        let later = self.snapshots.partition_point(|one| one.observed_at <= at);
        Some(later.saturating_sub(1))
    }
}

/// The name of a seat for people: row and number, or its key where it has neither.
#[must_use]
pub fn seat_name(layout: &SeatLayout, seat: usize) -> String {
    let part = |of: &Vec<String>| of.get(seat).map_or("", |text| text.trim()).to_owned();
    let (row, number) = (part(&layout.row_label), part(&layout.seat_number));
    if number.is_empty() {
        return part(&layout.seat_key);
    }
    let is_split = row.ends_with(|letter: char| letter.is_ascii_digit());
    if is_split {
        format!("{row} {number}")
    } else {
        format!("{row}{number}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_of_a_state_is_its_place_in_the_legend() {
        let indexes: Vec<usize> = SeatState::all().map(SeatState::index).collect();
        assert_eq!(indexes, (0..8).collect::<Vec<_>>());
        assert_eq!(SeatState::UNMAPPED.label(), "not mapped");
    }
}
