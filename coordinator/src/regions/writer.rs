//! The pass of a region to which events are sent.

mod late;
mod rewrite;

use chrono::{DateTime, TimeDelta, Utc};
use schema::events::region::{
    erased, link,
    link::{Region, RegionOutcome},
    sent::{self, Clock},
};
use schema::export::events::NameSeen;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    LEASE, RegionError,
    codec::{Compression, Packer},
    hour::{FilePart, FileRange, HourReader, names_of},
    ledger::{Ledger, WrittenFile, sha256},
    line::ErasedLine,
    manifest::{FileHour, RegionFile, erasures_path, events_path},
    repair::{ReportedGap, read_reports},
    rules::Rules,
};
use crate::export::place::Place;

/// Hours that a pass writes, or counts again, at most.
const MAX_HOURS: i64 = 24;
/// Erased users in a file at most.
const MAX_ERASED: i64 = 1_000;

/// What a pass wrote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sent {
    /// Files.
    pub files: u64,
    /// Events in them.
    pub events: u64,
    /// Their size.
    pub bytes: u64,
    /// Files that were written again.
    pub rewritten: u64,
    /// Users whose erasure was sent to the region.
    pub erased: u64,
    /// Whether more is due at once.
    pub is_behind: bool,
}

/// Writes what is due of a region; `is_first` also removes what a killed writer left. `now` takes the
/// place of the database's clock in tests, and is `None` elsewhere.
///
/// # Errors
///
/// [`RegionError`]; what was committed before stands.
pub async fn send(
    db: &PgPool,
    region: &Region,
    place: &Place,
    is_first: bool,
    now: Option<DateTime<Utc>>,
    stop: &CancellationToken,
) -> Result<(Sent, RegionOutcome), RegionError> {
    let holder = Uuid::new_v4();
    if !link::hold(db, region.region_id, holder, LEASE).await? {
        return Err(RegionError::Busy);
    }
    let done = async {
        let clock = sent::clock(db, now).await?;
        let ledger = Ledger::open(db, region, place, holder).await?;
        work(ledger, clock, is_first, stop).await
    }
    .await;
    link::release(db, region.region_id, holder).await?;
    done
}

async fn work(
    ledger: Ledger<'_>,
    clock: Clock,
    is_first: bool,
    stop: &CancellationToken,
) -> Result<(Sent, RegionOutcome), RegionError> {
    let (db, region) = (ledger.db, ledger.region);
    let key = sent::key(db, region.region_id).await?;
    let key = key.ok_or_else(|| RegionError::Region("it has no key of pseudonyms".to_owned()))?;
    let compression = Compression::of(&region.compression).unwrap_or_default();
    let rules = Rules::of(region, key)?;
    let mut writer = Writer {
        ledger,
        rules,
        compression,
        clock,
        sent: Sent::default(),
        stop,
    };
    if is_first {
        writer.ledger.sweep().await?;
    }
    let mut transaction = db.begin().await?;
    erased::mark_files(&mut transaction, region.region_id).await?;
    transaction.commit().await?;
    writer.write_erased().await?;
    writer.write_hours().await?;
    writer.recount().await?;
    // A report that cannot be used stops nothing else.
    let reported = read_reports(&writer.ledger).await;
    writer.rewrite().await?;
    let ReportedGap { files, first } = reported?;
    let ended = RegionOutcome {
        is_success: !writer.sent.is_behind,
        gap_files: Some(files),
        gap: first,
        error: None,
    };
    Ok((writer.sent, ended))
}

struct Writer<'a> {
    ledger: Ledger<'a>,
    rules: Rules,
    compression: Compression,
    clock: Clock,
    sent: Sent,
    stop: &'a CancellationToken,
}

impl Writer<'_> {
    /// Tells the region of users that were erased.
    async fn write_erased(&mut self) -> Result<(), RegionError> {
        let region_id = self.ledger.region.region_id;
        let users = erased::users(self.ledger.db, region_id, None, MAX_ERASED).await?;
        if users.is_empty() {
            return Ok(());
        }
        let numbers: Vec<i64> = users.iter().map(|user| user.number).collect();
        let lines: Vec<ErasedLine> = users.into_iter().map(ErasedLine::from).collect();
        let sequence = self.ledger.manifest.next_sequence();
        let file = self.put_erased(sequence, &lines).await?;
        self.sent.erased += file.events;
        let written = WrittenFile {
            file,
            late_ids: None,
            erased: numbers,
        };
        self.ledger.commit(vec![written], None).await
    }

    async fn put_erased(
        &self,
        sequence: i64,
        lines: &[ErasedLine],
    ) -> Result<RegionFile, RegionError> {
        let content = pack(self.compression, lines)?;
        let sha256 = sha256(&content);
        let path = erasures_path(sequence, &sha256, self.compression);
        let bytes = content.len() as u64;
        self.ledger.put(&path, content).await?;
        Ok(RegionFile {
            sequence,
            of: None,
            path,
            events: lines.len() as u64,
            bytes,
            sha256,
        })
    }

    /// Writes the hours that are complete.
    async fn write_hours(&mut self) -> Result<(), RegionError> {
        let Some(mut hour) = self
            .ledger
            .manifest
            .complete_until
            .max(self.ledger.region.done_until)
        else {
            return Ok(());
        };
        let mut hours = 0;
        while self.is_due(hour) && hours < MAX_HOURS && !self.stop.is_cancelled() {
            let mut written = Vec::new();
            for client in &self.ledger.region.clients {
                let names = names_of(self.ledger.db, &self.rules, client, hour).await?;
                let reader = self.reader(hour, names, FileRange::default());
                self.put_parts(reader, client, hour, false, &mut written)
                    .await?;
            }
            hour += TimeDelta::hours(1);
            hours += 1;
            if !written.is_empty() || !self.is_due(hour) || hours == MAX_HOURS {
                self.count(&written);
                self.ledger.commit(written, Some(hour)).await?;
            }
        }
        self.sent.is_behind = self.is_due(hour);
        Ok(())
    }

    fn is_due(&self, hour: DateTime<Utc>) -> bool {
        hour + TimeDelta::hours(1) <= self.clock.complete_until
    }

    fn reader(
        &self,
        hour: DateTime<Utc>,
        names: Vec<NameSeen>,
        range: FileRange,
    ) -> HourReader<'_> {
        HourReader::new(
            self.ledger.db,
            &self.rules,
            self.compression,
            hour,
            names,
            range,
        )
    }

    fn count(&mut self, written: &[WrittenFile]) {
        for one in written {
            self.sent.files += 1;
            self.sent.events += one.file.events;
            self.sent.bytes += one.file.bytes;
        }
    }

    /// Puts the files of an hour, which are not listed yet.
    async fn put_parts(
        &self,
        mut reader: HourReader<'_>,
        client: &str,
        hour: DateTime<Utc>,
        late: bool,
        written: &mut Vec<WrittenFile>,
    ) -> Result<(), RegionError> {
        while let Some(part) = reader.next_part().await? {
            let before = i64::try_from(written.len()).unwrap_or(i64::MAX);
            let of = FileHour {
                client: client.to_owned(),
                hour,
                after: part.after.map(Into::into),
                until: part.until.map(Into::into),
                late,
                replaces: None,
            };
            let sequence = self.ledger.manifest.next_sequence() + before;
            written.push(self.put_part(sequence, of, part).await?);
        }
        Ok(())
    }

    async fn put_part(
        &self,
        sequence: i64,
        of: FileHour,
        part: FilePart,
    ) -> Result<WrittenFile, RegionError> {
        let sha256 = sha256(&part.content);
        let path = events_path(&of.client, of.hour, sequence, &sha256, self.compression);
        let bytes = part.content.len() as u64;
        self.ledger.put(&path, part.content).await?;
        Ok(WrittenFile {
            late_ids: of.late.then_some(part.ids),
            file: RegionFile {
                sequence,
                of: Some(of),
                path,
                events: part.events,
                bytes,
                sha256,
            },
            erased: Vec::new(),
        })
    }
}

fn pack(compression: Compression, lines: &[ErasedLine]) -> std::io::Result<Vec<u8>> {
    let mut packer = Packer::new(compression)?;
    for line in lines {
        packer.push(line)?;
    }
    packer.finish()
}

impl From<erased::ErasedUser> for ErasedLine {
    fn from(user: erased::ErasedUser) -> Self {
        Self {
            number: user.number,
            client: user.client,
            user: user.pseudonym,
            erased_at: user.erased_at,
        }
    }
}
