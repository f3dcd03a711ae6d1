//! Windows of time of the history, as ranges of `job.ended_seq`, and counts with a bound.
//!
//! Rows of the history come in the order of `ended_seq`, which has an index; a window of time as a
//! range of it costs what is in the window, whatever else is in the partition.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

use super::ReadError;

/// Rows that a count counts at most.
pub const MAX_COUNT: i64 = 10_000;

/// A number of rows that was counted up to [`MAX_COUNT`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Counted {
    /// How many there are, or 10,000.
    pub count: i64,
    /// Whether there are more than that.
    pub is_more: bool,
}

impl Counted {
    /// Makes the count of rows that were counted to one more than [`MAX_COUNT`].
    #[must_use]
    pub fn of(rows: i64) -> Self {
        Self {
            count: rows.min(MAX_COUNT),
            is_more: rows > MAX_COUNT,
        }
    }
}

/// A range of `ended_seq`; both ends belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SeqRange {
    pub(super) first: i64,
    pub(super) last: i64,
}

/// Reads the range of the jobs that ended from `since` until `until`.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub(super) async fn seq_range(
    db: &mut PgConnection,
    since: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
) -> Result<SeqRange, ReadError> {
    let row = sqlx::query_file!("queries/read_seq_range.sql", since, until)
        .fetch_one(db)
        .await?;
    Ok(SeqRange {
        first: row.first_seq.unwrap_or(0),
        last: row.last_seq.unwrap_or(i64::MAX),
    })
}
