//! A received file, applied in one transaction: its events are stored, or its users erased.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use bytes::Bytes;
use chrono::{DateTime, Datelike as _, Utc};
use event_contract::limits::{MAX_IDENTIFIER_CHARS, MAX_NAME_CHARS};
use schema::{
    connect::DatabaseFault,
    events::{
        erasure::erase,
        identity::{ExternalUser, ReceivedPlace, resolve_names, resolve_places, resolve_users},
        region::{
            link,
            link::Region,
            received::{self, AppliedFile, ReceivingClient},
        },
        store::{NOBODY, NewEvent, store_within},
    },
};
use sha2::{Digest as _, Sha256};
use sqlx::{PgConnection, PgPool};
use tokio::time::timeout;
use uuid::Uuid;

use super::{
    MAX_EVENTS, RegionError,
    codec::{Compression, UnpackedLines},
    line::{ErasedLine, EventLine},
    manifest::RegionFile,
};

/// The longest that a file may take: no transaction that stores events lasts a minute.
const MAX_TIME: Duration = Duration::from_secs(50);
/// Lines that are stored at a time.
const BATCH: usize = 1_000;
/// The sum of all flags of an event.
const ALL_FLAGS: i16 = 63;

/// What a file brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Applied {
    /// Events that were stored.
    pub events: u64,
    /// Events that had been stored before.
    pub duplicates: u64,
    /// Users that were erased, or that nothing was known of.
    pub erased: u64,
}

/// Applies a file, unless it was applied before.
///
/// # Errors
///
/// [`RegionError::Refused`] if it cannot be used, or the database cannot be asked; nothing of it is
/// stored then.
pub async fn apply(
    db: &PgPool,
    region: &Region,
    file: &RegionFile,
    content: Bytes,
) -> Result<Applied, RegionError> {
    let refuse = |why: String| refused(file, why);
    let applied = timeout(MAX_TIME, within(db, region, file, content))
        .await
        .map_err(|_| refuse(format!("it takes longer than {MAX_TIME:?}")))?;
    match applied {
        // What the database refuses of a file, it refuses always.
        Err(RegionError::Database(error))
            if DatabaseFault::of(&error) == DatabaseFault::Refused =>
        {
            Err(refuse(format!("the database refuses it: {error}")))
        }
        other => other,
    }
}

fn refused(file: &RegionFile, why: String) -> RegionError {
    RegionError::Refused {
        sequence: file.sequence,
        path: file.path.clone(),
        why,
    }
}

async fn within(
    db: &PgPool,
    region: &Region,
    file: &RegionFile,
    content: Bytes,
) -> Result<Applied, RegionError> {
    let compression = Compression::of_file(&file.path).unwrap_or_default();
    let lines = UnpackedLines::of(compression, content)
        .map_err(|error| refused(file, error.to_string()))?;
    let mut transaction = db.begin().await?;
    if !link::lock(&mut transaction, region.region_id, None).await? {
        return Err(RegionError::Region("it was removed".to_owned()));
    }
    if received::is_applied(&mut transaction, region.region_id, file.sequence).await? {
        return Ok(Applied::default());
    }
    let mut one = FileApplication {
        db: &mut transaction,
        region,
        file,
        lines,
        read: 0,
        applied: Applied::default(),
    };
    match &file.of {
        Some(of) => one.store_events(&of.client).await?,
        None => one.erase_users().await?,
    }
    let (read, applied) = (one.read, one.applied);
    if read != file.events {
        let why = format!("it has {read} lines, and the manifest says {}", file.events);
        return Err(refused(file, why));
    }
    let count = |number: u64| i32::try_from(number).unwrap_or(i32::MAX);
    let row = AppliedFile {
        sequence: file.sequence,
        bytes: i64::try_from(file.bytes).unwrap_or(i64::MAX),
        events: count(applied.events + applied.erased),
        duplicates: count(applied.duplicates),
        path: &file.path,
    };
    received::record(&mut transaction, region.region_id, &row).await?;
    transaction.commit().await?;
    Ok(applied)
}

struct FileApplication<'a> {
    db: &'a mut PgConnection,
    region: &'a Region,
    file: &'a RegionFile,
    lines: UnpackedLines,
    /// Lines so far.
    read: u64,
    applied: Applied,
}

impl FileApplication<'_> {
    fn refuse(&self, why: &impl ToString) -> RegionError {
        refused(
            self.file,
            format!("line {}: {}", self.read, why.to_string()),
        )
    }

    /// The next line, parsed by `parse`; `None` after the last.
    fn next_parsed<T>(
        &mut self,
        parse: impl Fn(&[u8]) -> Result<T, String>,
    ) -> Result<Option<T>, RegionError> {
        self.read += 1;
        let parsed = match self.lines.next_line() {
            Ok(Some(text)) => parse(text).map(Some),
            Ok(None) => Ok(None),
            Err(error) => Err(error.to_string()),
        };
        let line = parsed.map_err(|why| self.refuse(&why))?;
        if line.is_none() {
            self.read -= 1;
        } else if self.read > 2 * MAX_EVENTS {
            return Err(self.refuse(&"there are too many"));
        }
        Ok(line)
    }

    async fn store_events(&mut self, client: &str) -> Result<(), RegionError> {
        let Some(client) = received::client(&mut *self.db, client).await? else {
            let why = format!("there is no client {client}: run coordinator event client {client}");
            return Err(refused(self.file, why));
        };
        let mut batch = Vec::with_capacity(BATCH);
        while let Some(line) = self.next_parsed(checked)? {
            batch.push(line);
            if batch.len() == BATCH {
                self.store_batch(&client, &batch).await?;
                batch.clear();
            }
        }
        self.store_batch(&client, &batch).await
    }

    async fn store_batch(
        &mut self,
        client: &ReceivingClient,
        batch: &[CheckedLine],
    ) -> Result<(), RegionError> {
        if batch.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = batch.iter().map(|one| one.line.event.clone()).collect();
        let names = resolve_names(&mut *self.db, client.client_id, &names).await?;
        let names: HashMap<String, i32> = names.into_iter().collect();
        let places: Vec<ReceivedPlace> = batch.iter().map(CheckedLine::place).collect();
        let places = resolve_places(&mut *self.db, &places).await?;
        let places: HashMap<ReceivedPlace, i16> = places.into_iter().collect();
        let erased = self.erased_users(client, batch).await?;
        let users: BTreeSet<ExternalUser> = batch
            .iter()
            .filter(|one| !one.is_erased(&erased))
            .filter_map(CheckedLine::user)
            .collect();
        let users: Vec<ExternalUser> = users.into_iter().collect();
        let users = resolve_users(&mut *self.db, client.client_id, &users).await?;
        let users: HashMap<ExternalUser, i32> = users.into_iter().collect();
        let mut events = Vec::with_capacity(batch.len());
        for one in batch {
            let is_erased = one.is_erased(&erased);
            let user = one.user().filter(|_| !is_erased);
            let user_id = user.and_then(|user| users.get(&user).copied());
            let (Some(name_id), Some(place_id)) =
                (names.get(&one.line.event), places.get(&one.place()))
            else {
                return Err(self.refuse(
                    &"the client has too many names of events, or there are too many places",
                ));
            };
            events.push(NewEvent {
                message_id: one.message_id,
                user_id: user_id.unwrap_or(NOBODY),
                name_id: *name_id,
                place_id: *place_id,
                flags: one.line.flags,
                occurred_at: one.line.occurred_at,
                sent_at: one.line.sent_at,
                original_at: one.line.original_at,
                properties: one.properties(is_erased).map_err(|why| self.refuse(&why))?,
            });
        }
        let stored = store_within(&mut *self.db, client.sender(), &events).await?;
        self.applied.events += stored.len() as u64;
        self.applied.duplicates += (events.len() - stored.len()) as u64;
        Ok(())
    }

    /// Which users of a batch the sender has erased, and when.
    async fn erased_users(
        &mut self,
        client: &ReceivingClient,
        batch: &[CheckedLine],
    ) -> Result<HashMap<Vec<u8>, DateTime<Utc>>, RegionError> {
        let hashes: BTreeSet<Vec<u8>> = batch
            .iter()
            .filter_map(|one| one.user_hash.clone())
            .collect();
        let hashes: Vec<Vec<u8>> = hashes.into_iter().collect();
        let region_id = self.region.region_id;
        let found =
            received::suppressed(&mut *self.db, region_id, client.client_id, &hashes).await?;
        let found = found.into_iter().map(|one| (one.user_hash, one.erased_at));
        Ok(found.collect())
    }

    async fn erase_users(&mut self) -> Result<(), RegionError> {
        let parse = |text: &[u8]| {
            serde_json::from_slice::<ErasedLine>(text).map_err(|error| error.to_string())
        };
        while let Some(line) = self.next_parsed(parse)? {
            self.applied.erased += 1;
            if line.user.chars().count() > MAX_IDENTIFIER_CHARS {
                return Err(self.refuse(&"its user is too long"));
            }
            // Nothing is received of other clients.
            if !self.region.clients.contains(&line.client) {
                continue;
            }
            let Some(client) = received::client(&mut *self.db, &line.client).await? else {
                continue;
            };
            let hash = Sha256::digest(line.user.as_bytes());
            received::suppress(
                &mut *self.db,
                self.region.region_id,
                client.client_id,
                &hash,
                line.erased_at,
            )
            .await?;
            erase(&mut *self.db, client.client_id, &line.user).await?;
        }
        Ok(())
    }
}

/// A line whose values can be stored.
struct CheckedLine {
    line: EventLine,
    message_id: Uuid,
    user_hash: Option<Vec<u8>>,
}

impl CheckedLine {
    fn place(&self) -> ReceivedPlace {
        ReceivedPlace {
            country: self.line.country.clone(),
            region: self.line.region.clone(),
        }
    }

    fn user(&self) -> Option<ExternalUser> {
        self.line.user.as_ref().map(|id| ExternalUser {
            id: id.clone(),
            is_anonymous: self.line.anonymous,
        })
    }

    /// Whether its user was erased after it: what was received before that is of nobody.
    fn is_erased(&self, erased: &HashMap<Vec<u8>, DateTime<Utc>>) -> bool {
        let erased_at = self.user_hash.as_ref().and_then(|hash| erased.get(hash));
        erased_at.is_some_and(|erased_at| self.line.received_at <= *erased_at)
    }

    fn properties(&self, is_erased: bool) -> Result<String, String> {
        if is_erased {
            return Ok("{}".to_owned());
        }
        serde_json::to_string(&self.line.properties).map_err(|error| error.to_string())
    }
}

fn checked(text: &[u8]) -> Result<CheckedLine, String> {
    let line: EventLine = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    let message_id = Uuid::parse_str(&line.message_id).map_err(|error| error.to_string())?;
    let is_short = |text: &str, most: usize| {
        (1..=most).contains(&text.chars().count()) && !text.chars().any(char::is_control)
    };
    if !is_short(&line.event, MAX_NAME_CHARS) {
        return Err("its event has no usable name".to_owned());
    }
    if !line
        .user
        .as_deref()
        .is_none_or(|user| is_short(user, MAX_IDENTIFIER_CHARS))
    {
        return Err("its user cannot be used".to_owned());
    }
    if !line
        .region
        .as_deref()
        .is_none_or(|region| is_short(region, 64))
    {
        return Err("its region cannot be used".to_owned());
    }
    if !(0..=ALL_FLAGS).contains(&line.flags) {
        return Err(format!("its flags are {}", line.flags));
    }
    let times = [Some(line.occurred_at), line.sent_at, line.original_at];
    if let Some(odd) = times
        .into_iter()
        .flatten()
        .find(|at| !(1970..2200).contains(&at.year()))
    {
        return Err(format!("its time {odd} cannot be right"));
    }
    let user_hash = line
        .user
        .as_ref()
        .map(|user| Sha256::digest(user.as_bytes()).to_vec());
    Ok(CheckedLine {
        line,
        message_id,
        user_hash,
    })
}
