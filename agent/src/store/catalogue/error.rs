//! Why a listing is not stored.

use thiserror::Error;

use crate::database::Outage;

/// Why a listing was not stored.
#[derive(Debug, Error)]
pub enum CatalogueError {
    /// Two rows have the same key.
    #[error("the key {key} comes twice in the answer")]
    KeyTwice {
        /// The key.
        key: String,
    },
    /// A showtime starts at a time that has no calendar day.
    #[error("showtime {key} has no day: {problem}")]
    NoDay {
        /// The showtime.
        key: String,
        /// Why not.
        problem: String,
    },
    /// The cinema names a time zone that does not exist.
    #[error("the showtimes have no day: there is no time zone `{timezone}`")]
    NoZone {
        /// The zone.
        timezone: String,
    },
    /// Showtimes came for a task without a cinema.
    #[error("the task names no cinema: a step that gives showtimes must be for each cinema")]
    NoCinema,
    /// The source would have more tasks than it may.
    #[error(
        "with this listing the source would have {found} tasks, more than \
         agent.max_tasks_per_source ({cap}): do the keys of its rows change with each answer?"
    )]
    OverCap {
        /// How many there would be.
        found: i64,
        /// How many there may be.
        cap: i64,
    },
    /// The database is away or refuses a statement.
    #[error("the database refused the rows")]
    Database(#[from] sqlx::Error),
}

impl Outage for CatalogueError {
    fn is_outage(&self) -> bool {
        match self {
            Self::Database(error) => error.is_outage(),
            Self::KeyTwice { .. }
            | Self::NoDay { .. }
            | Self::NoZone { .. }
            | Self::OverCap { .. }
            | Self::NoCinema => false,
        }
    }

    fn is_out_of_time(&self) -> bool {
        matches!(self, Self::Database(error) if error.is_out_of_time())
    }
}
