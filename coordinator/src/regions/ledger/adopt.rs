//! Rows and manifest are made to agree after a writer was killed, or the manifest was lost.

use std::collections::{HashMap, HashSet};

use schema::events::region::sent::{self, SentFile, Which};

use super::{Ledger, WrittenFile, unreadable};
use crate::regions::{
    RegionError,
    line::{ErasedLine, EventLine},
    manifest::{FileHour, RegionFile},
};

impl Ledger<'_> {
    /// Records what the manifest lists and the database does not know; lists what the database knows and
    /// the manifest does not, which is written again.
    pub(super) async fn adopt(&mut self) -> Result<(), RegionError> {
        let rows = sent::files(self.db, self.region.region_id, Which::All).await?;
        let known: HashMap<i64, &SentFile> = rows.iter().map(|row| (row.sequence, row)).collect();
        let mut adopted = Vec::new();
        for file in &self.manifest.files {
            if known
                .get(&file.sequence)
                .is_none_or(|row| row.sha256 != file.sha256)
            {
                adopted.push(self.content_of(file).await?);
            }
        }
        let mut transaction = self.locked().await?;
        for written in &adopted {
            self.record(&mut transaction, written).await?;
        }
        let replaced: HashSet<i64> = adopted
            .iter()
            .filter_map(|one| one.file.replaces())
            .collect();
        let lost: Vec<&SentFile> = rows
            .iter()
            .filter(|row| self.manifest.file(row.sequence).is_none())
            .filter(|row| !replaced.contains(&row.sequence))
            .collect();
        let sequences: Vec<i64> = lost.iter().map(|row| row.sequence).collect();
        sent::mark_stale(&mut *transaction, self.region.region_id, &sequences).await?;
        let listed: Vec<RegionFile> = lost.iter().map(|row| self.listed(row)).collect();
        for file in listed {
            self.manifest.put(file);
        }
        self.manifest.generation = self.manifest.generation.max(self.region.generation);
        let (generation, until) = (self.manifest.generation, self.manifest.complete_until);
        sent::advance(&mut transaction, self.region.region_id, generation, until).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// A file of the manifest with what only its content says.
    async fn content_of(&self, file: &RegionFile) -> Result<WrittenFile, RegionError> {
        let mut written = WrittenFile {
            file: file.clone(),
            late_ids: None,
            erased: Vec::new(),
        };
        if file.of.as_ref().is_some_and(|of| !of.late) {
            return Ok(written);
        }
        // A file that is lost meanwhile is written again by what is known of it: nothing.
        let Some(mut lines) = self.lines(file).await? else {
            return Ok(written);
        };
        let mut ids = Vec::new();
        while let Some(text) = lines
            .next_line()
            .map_err(|error| unreadable(file, &error))?
        {
            if file.of.is_some() {
                let line: EventLine =
                    serde_json::from_slice(text).map_err(|error| unreadable(file, &error))?;
                ids.push(line.message_id);
            } else {
                let line: ErasedLine =
                    serde_json::from_slice(text).map_err(|error| unreadable(file, &error))?;
                written.erased.push(line.number);
            }
        }
        written.late_ids = file.of.is_some().then_some(ids);
        Ok(written)
    }

    /// A row as the manifest lists it.
    fn listed(&self, row: &SentFile) -> RegionFile {
        let of = row.of.map(|of| FileHour {
            client: self
                .client_name(of.client_id)
                .unwrap_or_default()
                .to_owned(),
            hour: of.hour,
            after: row.after.map(Into::into),
            until: row.until.map(Into::into),
            late: row.late_ids.is_some(),
            replaces: None,
        });
        RegionFile {
            sequence: row.sequence,
            of,
            path: row.path.clone(),
            events: u64::from(row.events.unsigned_abs()),
            bytes: row.bytes.unsigned_abs(),
            sha256: row.sha256.clone(),
        }
    }
}
