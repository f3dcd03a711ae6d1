//! One export: every day that is due becomes files, then part of the manifest, then a row of
//! the database; in this order, so whatever ends it leaves nothing that the next does not
//! put right.
//!
//! Killed before the manifest is written, it leaves files that nobody names: they are removed,
//! or written again with the same content under the same name. Killed after it, the day is due
//! still, and gives the same files. Only then are files removed that no longer count.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use parquet::errors::ParquetError;
use schema::{
    export::{self, DueDay, Exported, UsedCode, read::Span},
    schedule::clock,
};
use sha2::{Digest as _, Sha256};
use sqlx::PgPool;
use thiserror::Error;
use tokio::{task::spawn_blocking, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::{
    hold::Hold,
    jobs::Jobs,
    manifest::{File, Manifest},
    parquet::{Encoder, Part},
    place::{Place, PlaceError, Seen},
    prices::Prices,
    records::SeatRecords,
    showtimes::Showtimes,
    snapshots::Snapshots,
    table::{DataSet, Table, Wanted},
};

/// What is to be exported, and where.
#[derive(Debug, Clone)]
pub struct Order {
    /// Where.
    pub place: Place,
    /// What.
    pub data_sets: Vec<DataSet>,
    /// No day before this one.
    pub since: Option<NaiveDate>,
    /// No day from this one on.
    pub until: Option<NaiveDate>,
    /// How long to wait for another process that writes there.
    pub patience: Duration,
    /// Whether to rest as long as it works, for the sake of others on the machine.
    pub at_leisure: bool,
}

impl Order {
    /// All days of data sets, at full speed.
    #[must_use]
    pub fn new(place: Place, mut data_sets: Vec<DataSet>) -> Self {
        data_sets.sort_unstable();
        Self {
            place,
            data_sets,
            since: None,
            until: None,
            patience: Duration::ZERO,
            at_leisure: false,
        }
    }

    fn is_of(&self, day: DueDay) -> bool {
        self.since.is_none_or(|since| day.on_day >= since)
            && self.until.is_none_or(|until| day.on_day < until)
    }
}

/// What an export did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Done {
    /// Days whose files are new or others.
    pub days: u64,
    /// Days that were read again and are as they were.
    pub unchanged: u64,
    /// Rows in the files that were written.
    pub rows: u64,
    /// Their size.
    pub bytes: u64,
    /// Whether it was stopped before its end.
    pub is_stopped: bool,
}

/// How far an export is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Another process writes there.
    Waiting,
    /// It reads a day.
    Day {
        /// Of which data set.
        data_set: DataSet,
        /// Which day.
        on_day: NaiveDate,
        /// Rows of the day so far.
        rows: u64,
        /// Days of the data set that are done, and that there are.
        of: (usize, usize),
    },
}

/// Why an export ended early; the days that were finished stand.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The database cannot be asked.
    #[error("the database cannot be asked")]
    Database(#[from] sqlx::Error),
    /// The place does not serve.
    #[error("{address} does not serve")]
    Place {
        /// Its address.
        address: String,
        /// Why.
        source: PlaceError,
    },
    /// Parquet cannot be written.
    #[error("Parquet cannot be written")]
    Parquet(#[from] ParquetError),
    /// A part of this program failed.
    #[error("the writer of Parquet failed")]
    Panicked(#[from] tokio::task::JoinError),
    /// Another process writes to the place.
    #[error("another process exports to {address}; it is waited for {waited:?} at most")]
    Busy {
        /// Its address.
        address: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// Another process may have taken the place.
    #[error("the hold of {address} was lost")]
    Lost {
        /// Its address.
        address: String,
    },
    /// The place belongs to another database.
    #[error(
        "{address} has an export of another database; choose another place, or move its \
         manifest.json away"
    )]
    Foreign {
        /// Its address.
        address: String,
    },
}

/// The days of a data set that an order would export now; nothing is written.
///
/// # Errors
///
/// If the database cannot be asked.
pub async fn due(
    db: &PgPool,
    order: &Order,
    data_set: DataSet,
) -> Result<Vec<DueDay>, sqlx::Error> {
    let known = export::find_place(db, order.place.address()).await?;
    let place_id = known.map_or(0, |place| place.place_id);
    let mut due = export::due(db, place_id, data_set.label()).await?;
    due.retain(|day| order.is_of(*day));
    Ok(due)
}

/// Exports every day that is due, until `stop`.
///
/// # Errors
///
/// See [`ExportError`].
pub async fn run(
    db: &PgPool,
    order: &Order,
    stop: &CancellationToken,
    progress: &mut (dyn FnMut(Progress) + Send + Sync),
) -> Result<Done, ExportError> {
    export::note_late(db).await?;
    let known = export::place(db, order.place.address()).await?;
    let until_on = export::first_incomplete_day(db).await?;
    let taking = Hold::take(db, known.place_id, order.patience, || {
        progress(Progress::Waiting);
    });
    let hold = tokio::select! {
        hold = taking => hold?,
        () = stop.cancelled() => return Ok(Done { is_stopped: true, ..Done::default() }),
    };
    let Some(hold) = hold else {
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
        seen: Seen::default(),
        done: Done::default(),
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
    hold: &'a Hold,
    /// The first day that was not complete when it began: a day that is over meanwhile has to
    /// wait, for its showtimes were not exported then.
    until_on: NaiveDate,
    manifest: Manifest,
    seen: Seen,
    done: Done,
    progress: &'a mut (dyn FnMut(Progress) + Send + Sync),
}

/// The files of a day, before they count.
struct Written {
    files: Vec<File>,
    rows: u64,
    codes: Vec<UsedCode>,
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
        if let Some(found) = found {
            if found.identity != self.known.identity.to_string() {
                return Err(ExportError::Foreign {
                    address: place.address().to_owned(),
                });
            }
            self.manifest = found;
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
            orphans.retain(|name| !self.manifest.files.iter().any(|file| file.path == *name));
            if !orphans.is_empty() {
                debug!(%data_set, files = orphans.len(), "files that do not count are removed");
            }
            place.remove(&orphans).await.map_err(self.place())?;
        }
        Ok(())
    }

    /// Writes the files of a day; none, or some, if it is told to stop meanwhile.
    async fn write<T: Table>(
        &mut self,
        day: DueDay,
        of: (usize, usize),
    ) -> Result<Option<Written>, ExportError> {
        let mut reader = T::open(self.db, Wanted::all(span_of(day.on_day))).await?;
        let mut encoder = Encoder::<T>::new(day.on_day)?;
        let mut written = Written {
            files: Vec::new(),
            rows: 0,
            codes: Vec::new(),
        };
        loop {
            if self.hold.lost.is_cancelled() {
                return Err(self.lost());
            }
            if self.stop.is_cancelled() {
                return Ok(None);
            }
            let began = Instant::now();
            let page = reader.next().await?;
            let is_last = page.is_none();
            let blocks = page.unwrap_or_default();
            written.rows += blocks
                .iter()
                .map(|block| T::rows(block) as u64)
                .sum::<u64>();
            // Minutes of computing, beside whoever else this thread serves.
            let (back, part) = spawn_blocking(move || {
                let part = match encoder.push(blocks) {
                    Ok(None) if is_last => encoder.finish(),
                    pushed => pushed,
                };
                (encoder, part)
            })
            .await?;
            encoder = back;
            if let Some(part) = part? {
                let number = written.files.len();
                let putting = self.put(T::DATA_SET, day.on_day, number, part);
                // A store that does not answer is asked for minutes.
                written.files.push(tokio::select! {
                    file = putting => file?,
                    () = self.stop.cancelled() => return Ok(None),
                });
            }
            (self.progress)(Progress::Day {
                data_set: T::DATA_SET,
                on_day: day.on_day,
                rows: written.rows,
                of,
            });
            if is_last {
                break;
            }
            if self.order.at_leisure {
                sleep(began.elapsed()).await;
            }
        }
        written.codes = reader.used_codes();
        Ok(Some(written))
    }

    async fn put(
        &self,
        data_set: DataSet,
        date: NaiveDate,
        number: usize,
        part: Part,
    ) -> Result<File, ExportError> {
        let content = part.content.clone();
        let hash = spawn_blocking(move || Sha256::digest(&content)).await?;
        let mut sha256 = String::new();
        for byte in hash {
            // Writing to a string never fails.
            let _ = write!(sha256, "{byte:02x}");
        }
        let short = &sha256[..16];
        let path = format!("{data_set}/date={date}/part-{number:03}-{short}.parquet");
        let bytes = part.content.len() as u64;
        let place = &self.order.place;
        place.put(&path, part.content).await.map_err(self.place())?;
        Ok(File {
            data_set,
            date,
            path,
            rows: part.rows,
            bytes,
            sha256,
            bounds: part.bounds,
        })
    }

    /// Makes the files of a day count, and removes those that no longer do.
    async fn publish(
        &mut self,
        data_set: DataSet,
        day: DueDay,
        written: Written,
    ) -> Result<(), ExportError> {
        let files: Vec<String> = written.files.iter().map(|file| file.path.clone()).collect();
        let bytes: u64 = written.files.iter().map(|file| file.bytes).sum();
        let before = self.manifest.files_of(data_set, day.on_day);
        let is_same = before.as_ref().is_some_and(|before| *before == files);
        let mut superseded: Vec<String> = before
            .unwrap_or_default()
            .into_iter()
            .map(str::to_owned)
            .collect();
        superseded.retain(|name| !files.contains(name));
        let exported = Exported {
            day,
            row_count: i64::try_from(written.rows).unwrap_or(i64::MAX),
            bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
            files,
            codes: written.codes,
        };
        let place_id = self.known.place_id;
        let mut transaction = self.db.begin().await?;
        // Whoever else wants the place waits until this transaction ends, and finds its
        // manifest; whoever has it already ends this.
        if !export::is_held(&mut transaction, place_id, self.hold.holder).await? {
            return Err(self.lost());
        }
        if !is_same {
            let now: DateTime<Utc> = clock(&mut *transaction).await?;
            let next = self
                .manifest
                .with_day(data_set, day.on_day, written.files, now);
            let place = &self.order.place;
            self.seen = place
                .write_manifest(&next, &self.seen)
                .await
                .map_err(self.place())?;
            self.manifest = next;
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
        place.remove(&superseded).await.map_err(self.place())
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

/// The time of a day, UTC.
fn span_of(on_day: NaiveDate) -> Span {
    let next = on_day.checked_add_days(Days::new(1)).unwrap_or(on_day);
    let begin = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    Span {
        from_at: begin(on_day),
        until_at: begin(next),
    }
}
