//! From the bytes of one answer to typed rows.
//!
//! Takes a step, what was handed down to it and an [`Answer`]; gives [`Rows`](crate::rows::Rows). Pure: no
//! clock, no network, no database, and nothing is kept. The bytes are written by
//! strangers, so everything that they can say wrong is an [`ExtractError`] that names the
//! row and the field. An answer without rows is an error unless the step expects it.
//!
//! The way of an answer: `reader` (`decode`, `check`) → `rules` (`rows_at`: `select` or
//! `page`; `reshape`, `join`) → `field` → `cinema`, `showtime` (`film`, `attributes`), `seat`, `price`, `item`,
//! `observation` → `merge`. `plan` compiles all of it once; `take` and `facts` read what
//! other requests need to know.

use jiff::Timestamp;

pub mod allowance;
pub(crate) mod facts;
pub(crate) mod follow;
pub(crate) mod given;
pub(crate) mod merge;
pub(crate) mod plan;
pub(crate) mod take;

mod attributes;
mod carry;
mod check;
mod cinema;
mod decode;
mod error;
mod field;
mod film;
mod gaps;
mod html;
mod item;
mod join;
mod jq;
mod labels;
mod missing;
mod money;
mod node;
mod observation;
mod page;
mod path;
mod price;
mod reader;
mod reshape;
mod rows_at;
mod rules;
mod scope;
mod seat;
mod select;
mod showtime;
mod status;
mod text;
mod time;

pub use error::ExtractError;
pub use facts::{Page, PageFacts};
pub use gaps::Gaps;
pub use merge::Merged;

/// The answer of a source.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// HTTP status.
    pub status: u16,
    /// The header `Content-Type`, for its character set.
    pub content_type: Option<&'a str>,
    /// The body, decompressed.
    pub body: &'a [u8],
    /// When it came; only times that are written without their year depend on it.
    pub received_at: Timestamp,
}

/// More rows than the largest auditorium or the longest listing has.
pub(crate) const MAX_ROWS: usize = 100_000;
