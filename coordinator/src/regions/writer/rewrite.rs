//! Files that are lost or damaged, or in which an erased user is, are written again.

use schema::events::region::{
    erased,
    sent::{self, SentFile, Which},
};

use super::Writer;
use crate::regions::{
    RegionError,
    hour::{EventIds, names_of},
    ledger::WrittenFile,
    line::ErasedLine,
    manifest::FileHour,
    repair::{self, MAX_REWRITTEN},
};

/// Files that are listed at a time.
const BATCH: usize = 20;

impl Writer<'_> {
    /// Writes marked files again, and lists some at a time.
    pub(super) async fn rewrite(&mut self) -> Result<(), RegionError> {
        let (db, region_id) = (self.ledger.db, self.ledger.region.region_id);
        let stale = sent::files(db, region_id, Which::Stale(MAX_REWRITTEN)).await?;
        for rows in stale.chunks(BATCH) {
            if self.stop.is_cancelled() {
                break;
            }
            let mut written = Vec::with_capacity(rows.len());
            for row in rows {
                let Some(one) = self.written_again(row).await? else {
                    continue;
                };
                self.sent.rewritten += 1;
                let is_new = one.file.sequence != row.sequence;
                written.push(one);
                if is_new {
                    // Its number is taken before the next one is given.
                    self.ledger
                        .commit(std::mem::take(&mut written), None)
                        .await?;
                }
            }
            if !written.is_empty() {
                self.ledger.commit(written, None).await?;
            }
        }
        self.sent.is_behind |= i64::try_from(stale.len()) == Ok(MAX_REWRITTEN);
        Ok(())
    }

    async fn written_again(&self, row: &SentFile) -> Result<Option<WrittenFile>, RegionError> {
        let (db, region_id) = (self.ledger.db, self.ledger.region.region_id);
        let Some(of) = row.of else {
            let users = erased::users(db, region_id, Some(row.sequence), i64::MAX).await?;
            let lines: Vec<ErasedLine> = users.into_iter().map(ErasedLine::from).collect();
            return Ok(Some(WrittenFile {
                file: self.put_erased(row.sequence, &lines).await?,
                late_ids: None,
                erased: Vec::new(),
            }));
        };
        let client = self.ledger.client_name(of.client_id).unwrap_or_default();
        let names = names_of(db, &self.rules, client, of.hour).await?;
        let mut range = repair::range_of(db, region_id, of, row).await?;
        // What came late since does not slip into a file that receivers have applied.
        let known = self.ids_of(row.sequence).await?;
        let is_lost = known.is_none();
        if let Some(ids) = known {
            range.ids = EventIds::Only(ids);
        }
        let mut reader = self.reader(of.hour, names, range);
        let Some(part) = reader.next_part().await? else {
            return Ok(None);
        };
        // Of a lost file nobody knows which events came late: all of it gets another number, and
        // receivers that have applied it find the others by their ids.
        let is_more = part.events > u64::from(row.events.unsigned_abs());
        let replaces = (is_lost && is_more).then_some(row.sequence);
        let sequence = match replaces {
            Some(_) => self.ledger.manifest.next_sequence(),
            None => row.sequence,
        };
        let hour = FileHour {
            client: client.to_owned(),
            hour: of.hour,
            after: row.after.map(Into::into),
            until: row.until.map(Into::into),
            late: row.late_ids.is_some(),
            replaces,
        };
        self.put_part(sequence, hour, part).await.map(Some)
    }
}
