//! The seats of a showtime: their layout, their state over time, the looks, and the meaning of codes.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{ReadError, showtimes::ShowtimeFacts};
use crate::enums::SeatStatus;

/// Snapshots of a showtime that are read at most, the last ones.
pub const MAX_SNAPSHOTS: i64 = 2_000;
/// Looks of a showtime that are read at most, the last ones.
pub const MAX_LOOKS: i64 = 2_000;

/// A stored state of the seats of a showtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatSnapshot {
    /// When it was seen.
    pub observed_at: DateTime<Utc>,
    /// The job that saw it.
    pub job_id: i64,
    /// The layout that the seats belong to.
    pub layout_id: i32,
    /// Seats that can be bought.
    pub available: i32,
    /// Seats sold.
    pub sold: i32,
    /// Seats in a basket or reserved.
    pub held: i32,
    /// All other seats.
    pub other: i32,
    /// The codes of the seats, as the table `snapshot` packs them; see [`codes_of`].
    pub packed: Vec<u8>,
}

/// Unpacks the codes of `seat_count` seats: two to a byte, the first in the low half, or a byte each.
#[must_use]
pub fn codes_of(packed: &[u8], seat_count: usize) -> Vec<u8> {
    if packed.len() == seat_count {
        return packed.to_vec();
    }
    packed
        .iter()
        .flat_map(|byte| [byte & 15, byte >> 4])
        .take(seat_count)
        .collect()
}

/// Reads the last [`MAX_SNAPSHOTS`] states of a showtime, the oldest first.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn snapshots(
    db: &mut PgConnection,
    showtime_id: i32,
) -> Result<Vec<SeatSnapshot>, ReadError> {
    let mut rows = sqlx::query_file_as!(
        SeatSnapshot,
        "queries/read_showtime_snapshots.sql",
        showtime_id,
        MAX_SNAPSHOTS
    )
    .fetch_all(db)
    .await?;
    rows.reverse();
    Ok(rows)
}

/// The seats of an auditorium, in the order in which snapshots have their codes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeatLayout {
    /// The layout.
    pub layout_id: i32,
    /// Position of each seat from the left, where the source gives one.
    pub x: Vec<Option<i32>>,
    /// Position of each seat from the screen, where the source gives one.
    pub y: Vec<Option<i32>>,
    /// Key of each seat, unique in the layout.
    pub seat_key: Vec<String>,
    /// Row as displayed.
    pub row_label: Vec<String>,
    /// Number as displayed.
    pub seat_number: Vec<String>,
    /// Area or price zone.
    pub area: Vec<String>,
    /// Kind of seat.
    pub kind: Vec<String>,
    /// Seats that are sold together share a group; empty for none.
    pub seat_group: Vec<String>,
}

impl SeatLayout {
    /// The number of seats.
    #[must_use]
    pub fn len(&self) -> usize {
        self.seat_key.len()
    }

    /// Whether it has no seats.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seat_key.is_empty()
    }
}

/// Reads these layouts.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn layouts(db: &mut PgConnection, ids: &[i32]) -> Result<Vec<SeatLayout>, ReadError> {
    let rows = sqlx::query_as!(
        SeatLayout,
        r#"SELECT layout_id, x AS "x: Vec<Option<i32>>", y AS "y: Vec<Option<i32>>", seat_key,
            row_label, seat_number, area, kind, seat_group
        FROM layout
        WHERE layout_id = ANY ($1)
        ORDER BY layout_id"#,
        ids
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// What a code of a source means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeMeaning {
    /// The number that snapshots store for it.
    pub code_index: i32,
    /// The code as it came.
    pub code: String,
    /// The status that it means; none while it is not mapped.
    pub status: Option<SeatStatus>,
}

/// Reads the codes of a source.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn codes(db: &mut PgConnection, source_id: i32) -> Result<Vec<CodeMeaning>, ReadError> {
    let rows = sqlx::query_as!(
        CodeMeaning,
        r#"SELECT code_index::integer AS "code_index!", code, status AS "status: SeatStatus"
        FROM seat_code
        WHERE source_id = $1
        ORDER BY code_index
        LIMIT 256"#,
        source_id
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// A span in which nobody saw the seats of a showtime for longer than its step allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The last look before it.
    pub from_at: DateTime<Utc>,
    /// The next look; if there is none yet, now, or the start of the showtime.
    pub until_at: DateTime<Utc>,
    /// `nobody looked`, or `looks failed`.
    pub reason: String,
    /// Jobs that failed in it.
    pub tries: i64,
    /// Why the last of them failed.
    pub last_error: Option<String>,
}

/// Reads the last 200 gaps of a showtime, the oldest first.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn gaps(db: &mut PgConnection, showtime_id: i32) -> Result<Vec<Gap>, ReadError> {
    let mut rows = sqlx::query_as!(
        Gap,
        r#"SELECT from_at AS "from_at!", until_at AS "until_at!", reason AS "reason!", tries AS "tries!", last_error
        FROM showtime_gap
        WHERE showtime_id = $1 AND from_at IS NOT NULL
        ORDER BY from_at DESC
        LIMIT 200"#,
        showtime_id
    )
    .fetch_all(db)
    .await?;
    rows.reverse();
    Ok(rows)
}

/// A look at the seats of a showtime, with or without a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// When the answer was complete.
    pub observed_at: DateTime<Utc>,
    /// The job.
    pub job_id: i64,
    /// Whether the seats differed from the stored ones.
    pub changed: bool,
    /// Seats sold, by the mapping of codes at that time.
    pub sold: Option<i32>,
    /// Microseconds from request sent to body complete.
    pub fetch_micros: Option<i32>,
    /// Bytes of the body.
    pub response_bytes: Option<i32>,
    /// Status code of the answer.
    pub http_status: Option<i16>,
}

/// Reads the last [`MAX_LOOKS`] looks at a showtime, the oldest first: from when it was discovered
/// until two days after its start.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn looks(db: &mut PgConnection, of: &ShowtimeFacts) -> Result<Vec<Look>, ReadError> {
    let mut rows = sqlx::query_file_as!(
        Look,
        "queries/read_showtime_looks.sql",
        of.showtime_id,
        of.discovered_at,
        of.starts_at.max(of.discovered_at) + chrono::TimeDelta::days(2),
        MAX_LOOKS
    )
    .fetch_all(db)
    .await?;
    rows.reverse();
    Ok(rows)
}
