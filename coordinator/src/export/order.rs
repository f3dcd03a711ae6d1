//! The order of an export, its result, and its errors.

use std::time::Duration;

use chrono::NaiveDate;
use parquet::errors::ParquetError;
use schema::export::{self, DueDay};
use sqlx::PgPool;
use thiserror::Error;

use super::{
    place::{Place, PlaceError},
    table::DataSet,
};

/// How long replaced files stay for readers under way, and for those that look back.
pub const SNAPSHOTS_KEPT: Duration = Duration::from_hours(7 * 24);

/// An order: the data sets and days to export, and the place.
#[derive(Debug, Clone)]
pub struct Order {
    /// Where.
    pub place: Place,
    /// The data sets.
    pub data_sets: Vec<DataSet>,
    /// No day before this one.
    pub since: Option<NaiveDate>,
    /// No day from this one on.
    pub until: Option<NaiveDate>,
    /// How long to wait for another process that writes there.
    pub patience: Duration,
    /// How long readers can go back to the rows before a change.
    pub snapshots_kept: Duration,
    /// Whether to rest as long as it works, for the sake of others on the machine.
    pub is_low_priority: bool,
}

impl Order {
    /// All days of data sets, at full speed.
    #[must_use]
    pub fn new(place: Place, mut data_sets: Vec<DataSet>) -> Self {
        data_sets.sort_unstable();
        Self {
            place,
            data_sets,
            since: None,
            until: None,
            patience: Duration::ZERO,
            snapshots_kept: SNAPSHOTS_KEPT,
            is_low_priority: false,
        }
    }

    pub(super) fn is_of(&self, day: DueDay) -> bool {
        self.since.is_none_or(|since| day.on_day >= since)
            && self.until.is_none_or(|until| day.on_day < until)
    }
}

/// The result of an export.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExportReport {
    /// Days whose files are new or others.
    pub days: u64,
    /// Days that were read again and are as they were.
    pub unchanged: u64,
    /// Rows in the files that were written.
    pub rows: u64,
    /// Their size.
    pub bytes: u64,
    /// Whether it was stopped before its end.
    pub is_stopped: bool,
}

/// How far an export is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportProgress {
    /// Another process writes there.
    Waiting,
    /// It reads a day.
    Day {
        /// Of which data set.
        data_set: DataSet,
        /// Which day.
        on_day: NaiveDate,
        /// Rows of the day so far.
        rows: u64,
        /// Days of the data set that are done, and that there are.
        of: (usize, usize),
    },
}

/// Why an export ended early; the days that were finished stand.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The database cannot be asked.
    #[error("the database cannot be asked")]
    Database(#[from] sqlx::Error),
    /// The place does not serve.
    #[error("{address} does not serve")]
    Place {
        /// Its address.
        address: String,
        /// Why.
        source: PlaceError,
    },
    /// Parquet cannot be written.
    #[error("Parquet cannot be written")]
    Parquet(#[from] ParquetError),
    /// A table cannot be described.
    #[error("the Iceberg table of {data_set} cannot be written")]
    Table {
        /// Of which data set.
        data_set: DataSet,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A part of this program failed.
    #[error("the writer of Parquet failed")]
    Panicked(#[from] tokio::task::JoinError),
    /// Another process writes to the place.
    #[error("another process exports to {address}; it is waited for {waited:?} at most")]
    Busy {
        /// Its address.
        address: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// Another process may have taken the place.
    #[error("the hold of {address} was lost")]
    Lost {
        /// Its address.
        address: String,
    },
    /// Its files may belong to another database, or be the last copy of days that this one dropped.
    #[error(
        "{address} has {files} files of an export and no manifest.json; put that back, move the \
         files away, or choose another place"
    )]
    NoManifest {
        /// Its address.
        address: String,
        /// How many.
        files: usize,
    },
    /// The place belongs to another database.
    #[error(
        "{address} has an export of another database; choose another place, or move all of its \
         files away"
    )]
    Foreign {
        /// Its address.
        address: String,
    },
}

/// The days of a data set that an order would export now; nothing is written.
///
/// # Errors
///
/// If the database cannot be asked.
pub async fn due(
    db: &PgPool,
    order: &Order,
    data_set: DataSet,
) -> Result<Vec<DueDay>, sqlx::Error> {
    let known = export::find_place(db, order.place.address()).await?;
    let place_id = known.map_or(0, |place| place.place_id);
    let mut due = export::due(db, place_id, data_set.label()).await?;
    due.retain(|day| order.is_of(*day));
    Ok(due)
}
