//! The manifest of a region: the one object that says which files count.

use chrono::{DateTime, Utc};
use schema::events::region::sent::Cursor;
use serde::{Deserialize, Serialize};

use super::codec::Compression;

/// Its name below the place.
pub const NAME: &str = "manifest.json";
/// Counts up when what is written here means something else.
pub const FORMAT: u32 = 1;

/// What the users of a region are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserIds {
    /// Pseudonyms.
    Pseudonyms,
    /// Ids, in an archive of one's own.
    Ids,
}

/// The files of a region that count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionManifest {
    /// [`FORMAT`].
    pub format: u32,
    /// Counts how often it was written.
    pub generation: i64,
    /// The sender: `region.identity`.
    pub identity: String,
    /// When it was written, by the clock of the sender's database.
    pub written_at: DateTime<Utc>,
    /// Hours that ended by then are complete.
    pub complete_until: Option<DateTime<Utc>>,
    /// What users are.
    pub users: UserIds,
    /// The files, in order of their numbers.
    pub files: Vec<RegionFile>,
}

/// A moment in the order of name and receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct At(pub i32, pub DateTime<Utc>);

impl From<Cursor> for At {
    fn from(cursor: Cursor) -> Self {
        Self(cursor.name_id, cursor.at)
    }
}

impl From<At> for Cursor {
    fn from(at: At) -> Self {
        Self {
            name_id: at.0,
            at: at.1,
        }
    }
}

/// A file that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionFile {
    /// Its number, from 1. It keeps it when it is written again.
    pub sequence: i64,
    /// Its client and hour; none for a file of erased users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<FileHour>,
    /// Its name below the place.
    pub path: String,
    /// Events, or erased users, in it.
    pub events: u64,
    /// Its size.
    pub bytes: u64,
    /// Hash of its bytes, in hexadecimal.
    pub sha256: String,
}

/// The hour of a client whose events a file holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileHour {
    /// The client.
    pub client: String,
    /// Begin of the hour of receipt.
    pub hour: DateTime<Utc>,
    /// Where the file begins, if not with the hour: for the sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<At>,
    /// Where it ends, if not with the hour: for the sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<At>,
    /// Whether it holds what was stored after the other files of the hour were written.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
    /// The number of the file whose place it takes, with events that this one lacked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<i64>,
}

impl RegionFile {
    /// The number of the file whose place it takes.
    #[must_use]
    pub fn replaces(&self) -> Option<i64> {
        self.of.as_ref().and_then(|of| of.replaces)
    }
}

impl RegionManifest {
    /// One that lists nothing.
    #[must_use]
    pub const fn empty(identity: String, is_archive: bool) -> Self {
        Self {
            format: FORMAT,
            generation: 0,
            identity,
            written_at: DateTime::UNIX_EPOCH,
            complete_until: None,
            users: if is_archive {
                UserIds::Ids
            } else {
                UserIds::Pseudonyms
            },
            files: Vec::new(),
        }
    }

    /// The file of a number.
    #[must_use]
    pub fn file(&self, sequence: i64) -> Option<&RegionFile> {
        self.files.iter().find(|file| file.sequence == sequence)
    }

    /// Lists a file, in the place of one with its number, or of the one that it replaces.
    pub fn put(&mut self, file: RegionFile) {
        if let Some(replaced) = file.replaces() {
            self.files.retain(|known| known.sequence != replaced);
        }
        match self
            .files
            .binary_search_by_key(&file.sequence, |known| known.sequence)
        {
            Ok(place) => self.files[place] = file,
            Err(place) => self.files.insert(place, file),
        }
    }

    /// The next number.
    #[must_use]
    pub fn next_sequence(&self) -> i64 {
        self.files.last().map_or(1, |file| file.sequence + 1)
    }
}

/// The name of a file of events.
#[must_use]
pub fn events_path(
    client: &str,
    hour: DateTime<Utc>,
    sequence: i64,
    sha256: &str,
    compression: Compression,
) -> String {
    format!(
        "client={client}/date={}/hour={}/events-{sequence:08}-{}{}",
        hour.format("%Y-%m-%d"),
        hour.format("%H"),
        &sha256[..16],
        compression.ending()
    )
}

/// The name of a file of erased users.
#[must_use]
pub fn erasures_path(sequence: i64, sha256: &str, compression: Compression) -> String {
    format!(
        "erasures/erased-{sequence:08}-{}{}",
        &sha256[..16],
        compression.ending()
    )
}
