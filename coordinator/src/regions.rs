//! Regions: events as files in object storage, for another database or from one, where no replication of
//! databases exists.
//!
//! Takes the regions that operators declared; gives, where events are sent, JSON lines in a file for
//! each client and hour with a manifest that lists them; where events are received, stored events.
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`settings`] | a file, the environment | the settings of stores |
//! | [`rules`] | what an operator declared | which fields of which events leave |
//! | [`line`](mod@line) | an event | a line of a file, and back |
//! | [`codec`] | lines | compressed bytes, and back within bounds |
//! | [`manifest`] | files | the object that lists them |
//! | [`hour`] | a client and an hour | its events as the bytes of files |
//! | [`ledger`] | written files | manifest and rows that agree |
//! | [`writer`] | hours that are complete | their files; what came late; erased users |
//! | [`repair`] | reports of receivers, erased users | files that are written again |
//! | [`report`] | what a receiver lacks | the object by which the sender learns of it |
//! | [`receiver`] | a manifest | applied files, or why one is not |
//! | [`apply`] | the bytes of a file | stored events, erased users |
//!
//! **Order.** Files, then `manifest.json` as a whole (a conditional put in a store, a rename in a
//! directory), then the rows. The manifest is the truth about a place: what it lists and the database
//! does not know is recorded by the next run, and a file that it does not list is removed. A file is
//! named by its number and its hash, and the same rows give the same bytes.
//!
//! **One writer.** A lease in the row of the region, which is locked while the manifest is put.
//!
//! **Failure.** A region fails alone: its error is stored with it, and the others go on.

pub mod settings;
pub mod rules;
pub mod line;
pub mod codec;
pub mod manifest;
pub mod hour;
pub mod ledger;
pub mod writer;
pub mod repair;
pub mod report;
pub mod receiver;
pub mod apply;

use std::time::Duration;

use thiserror::Error;

use crate::export::place::PlaceError;

/// How long a killed writer still has the lease of its region.
pub const LEASE: Duration = Duration::from_mins(2);
/// Events in a file at most: a receiver stores a file in one transaction, which must end within a minute.
pub const MAX_EVENTS: u64 = 50_000;
/// Bytes of a file at which it ends.
pub const FULL_BYTES: usize = 8 * 1024 * 1024;
/// Bytes of a file at most, as a receiver takes it.
pub const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;
/// Bytes of an unpacked file at most, as a receiver takes it.
pub const MAX_UNPACKED_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// Bytes of a line at most: an event has 64 KiB, which pseudonyms and escapes make longer.
pub const MAX_LINE_BYTES: usize = 512 * 1024;
/// Bytes of a manifest at most.
pub const MAX_MANIFEST_BYTES: u64 = 64 * 1024 * 1024;
/// Bytes of a receiver's report at most.
pub const MAX_REPORT_BYTES: u64 = 1024 * 1024;

/// Why a region cannot be sent or received.
#[derive(Debug, Error)]
pub enum RegionError {
    /// The database cannot be asked.
    #[error("the database refuses")]
    Database(#[from] sqlx::Error),
    /// The place does not serve.
    #[error("{address} does not serve")]
    Place {
        /// Its address.
        address: String,
        /// Why.
        source: PlaceError,
    },
    /// What is at the place was written by another database.
    #[error(
        "manifest.json is of another sender ({found}, not {expected}): use a place for each region; if \
         it is right, run coordinator region remove, then coordinator region apply"
    )]
    Foreign {
        /// The identity that it has.
        found: String,
        /// The identity that it should have.
        expected: String,
    },
    /// The manifest or a report cannot be used.
    #[error("{name} cannot be used: {why}")]
    Object {
        /// Its name.
        name: String,
        /// Why.
        why: String,
    },
    /// A file cannot be used.
    #[error("file {sequence} ({path}) is refused: {why}")]
    Refused {
        /// Its number.
        sequence: i64,
        /// Its name.
        path: String,
        /// Why.
        why: String,
    },
    /// The row of the region cannot be used.
    #[error("the region cannot be used: {0}")]
    Region(String),
    /// A file cannot be packed or unpacked.
    #[error("a file cannot be packed or unpacked")]
    File(#[from] std::io::Error),
    /// Another process writes to the place.
    #[error("another process writes to the place")]
    Busy,
}

impl RegionError {
    /// An error of a place.
    pub fn at(address: &str) -> impl Fn(PlaceError) -> Self {
        move |source| Self::Place {
            address: address.to_owned(),
            source,
        }
    }
}
