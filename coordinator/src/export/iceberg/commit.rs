//! One commit: days whose files changed become the next state of a table.

use bytes::Bytes;
use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use uuid::Uuid;

use super::{
    fields::Fields,
    manifest_file::{DayFiles, list, of_day},
    metadata::metadata,
    state::{Change, LogEntry, ManifestFile, Snapshot, TableState, metadata_path},
};
use crate::export::{manifest::File, table::DataSet};

/// A day whose files changed.
#[derive(Debug, Clone)]
pub struct ChangedDay {
    /// The files that counted.
    pub before: Vec<File>,
    /// The files that count now.
    pub now: Vec<File>,
}

impl ChangedDay {
    /// Whether rows came or went.
    #[must_use]
    pub fn has_files(&self) -> bool {
        !self.before.is_empty() || !self.now.is_empty()
    }
}

/// The next state of a table, and what has to be written for it, in this order.
#[derive(Debug)]
pub struct Commit {
    /// The next state.
    pub table: TableState,
    /// Avro files: they count when the metadata does.
    pub lists: Vec<(String, Bytes)>,
    /// The metadata file, which must not exist yet.
    pub metadata: (String, Bytes),
    /// Files that no snapshot uses any more, to be removed last.
    pub expired: Vec<String>,
}

/// What a commit is made from.
#[derive(Debug, Clone, Copy)]
pub struct Committer<'a> {
    /// Of which data set the table is.
    pub data_set: DataSet,
    /// Its fields.
    pub fields: &'a Fields,
    /// Address of the place.
    pub address: &'a str,
    /// The time of the database.
    pub now: DateTime<Utc>,
    /// How long a snapshot stays after the next one.
    pub kept: TimeDelta,
}

impl Committer<'_> {
    /// Commits changed days to a table, or to a new one. A table without a row so far has no snapshot.
    ///
    /// # Errors
    ///
    /// If the metadata is no JSON, which does not happen.
    pub fn commit(
        &self,
        before: Option<&TableState>,
        days: &[ChangedDay],
    ) -> Result<Commit, serde_json::Error> {
        let mut table = self.next(before);
        let mut lists = Vec::new();
        if days.iter().any(ChangedDay::has_files) {
            self.add_snapshot(&mut table, days, &mut lists);
        }
        let expired = self.expire(&mut table);
        let content = metadata(self.data_set, self.fields, self.address, &table)?;
        let label = self.data_set.label();
        Ok(Commit {
            lists,
            metadata: (metadata_path(label, table.version), content),
            expired,
            table,
        })
    }

    /// The state before, with the number and time of the next metadata file.
    fn next(&self, before: Option<&TableState>) -> TableState {
        let now = self.now.trunc_subsecs(3);
        let mut table = before.cloned().unwrap_or_else(|| TableState {
            uuid: Uuid::new_v4().to_string(),
            version: 0,
            updated_at: now,
            sequence: 0,
            schemas: Vec::new(),
            snapshots: Vec::new(),
            manifests: Vec::new(),
            log: Vec::new(),
            superseded: Vec::new(),
        });
        if table.version > 0 {
            let path = metadata_path(self.data_set.label(), table.version);
            let at = table.updated_at;
            table.log.push(LogEntry {
                version: table.version,
                at,
            });
            // Readers order commits by milliseconds.
            table.updated_at = now.max(at + TimeDelta::milliseconds(1));
            table.supersede(path);
        }
        table.version += 1;
        let schema = self.fields.schema(table.schemas.len().saturating_sub(1));
        if table.schemas.last() != Some(&schema) {
            table.schemas.push(self.fields.schema(table.schemas.len()));
        }
        table
    }

    fn add_snapshot(
        &self,
        table: &mut TableState,
        days: &[ChangedDay],
        lists: &mut Vec<(String, Bytes)>,
    ) {
        table.sequence += 1;
        let parent = table.current().map(|snapshot| snapshot.id);
        let before = table.current().map_or(Change::default(), |one| one.change);
        let id = random_id();
        let directory = format!("{}/metadata", self.data_set);
        let schema = table.schemas.len() - 1;
        let mut change = Change {
            total_files: before.total_files,
            total_rows: before.total_rows,
            ..Change::default()
        };
        // A manifest that lists only what went is of the snapshot that made it go.
        let (kept, gone): (Vec<_>, Vec<_>) = std::mem::take(&mut table.manifests)
            .into_iter()
            .partition(|manifest| manifest.added_files > 0);
        table.manifests = kept;
        for manifest in gone {
            table.supersede(manifest.path);
        }
        for (number, day) in days.iter().enumerate() {
            let Some(date) = day
                .now
                .iter()
                .chain(&day.before)
                .map(|file| file.date)
                .next()
            else {
                continue;
            };
            let place = table.manifests.iter().position(|one| one.date == date);
            let replaced = place.map(|place| table.manifests.remove(place));
            let added_in = replaced.as_ref().map_or(0, |manifest| manifest.sequence);
            let files = DayFiles {
                date,
                added: &day.now,
                deleted: (&day.before, added_in),
            };
            let content = of_day(self.fields, &table.schemas[schema], self.address, files, id);
            let path = format!("{directory}/{:05}-{id:016x}-m{number}.avro", table.sequence);
            let manifest = ManifestFile {
                date,
                path: path.clone(),
                bytes: content.len() as u64,
                sequence: table.sequence,
                snapshot: id,
                added_files: day.now.len() as u64,
                added_rows: rows(&day.now),
                deleted_files: day.before.len() as u64,
                deleted_rows: rows(&day.before),
            };
            change.added_files += manifest.added_files;
            change.added_rows += manifest.added_rows;
            change.deleted_files += manifest.deleted_files;
            change.deleted_rows += manifest.deleted_rows;
            lists.push((path, content));
            table.manifests.push(manifest);
            if let Some(replaced) = replaced {
                table.supersede(replaced.path);
            }
            for file in &day.before {
                table.supersede(file.path.clone());
            }
            // The same rows give the same file, which then counts again.
            let counts = |path: &String| day.now.iter().any(|file| file.path == *path);
            table.superseded.retain(|one| !counts(&one.path));
        }
        table.manifests.sort_by_key(|manifest| manifest.date);
        change.total_files =
            (change.total_files + change.added_files).saturating_sub(change.deleted_files);
        change.total_rows =
            (change.total_rows + change.added_rows).saturating_sub(change.deleted_rows);
        let snapshot = Snapshot {
            id,
            parent,
            sequence: table.sequence,
            at: table.updated_at,
            schema,
            manifest_list: format!("{directory}/snap-{id:016x}.avro"),
            change,
        };
        let content = list(self.address, &snapshot, &table.manifests);
        lists.push((snapshot.manifest_list.clone(), content));
        table.snapshots.push(snapshot);
    }

    /// Forgets the snapshots that were replaced long ago, and returns the files that go with them.
    fn expire(&self, table: &mut TableState) -> Vec<String> {
        let now = table.updated_at;
        let is_over = |at: DateTime<Utc>| at + self.kept < now;
        let replaced_at = table.snapshots.iter().skip(1).map(|next| next.at);
        let count = replaced_at.take_while(|at| is_over(*at)).count();
        let (gone, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut table.superseded)
            .into_iter()
            .partition(|one| is_over(one.at));
        table.superseded = kept;
        let mut expired: Vec<String> = gone.into_iter().map(|one| one.path).collect();
        let oldest = table.snapshots.drain(..count);
        expired.extend(oldest.map(|snapshot| snapshot.manifest_list));
        let label = self.data_set.label();
        table
            .log
            .retain(|entry| !expired.contains(&metadata_path(label, entry.version)));
        expired
    }
}

fn rows(files: &[File]) -> u64 {
    files.iter().map(|file| file.rows).sum()
}

/// A snapshot's identity.
fn random_id() -> i64 {
    let (high, _) = Uuid::new_v4().as_u64_pair();
    // Without the sign; a random number is never 0.
    i64::try_from(high >> 1).unwrap_or(i64::MAX)
}
