//! What was stored of an hour after its files were written: it gets files of its own.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use schema::events::region::sent::{self, ClientHour, Which};

use super::{MAX_HOURS, Writer};
use crate::regions::{
    RegionError,
    hour::{EventIds, FileRange, names_of},
    ledger::WrittenFile,
    line::EventLine,
};

/// How long after its end an hour is counted a second time.
const RECOUNT_AFTER: TimeDelta = TimeDelta::hours(2);

impl Writer<'_> {
    /// Counts hours a second time, and writes what was stored of them after their files were written.
    pub(super) async fn recount(&mut self) -> Result<(), RegionError> {
        let region = self.ledger.region;
        let Some(mut hour) = region.recounted_until else {
            return Ok(());
        };
        let begun = hour;
        let until = self
            .ledger
            .manifest
            .complete_until
            .max(region.done_until)
            .unwrap_or(hour)
            .min(self.clock.now - RECOUNT_AFTER);
        let most = hour + TimeDelta::hours(MAX_HOURS);
        while hour + TimeDelta::hours(1) <= until.min(most) && !self.stop.is_cancelled() {
            // Hours that were written by other rules have other counts.
            if region.changed_at.is_none_or(|changed_at| hour > changed_at) {
                let mut written = Vec::new();
                for client in &region.clients {
                    if !self.write_late(client, hour, &mut written).await? {
                        // A file of the hour is lost: it is written again first.
                        return self.note_recount(begun, hour).await;
                    }
                }
                if !written.is_empty() {
                    self.count(&written);
                    self.ledger.commit(written, None).await?;
                }
            }
            hour += TimeDelta::hours(1);
        }
        self.sent.is_behind |= hour + TimeDelta::hours(1) <= until;
        self.note_recount(begun, hour).await
    }

    async fn note_recount(
        &self,
        begun: DateTime<Utc>,
        hour: DateTime<Utc>,
    ) -> Result<(), RegionError> {
        if hour > begun {
            let region_id = self.ledger.region.region_id;
            sent::note_recount(self.ledger.db, region_id, hour).await?;
        }
        Ok(())
    }

    /// Puts what was stored late of an hour; `false` if a file of the hour cannot be read.
    async fn write_late(
        &self,
        client: &str,
        hour: DateTime<Utc>,
        written: &mut Vec<WrittenFile>,
    ) -> Result<bool, RegionError> {
        let (db, region_id) = (self.ledger.db, self.ledger.region.region_id);
        let Some(client_id) = self.ledger.client_id(client) else {
            return Ok(true);
        };
        let names = names_of(db, &self.rules, client, hour).await?;
        let name_ids: Vec<i32> = names.iter().map(|name| name.name_id).collect();
        let files = sent::files(db, region_id, Which::Of(ClientHour { client_id, hour })).await?;
        let in_files: i64 = files.iter().map(|file| i64::from(file.events)).sum();
        if sent::count_events(db, &name_ids, hour).await? <= in_files {
            return Ok(true);
        }
        let mut ids = HashSet::new();
        for file in &files {
            let Some(known) = self.ids_of(file.sequence).await? else {
                sent::mark_stale(db, region_id, &[file.sequence]).await?;
                return Ok(false);
            };
            ids.extend(known);
        }
        let range = FileRange {
            ids: EventIds::Without(ids),
            ..FileRange::default()
        };
        let reader = self.reader(hour, names, range);
        self.put_parts(reader, client, hour, true, written).await?;
        Ok(true)
    }

    /// The ids of the events of a file; `None` if it is lost or damaged.
    pub(super) async fn ids_of(
        &self,
        sequence: i64,
    ) -> Result<Option<HashSet<String>>, RegionError> {
        let Some(listed) = self.ledger.manifest.file(sequence) else {
            return Ok(None);
        };
        let Some(mut lines) = self.ledger.lines(listed).await? else {
            return Ok(None);
        };
        let mut ids = HashSet::new();
        while let Some(text) = lines.next_line()? {
            let line: EventLine = serde_json::from_slice(text).map_err(std::io::Error::from)?;
            ids.insert(line.message_id);
        }
        Ok(Some(ids))
    }
}
