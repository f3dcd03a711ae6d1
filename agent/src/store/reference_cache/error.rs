//! Why the references of a snapshot cannot be resolved.

use source_language::storable::Unstorable;
use thiserror::Error;

use super::status_codes::MAX_CODES;
use crate::database::Outage;

/// Why seats or prices cannot be stored.
#[derive(Debug, Error)]
pub enum ReferenceError {
    /// The rows do not make a snapshot.
    #[error(transparent)]
    Rows(#[from] Unstorable),
    /// Two seats have the same key.
    #[error("the seat key {key} comes twice in the answer")]
    SeatTwice {
        /// The key.
        key: String,
    },
    /// A status code is too long to be one.
    #[error("a status code of {bytes} bytes is no code")]
    LongCode {
        /// Its length.
        bytes: usize,
    },
    /// The source would have too many status codes. None of the new ones is stored, because
    /// none could be removed later.
    #[error(
        "with this answer the source has {count} different status codes, such as {named}; \
         the limit is {MAX_CODES}: does `status` read another field?"
    )]
    TooManyCodes {
        /// How many there would be.
        count: usize,
        /// Some that are new.
        named: String,
    },
    /// The source has as many layouts as it may.
    #[error(
        "this layout would be number {found} of the source, more than \
         agent.max_layouts_per_source ({cap}): do the names of its seats change with each answer?"
    )]
    TooManyLayouts {
        /// How many there would be.
        found: i64,
        /// How many there may be.
        cap: i64,
    },
    /// The database is away or refuses a statement.
    #[error("the database refused the layout, the codes or the tariff of a snapshot")]
    Database(#[from] sqlx::Error),
}

impl Outage for ReferenceError {
    fn is_outage(&self) -> bool {
        match self {
            Self::Database(error) => error.is_outage(),
            Self::Rows(_)
            | Self::SeatTwice { .. }
            | Self::LongCode { .. }
            | Self::TooManyLayouts { .. }
            | Self::TooManyCodes { .. } => false,
        }
    }
}
