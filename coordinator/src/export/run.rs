//! One export: every day that is due becomes files, then part of the manifest, then a row of
//! the database; in this order, so the next export corrects anything that a killed
//! one leaves.
//!
//! If it is killed before the manifest is written, files are left that no manifest names: they are
//! removed, or written again with the same content under the same name. If it is killed after that,
//! the day is still due, and gives the same files. Files that no snapshot uses any more are removed
//! last.

mod table;
mod write;

use chrono::{DateTime, NaiveDate, Utc};
use schema::{
    export::{self, DueDay, Exported},
    schedule::clock,
};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use self::write::Written;
use super::{
    events::Events,
    iceberg::commit::ChangedDay,
    jobs::Jobs,
    lease::PlaceLease,
    manifest::Manifest,
    order::{ExportError, ExportProgress, ExportReport, Order},
    place::{ManifestVersion, PlaceError},
    prices::Prices,
    records::SeatRecords,
    showtimes::Showtimes,
    snapshots::Snapshots,
    table::DataSet,
};

/// Exports every day that is due, until `stop`.
///
/// # Errors
///
/// See [`ExportError`].
pub async fn run(
    db: &PgPool,
    order: &Order,
    stop: &CancellationToken,
    progress: &mut (dyn FnMut(ExportProgress) + Send + Sync),
) -> Result<ExportReport, ExportError> {
    export::note_late(db).await?;
    let known = export::place(db, order.place.address()).await?;
    let until_on = export::first_incomplete_day(db).await?;
    let is_waiting = || progress(ExportProgress::Waiting);
    let hold = PlaceLease::take(db, known.place_id, order.patience, stop, is_waiting).await?;
    let Some(hold) = hold else {
        if stop.is_cancelled() {
            return Ok(ExportReport {
                is_stopped: true,
                ..ExportReport::default()
            });
        }
        return Err(ExportError::Busy {
            address: order.place.address().to_owned(),
            waited: order.patience,
        });
    };
    let mut export = Export {
        db,
        order,
        stop,
        known,
        hold: &hold,
        until_on,
        manifest: Manifest::empty(&known.identity.to_string()),
        seen: ManifestVersion::default(),
        done: ExportReport::default(),
        progress,
    };
    let ended = export.all().await;
    let done = export.done;
    hold.release().await;
    ended.map(|()| done)
}

struct Export<'a> {
    db: &'a PgPool,
    order: &'a Order,
    stop: &'a CancellationToken,
    known: export::Place,
    hold: &'a PlaceLease,
    /// The first day that was not complete when it began: a day that is over meanwhile has to
    /// wait, for its showtimes were not exported then.
    until_on: NaiveDate,
    manifest: Manifest,
    seen: ManifestVersion,
    done: ExportReport,
    progress: &'a mut (dyn FnMut(ExportProgress) + Send + Sync),
}

impl Export<'_> {
    async fn all(&mut self) -> Result<(), ExportError> {
        self.agree().await?;
        for &data_set in &self.order.data_sets {
            let due = export::due(self.db, self.known.place_id, data_set.label()).await?;
            let due: Vec<DueDay> = due
                .into_iter()
                .filter(|day| self.order.is_of(*day) && day.on_day < self.until_on)
                .collect();
            for (number, day) in due.iter().enumerate() {
                let of = (number, due.len());
                let written = match data_set {
                    DataSet::Showtimes => self.write::<Showtimes>(*day, of).await,
                    DataSet::SeatRecords => self.write::<SeatRecords>(*day, of).await,
                    DataSet::Snapshots => self.write::<Snapshots>(*day, of).await,
                    DataSet::Jobs => self.write::<Jobs>(*day, of).await,
                    DataSet::Prices => self.write::<Prices>(*day, of).await,
                    DataSet::Events => self.write::<Events>(*day, of).await,
                }?;
                // A day that was begun is left as if the process had been killed.
                let Some(written) = written else {
                    self.done.is_stopped = true;
                    return Ok(());
                };
                self.publish(data_set, *day, written).await?;
            }
        }
        Ok(())
    }

    /// Reads the manifest, which is the truth about the place: days of which it says otherwise
    /// than the database are due again, and files that it does not name go.
    async fn agree(&mut self) -> Result<(), ExportError> {
        let place = &self.order.place;
        let (found, seen) = place.manifest().await.map_err(self.place())?;
        self.seen = seen;
        match found {
            Some(found) if found.identity == self.known.identity.to_string() => {
                self.manifest = found;
            }
            Some(_) => {
                return Err(ExportError::Foreign {
                    address: place.address().to_owned(),
                });
            }
            None => self.begin().await?,
        }
        for day in export::known_days(self.db, self.known.place_id).await? {
            let data_set: Option<DataSet> = day.data_set.parse().ok();
            let named = data_set.and_then(|of| self.manifest.files_of(of, day.on_day));
            if named.is_none_or(|named| named != day.files) {
                export::forget_day(self.db, self.known.place_id, &day.data_set, day.on_day).await?;
            }
        }
        place.remove_unfinished().await.map_err(self.place())?;
        for data_set in DataSet::ALL {
            let mut orphans = place.files(data_set).await.map_err(self.place())?;
            let known = self.manifest.paths_of(data_set);
            orphans.retain(|name| !known.contains(name));
            if !orphans.is_empty() {
                debug!(%data_set, files = orphans.len(), "files that do not count are removed");
            }
            place.remove(&orphans).await.map_err(self.place())?;
        }
        self.complete_tables().await
    }

    /// Puts the first manifest into a place, which must be empty: files without a manifest may
    /// belong to somebody else.
    async fn begin(&mut self) -> Result<(), ExportError> {
        let place = &self.order.place;
        let mut files = 0;
        for data_set in DataSet::ALL {
            files += place.files(data_set).await.map_err(self.place())?.len();
        }
        if files > 0 {
            return Err(ExportError::NoManifest {
                address: place.address().to_owned(),
                files,
            });
        }
        self.manifest.written_at = clock(self.db).await?;
        let put = place.write_manifest(&self.manifest, &self.seen).await;
        self.seen = put.map_err(self.place())?;
        Ok(())
    }

    /// Puts the files of a day into the manifest, and removes files that no longer count.
    async fn publish(
        &mut self,
        data_set: DataSet,
        day: DueDay,
        written: Written,
    ) -> Result<(), ExportError> {
        let files: Vec<String> = written.files.iter().map(|file| file.path.clone()).collect();
        let bytes: u64 = written.files.iter().map(|file| file.bytes).sum();
        let before = self.manifest.files_of(data_set, day.on_day);
        let is_same = before.is_some_and(|before| before == files);
        let exported = Exported {
            day,
            row_count: i64::try_from(written.rows).unwrap_or(i64::MAX),
            bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
            files,
            codes: written.codes,
        };
        let place_id = self.known.place_id;
        let mut transaction = self.db.begin().await?;
        // Another process that wants the place waits until this transaction ends, and finds its
        // manifest; if another has the place already, this ends.
        if !export::is_held(&mut transaction, place_id, self.hold.holder).await? {
            return Err(self.lost());
        }
        let mut expired = Vec::new();
        if !is_same {
            let now: DateTime<Utc> = clock(&mut *transaction).await?;
            let changed = ChangedDay {
                before: self.manifest.day(data_set, day.on_day).cloned().collect(),
                now: written.files.clone(),
            };
            let mut next = self
                .manifest
                .with_day(data_set, day.on_day, written.files, now);
            let is_new = !next.tables.contains_key(&data_set);
            if is_new || changed.has_files() {
                let commit = self.commit_table(data_set, &[changed], now).await?;
                next.tables.insert(data_set, commit.table);
                expired = commit.expired;
            }
            self.write_manifest(next).await?;
            self.publish_table(&mut transaction, data_set).await?;
        }
        export::store_day(&mut *transaction, place_id, data_set.label(), &exported).await?;
        transaction.commit().await?;
        if is_same {
            self.done.unchanged += 1;
        } else {
            self.done.days += 1;
            self.done.rows += written.rows;
            self.done.bytes += bytes;
        }
        let place = &self.order.place;
        place.remove(&expired).await.map_err(self.place())
    }

    async fn write_manifest(&mut self, next: Manifest) -> Result<(), ExportError> {
        let place = &self.order.place;
        self.seen = place
            .write_manifest(&next, &self.seen)
            .await
            .map_err(self.place())?;
        self.manifest = next;
        Ok(())
    }

    fn lost(&self) -> ExportError {
        ExportError::Lost {
            address: self.order.place.address().to_owned(),
        }
    }

    fn place(&self) -> impl FnOnce(PlaceError) -> ExportError + use<> {
        let address = self.order.place.address().to_owned();
        move |source| ExportError::Place { address, source }
    }
}
