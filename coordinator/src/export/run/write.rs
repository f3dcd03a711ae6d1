//! The rows of a day become files, which do not count yet.

use std::{fmt::Write as _, time::Instant};

use chrono::{Days, NaiveDate, NaiveTime};
use schema::export::{DueDay, UsedCode, read::Span};
use sha2::{Digest as _, Sha256};
use tokio::{task::spawn_blocking, time::sleep};

use super::Export;
use crate::export::{
    manifest::File,
    order::{ExportError, ExportProgress},
    parquet::{Encoder, Part},
    table::{DataSet, RowFilter, Table},
};

/// The files of a day, before they count.
pub(super) struct Written {
    pub(super) files: Vec<File>,
    pub(super) rows: u64,
    pub(super) codes: Vec<UsedCode>,
}

impl Export<'_> {
    /// Writes the files of a day; none, or some of them, if it is stopped meanwhile.
    pub(super) async fn write<T: Table>(
        &mut self,
        day: DueDay,
        of: (usize, usize),
    ) -> Result<Option<Written>, ExportError> {
        let mut reader = T::open(self.db, RowFilter::all(span_of(day.on_day))).await?;
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
            // Computing takes minutes, and this thread serves other tasks too.
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
            (self.progress)(ExportProgress::Day {
                data_set: T::DATA_SET,
                on_day: day.on_day,
                rows: written.rows,
                of,
            });
            if is_last {
                break;
            }
            if self.order.is_low_priority {
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
