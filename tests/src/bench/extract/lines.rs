//! Hand-written typed readers: the least that a program for one chain would do.
//!
//! Each writes a line for a row, with the fields that the definition names, as one would
//! hand it to `COPY`.

#![expect(
    clippy::struct_field_names,
    reason = "fields are called as in the bodies"
)]

use std::{
    borrow::Cow,
    fmt::{Display, Write},
};

use serde_json::Result;

mod feeds;
mod listings;
mod seats;

/// Lines of fields with tabs between them.
#[derive(Debug, Default)]
pub(super) struct Lines {
    text: String,
    /// How many there are.
    pub(super) count: u64,
}

impl Lines {
    fn push(&mut self, fields: &[&dyn Display]) {
        for field in fields {
            // Writing to a string cannot fail.
            let _ = write!(self.text, "{field}\t");
        }
        self.text.push('\n');
        self.count += 1;
    }
}

/// Reads one body.
pub(super) type Reader = fn(&[u8]) -> Result<Lines>;

/// Returns the reader of the bodies that a definition reads, if they are JSON.
pub(super) fn reader(name: &str) -> Option<Reader> {
    Some(match name {
        "bhd" => seats::bhd,
        "major" => seats::major,
        "cds" => seats::cds,
        "amc" => seats::amc,
        "shaw" => seats::shaw,
        "boost" => listings::boost,
        "cineplex" => listings::cineplex,
        "cineworld" => listings::cineworld,
        "cineworld-legacy" => listings::cineworld_legacy,
        "curzon" => listings::curzon,
        "everyman" => listings::everyman,
        "indycinema" => listings::indycinema,
        "vue" => listings::vue,
        "mentions" => feeds::mentions,
        "video-statistics" => feeds::video_statistics,
        "weather" => feeds::weather,
        _ => return None,
    })
}

/// A text of the body, which may have escapes.
type Text<'a> = Cow<'a, str>;
