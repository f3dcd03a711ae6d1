//! The manifest: the one object that says which files of a place count.
//!
//! It is replaced as a whole, after its files were written and before old files are removed: a
//! reader that follows it never sees half of a day.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{iceberg::state::TableState, table::DataSet};

/// Its name below the place.
pub const NAME: &str = "manifest.json";
/// Counts up when what is written here means something else, or must not be lost.
pub const FORMAT: u32 = 2;
/// The oldest format that is read; 1 knows no tables.
pub const OLDEST_FORMAT: u32 = 1;

/// The files of an export that count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// Counts how often it was written.
    pub generation: u64,
    /// The database that is exported, by its `export_place.identity`.
    pub identity: String,
    /// When it was written, by the clock of the database.
    pub written_at: DateTime<Utc>,
    /// The days that were exported, in order of data set and day.
    pub days: Vec<Day>,
    /// The files that count, in the order of their days and of their rows.
    pub files: Vec<File>,
    /// The Iceberg table of each data set.
    #[serde(default)]
    pub tables: BTreeMap<DataSet, TableState>,
}

/// A day that was exported whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// Of which data set.
    pub data_set: DataSet,
    /// The day, UTC.
    pub date: NaiveDate,
    /// Rows in all its files; a day without rows has none.
    pub rows: u64,
}

/// A file that counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct File {
    /// Of which data set.
    pub data_set: DataSet,
    /// The day, UTC.
    pub date: NaiveDate,
    /// Its name below the place.
    pub path: String,
    /// Its rows.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// Hash of its bytes, in hexadecimal.
    pub sha256: String,
    /// The least and the most of columns in it.
    pub bounds: BTreeMap<String, [Value; 2]>,
}

impl Manifest {
    /// One that names nothing.
    #[must_use]
    pub fn empty(identity: &str) -> Self {
        Self {
            format: FORMAT,
            generation: 0,
            identity: identity.to_owned(),
            written_at: DateTime::UNIX_EPOCH,
            days: Vec::new(),
            files: Vec::new(),
            tables: BTreeMap::new(),
        }
    }

    /// The names of the files of a day; `None` if it was never exported.
    #[must_use]
    pub fn files_of(&self, data_set: DataSet, date: NaiveDate) -> Option<Vec<&str>> {
        let is_known = |day: &Day| (day.data_set, day.date) == (data_set, date);
        self.days.iter().any(is_known).then(|| {
            let files = self.day(data_set, date);
            files.map(|file| file.path.as_str()).collect()
        })
    }

    /// The files of a day.
    pub fn day(&self, data_set: DataSet, date: NaiveDate) -> impl Iterator<Item = &File> {
        let files = self.files.iter();
        files.filter(move |file| (file.data_set, file.date) == (data_set, date))
    }

    /// The names of all files that belong to a data set: those that count, and all of its table.
    #[must_use]
    pub fn paths_of(&self, data_set: DataSet) -> HashSet<String> {
        let counting = self.files.iter().filter(|file| file.data_set == data_set);
        let of_table = self
            .tables
            .get(&data_set)
            .map(|table| table.paths(data_set.label()));
        counting
            .map(|file| file.path.clone())
            .chain(of_table.into_iter().flatten())
            .collect()
    }

    /// Returns the next manifest: this one with these files for a day.
    #[must_use]
    pub fn with_day(
        &self,
        data_set: DataSet,
        date: NaiveDate,
        files: Vec<File>,
        written_at: DateTime<Utc>,
    ) -> Self {
        let rows = files.iter().map(|file| file.rows).sum();
        let mut next = self.clone();
        next.days
            .retain(|day| (day.data_set, day.date) != (data_set, date));
        next.days.push(Day {
            data_set,
            date,
            rows,
        });
        next.days.sort_by_key(|day| (day.data_set, day.date));
        next.files
            .retain(|file| (file.data_set, file.date) != (data_set, date));
        next.files.extend(files);
        // Stable: the files of a day stay in their order.
        next.files.sort_by_key(|file| (file.data_set, file.date));
        next.is_written(written_at);
        next
    }

    /// Returns the next manifest: this one with the state of a table.
    #[must_use]
    pub fn with_table(&self, data_set: DataSet, table: TableState, at: DateTime<Utc>) -> Self {
        let mut next = self.clone();
        next.tables.insert(data_set, table);
        next.is_written(at);
        next
    }

    fn is_written(&mut self, at: DateTime<Utc>) {
        self.format = FORMAT;
        self.generation += 1;
        self.written_at = at;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn day(number: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, number).unwrap()
    }

    fn file(path: &str, rows: u64) -> File {
        File {
            data_set: DataSet::Jobs,
            date: day(2),
            path: path.to_owned(),
            rows,
            bytes: 1,
            sha256: String::new(),
            bounds: BTreeMap::new(),
        }
    }

    #[test]
    fn a_day_is_replaced_as_a_whole() {
        let at = DateTime::UNIX_EPOCH;
        let one = Manifest::empty("")
            .with_day(DataSet::Jobs, day(2), vec![file("a", 1), file("b", 2)], at)
            .with_day(DataSet::Jobs, day(1), Vec::new(), at);
        assert_eq!(one.files_of(DataSet::Jobs, day(1)), Some(vec![]));
        assert_eq!(one.files_of(DataSet::Prices, day(1)), None);
        assert_eq!((one.days[1].rows, one.generation), (3, 2));
        let two = one.with_day(DataSet::Jobs, day(2), vec![file("c", 7)], at);
        assert_eq!(two.files_of(DataSet::Jobs, day(2)), Some(vec!["c"]));
        assert_eq!((two.days.len(), two.days[1].rows), (2, 7));
    }
}
