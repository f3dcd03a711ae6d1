//! What is known of a table: part of `manifest.json`.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A table, as its last commit left it. Paths are below the place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableState {
    /// Identity of the table: a UUID.
    pub uuid: String,
    /// Number of its last `vN.metadata.json`; from 1.
    pub version: u64,
    /// When that was written, by the clock of the database; later than the one before.
    pub updated_at: DateTime<Utc>,
    /// Number of its last commit; 0 for none.
    pub sequence: i64,
    /// Its Iceberg schemas, the present one last; each stands at its id.
    pub schemas: Vec<Value>,
    /// Its snapshots that have not expired, the present one last.
    pub snapshots: Vec<Snapshot>,
    /// The Avro files that the present snapshot lists, by day.
    pub manifests: Vec<ManifestFile>,
    /// Earlier `vN.metadata.json` that are still there.
    pub log: Vec<LogEntry>,
    /// Files that the present snapshot does not use, and earlier ones do.
    pub superseded: Vec<Superseded>,
}

/// A snapshot: all rows of the table after one commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Identity: random, positive.
    pub id: i64,
    /// The snapshot before it.
    pub parent: Option<i64>,
    /// Number of its commit.
    pub sequence: i64,
    /// When it was committed.
    pub at: DateTime<Utc>,
    /// Place of its schema in [`TableState::schemas`].
    pub schema: usize,
    /// The Avro file that lists its manifests.
    pub manifest_list: String,
    /// What changed.
    pub change: Change,
}

/// What a commit changed, in files and rows, and the totals after it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Files that came.
    pub added_files: u64,
    /// Their rows.
    pub added_rows: u64,
    /// Files that went.
    pub deleted_files: u64,
    /// Their rows.
    pub deleted_rows: u64,
    /// Files of the table.
    pub total_files: u64,
    /// Their rows.
    pub total_rows: u64,
}

/// An Avro file that lists the files of one day: those that count, and those that they replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestFile {
    /// The day, UTC.
    pub date: NaiveDate,
    /// Its name.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Number of the commit that wrote it.
    pub sequence: i64,
    /// The snapshot of that commit.
    pub snapshot: i64,
    /// Files that count.
    pub added_files: u64,
    /// Their rows.
    pub added_rows: u64,
    /// Files that were replaced by it.
    pub deleted_files: u64,
    /// Their rows.
    pub deleted_rows: u64,
}

/// An earlier `vN.metadata.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// Its number.
    pub version: u64,
    /// When it was written.
    pub at: DateTime<Utc>,
}

/// A file that only earlier snapshots use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Superseded {
    /// Its name.
    pub path: String,
    /// When it was replaced.
    pub at: DateTime<Utc>,
}

impl TableState {
    /// The present snapshot; none before the first commit.
    #[must_use]
    pub fn current(&self) -> Option<&Snapshot> {
        self.snapshots.last()
    }

    /// Notes that the present snapshot does not use a file any more.
    pub(super) fn supersede(&mut self, path: String) {
        let at = self.updated_at;
        self.superseded.push(Superseded { path, at });
    }

    /// Every file below the place that belongs to the table and is not a file that counts:
    /// metadata, lists, and superseded data. `data_set` is the name of its directory.
    #[must_use]
    pub fn paths(&self, data_set: &str) -> Vec<String> {
        let logged = self.log.iter().map(|entry| entry.version);
        let metadata = logged
            .chain([self.version])
            .map(|version| metadata_path(data_set, version));
        let lists = self.snapshots.iter().map(|one| one.manifest_list.clone());
        let manifests = self.manifests.iter().map(|one| one.path.clone());
        let superseded = self.superseded.iter().map(|one| one.path.clone());
        metadata
            .chain(lists)
            .chain(manifests)
            .chain(superseded)
            .chain([hint_path(data_set)])
            .collect()
    }
}

/// Name of a metadata file below the place.
#[must_use]
pub fn metadata_path(data_set: &str, version: u64) -> String {
    format!("{data_set}/metadata/v{version}.metadata.json")
}

/// Name of the file that holds the number of the present metadata file.
#[must_use]
pub fn hint_path(data_set: &str) -> String {
    format!("{data_set}/metadata/version-hint.text")
}
