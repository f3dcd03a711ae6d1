//! Data sets, and what each of them is made of.

use std::{fmt, future::Future, str::FromStr, time::Duration};

use schema::export::{
    UsedCode,
    read::{JobFilter, Span},
};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use super::column::Column;

/// How long files with events of erased users stay, at most, until the next export removes them.
const ERASED_KEPT: Duration = Duration::from_hours(12);

/// The data sets.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum DataSet {
    /// A row per showtime with the names of its film, work, cinema, auditorium and source, in the
    /// day on which it was first stored.
    Showtimes,
    /// A row per seat and snapshot, as the view `seat_record`.
    SeatRecords,
    /// A row per snapshot with its counters, as the view `seat_snapshot`.
    Snapshots,
    /// A row per job that ended.
    Jobs,
    /// A row per showtime, price and time since which it was asked, as the view `ticket_price`.
    Prices,
    /// A row per event, in the day on which it was received.
    Events,
}

impl DataSet {
    /// All of them, in the order in which they are exported: what others refer to comes first.
    pub const ALL: [Self; 6] = [
        Self::Showtimes,
        Self::SeatRecords,
        Self::Snapshots,
        Self::Jobs,
        Self::Prices,
        Self::Events,
    ];

    /// Its name on the command line, in settings, and of its directory.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Showtimes => "showtimes",
            Self::SeatRecords => "seat-records",
            Self::Snapshots => "snapshots",
            Self::Jobs => "jobs",
            Self::Prices => "prices",
            Self::Events => "events",
        }
    }

    /// How long readers can go back to replaced rows, where the order says `wanted`. Events can be of a
    /// user that was erased, so theirs stay no longer than readers under way need.
    #[must_use]
    pub fn snapshots_kept(self, wanted: Duration) -> Duration {
        match self {
            Self::Events => wanted.min(ERASED_KEPT),
            _ => wanted,
        }
    }

    /// The partitioned table from which the data set is read, if it is partitioned.
    #[must_use]
    pub fn parent(self) -> Option<&'static str> {
        match self {
            Self::SeatRecords | Self::Snapshots => Some("snapshot"),
            Self::Jobs => Some("job"),
            Self::Events => Some("event_block"),
            Self::Showtimes | Self::Prices => None,
        }
    }
}

impl fmt::Display for DataSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.label())
    }
}

impl FromStr for DataSet {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|one| one.label() == text);
        found.ok_or_else(|| {
            let all = Self::ALL.map(Self::label).join(", ");
            format!("`{text}` is not a data set; write one of {all}")
        })
    }
}

/// Which rows are read.
#[derive(Debug, Clone)]
pub struct RowFilter {
    /// Of which time.
    pub span: Span,
    /// Only of these showtimes, in their order.
    pub showtimes: Option<Vec<i32>>,
    /// Of jobs, only these.
    pub jobs: JobFilter,
}

impl RowFilter {
    /// All rows of a time.
    #[must_use]
    pub fn all(span: Span) -> Self {
        Self {
            span,
            showtimes: None,
            jobs: JobFilter::default(),
        }
    }
}

/// One data set: its columns, and a reader that stands somewhere in its rows.
///
/// A reader holds a page in memory, and the numbers of the showtimes that it is to read.
pub trait Table: Sized + Send + 'static {
    /// Rows that are written together.
    type Block: Send + 'static;
    /// Which it is.
    const DATA_SET: DataSet;
    /// The column whose UTC day is the day of a row.
    const TIME: &'static str;
    /// The columns that its rows are sorted by.
    const SORTED_BY: &'static [&'static str];

    /// Its columns, in their order.
    fn columns() -> &'static [Column<Self::Block>];

    /// How many rows a block has.
    fn rows(block: &Self::Block) -> usize;

    /// A reader before the first row.
    fn open(
        db: &PgPool,
        wanted: RowFilter,
    ) -> impl Future<Output = Result<Self, sqlx::Error>> + Send;

    /// The next page in the order of rows; `None` after the last.
    fn next(
        &mut self,
    ) -> impl Future<Output = Result<Option<Vec<Self::Block>>, sqlx::Error>> + Send;

    /// The seat codes that occurred in what was read, with the meanings that were written.
    fn used_codes(&self) -> Vec<UsedCode> {
        Vec::new()
    }
}
