//! The Iceberg tables of a place are kept up with its manifest.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use schema::{
    export::{self, TableRow},
    schedule::clock,
};
use sqlx::PgConnection;

use super::Export;
use crate::export::{
    iceberg::{
        commit::{ChangedDay, Commit, Committer},
        fields::Fields,
        metadata::metadata,
        state::{hint_path, metadata_path},
    },
    order::ExportError,
    table::DataSet,
};

impl Export<'_> {
    /// Makes the tables of data sets that were exported before there were tables, and publishes
    /// commits after which a run was ended.
    pub(super) async fn complete_tables(&mut self) -> Result<(), ExportError> {
        let (place_id, holder) = (self.known.place_id, self.hold.holder);
        let published: BTreeMap<String, i64> = export::published_versions(self.db, place_id)
            .await?
            .into_iter()
            .collect();
        for data_set in DataSet::ALL {
            let changed = self.exported_days(data_set);
            let version = self
                .manifest
                .tables
                .get(&data_set)
                .map(|table| table.version);
            let published = published
                .get(data_set.label())
                .copied()
                .map(i64::cast_unsigned);
            if changed.is_empty() || (version.is_some() && version == published) {
                continue;
            }
            let mut transaction = self.db.begin().await?;
            if !export::is_held(&mut transaction, place_id, holder).await? {
                return Err(self.lost());
            }
            if version.is_none() {
                let now = clock(&mut *transaction).await?;
                let commit = self.commit_table(data_set, &changed, now).await?;
                let next = self.manifest.with_table(data_set, commit.table, now);
                self.write_manifest(next).await?;
            }
            self.publish_table(&mut transaction, data_set).await?;
            transaction.commit().await?;
        }
        Ok(())
    }

    /// All days of a data set, as if none had been in a table.
    fn exported_days(&self, data_set: DataSet) -> Vec<ChangedDay> {
        let mut changed = Vec::new();
        for day in &self.manifest.days {
            if day.data_set == data_set {
                changed.push(ChangedDay {
                    before: Vec::new(),
                    now: self.manifest.day(data_set, day.date).cloned().collect(),
                });
            }
        }
        changed
    }

    /// Writes what the next state of a table needs; it counts when the manifest has it.
    pub(super) async fn commit_table(
        &self,
        data_set: DataSet,
        days: &[ChangedDay],
        now: DateTime<Utc>,
    ) -> Result<Commit, ExportError> {
        let place = &self.order.place;
        let fields = fields_of(data_set)?;
        let committer = Committer {
            data_set,
            fields: &fields,
            address: place.address(),
            now,
            kept: TimeDelta::from_std(data_set.snapshots_kept(self.order.snapshots_kept))
                .unwrap_or(TimeDelta::MAX),
        };
        let commit = committer
            .commit(self.manifest.tables.get(&data_set), days)
            .map_err(|error| ExportError::Table {
                data_set,
                source: error.into(),
            })?;
        for (name, content) in &commit.lists {
            place
                .put(name, content.clone())
                .await
                .map_err(self.place())?;
        }
        let (name, content) = &commit.metadata;
        place
            .put_new(name, content.clone())
            .await
            .map_err(self.place())?;
        Ok(commit)
    }

    /// Tells readers of the state of a table that the manifest has.
    pub(super) async fn publish_table(
        &self,
        db: &mut PgConnection,
        data_set: DataSet,
    ) -> Result<(), ExportError> {
        let Some(table) = self.manifest.tables.get(&data_set) else {
            return Ok(());
        };
        let place = &self.order.place;
        let hint = hint_path(data_set.label());
        let version = Bytes::from(table.version.to_string());
        place.put(&hint, version).await.map_err(self.place())?;
        let metadata = metadata(data_set, &fields_of(data_set)?, place.address(), table)
            .and_then(|written| serde_json::from_slice(&written))
            .map_err(|error| ExportError::Table {
                data_set,
                source: error.into(),
            })?;
        let location = |version| {
            let path = metadata_path(data_set.label(), version);
            format!("{}/{path}", place.address())
        };
        let current = table.current();
        let count = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let row = TableRow {
            committed_at: table.updated_at,
            snapshot_id: current.map(|snapshot| snapshot.id),
            total_rows: current.map_or(0, |one| count(one.change.total_rows)),
            total_files: current.map_or(0, |one| count(one.change.total_files)),
            version: count(table.version),
            snapshots: i32::try_from(table.snapshots.len()).unwrap_or(i32::MAX),
            metadata_location: location(table.version),
            previous_location: table.log.last().map(|entry| location(entry.version)),
            metadata,
        };
        export::publish_table(db, self.known.place_id, data_set.label(), &row).await?;
        Ok(())
    }
}

fn fields_of(data_set: DataSet) -> Result<Fields, ExportError> {
    Fields::of(data_set).map_err(|missing| ExportError::Table {
        data_set,
        source: format!("there is no column {missing}").into(),
    })
}
