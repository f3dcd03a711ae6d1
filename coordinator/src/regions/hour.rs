//! The events of a client and an hour as the bytes of files, in the order of name and receipt.
//!
//! A file ends when it is full, so memory holds one file at a time. What was read is live or sealed, and
//! gives the same bytes either way.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use schema::{
    events::region::sent::{self, Cursor, KnownUser},
    export::{
        events::{EventSeen, NameSeen, events, names},
        read::Span,
    },
};
use sqlx::PgPool;

use super::{
    FULL_BYTES, MAX_EVENTS, RegionError,
    codec::{Compression, Packer},
    rules::Rules,
};

/// Events that are read at a time.
const PAGE: i64 = 2_000;

/// Which events are taken, by their ids.
#[derive(Debug, Clone, Default)]
pub enum EventIds {
    /// All.
    #[default]
    All,
    /// All but these.
    Without(HashSet<String>),
    /// These.
    Only(HashSet<String>),
}

impl EventIds {
    fn take(&self, id: &str) -> bool {
        match self {
            Self::All => true,
            Self::Without(ids) => !ids.contains(id),
            Self::Only(ids) => ids.contains(id),
        }
    }
}

/// What a file holds of an hour.
#[derive(Debug, Clone, Default)]
pub struct FileRange {
    /// It begins behind this; `None` with the hour.
    pub after: Option<Cursor>,
    /// It ends with this; `None` with the hour.
    pub until: Option<Cursor>,
    /// Which events of that.
    pub ids: EventIds,
    /// Whether it is one file, however long, and also if it is empty.
    pub is_one_file: bool,
}

/// The content of a file.
#[derive(Debug)]
pub struct FilePart {
    /// The bytes.
    pub content: Vec<u8>,
    /// Events in it.
    pub events: u64,
    /// It begins behind this.
    pub after: Option<Cursor>,
    /// It ends with this; `None` if nothing of the hour is behind it.
    pub until: Option<Cursor>,
    /// The ids of its events.
    pub ids: Vec<String>,
}

/// The names of an hour that leave, in order of their numbers.
///
/// # Errors
///
/// If the database cannot be asked.
pub async fn names_of(
    db: &PgPool,
    rules: &Rules,
    client: &str,
    hour: DateTime<Utc>,
) -> Result<Vec<NameSeen>, RegionError> {
    let mut found = names(db, span(hour)).await?;
    found.retain(|name| name.client == client && rules.takes(&name.event));
    found.sort_by_key(|name| name.name_id);
    Ok(found)
}

/// The time of an hour.
fn span(hour: DateTime<Utc>) -> Span {
    Span {
        from_at: hour,
        until_at: hour + TimeDelta::hours(1),
    }
}

/// Reads an hour of a client.
#[derive(Debug)]
pub struct HourReader<'a> {
    db: &'a PgPool,
    rules: &'a Rules,
    compression: Compression,
    hour: DateTime<Utc>,
    /// The names that are not read yet, the next one last.
    names: Vec<NameSeen>,
    /// Up to where the next one is read.
    within: Option<DateTime<Utc>>,
    range: FileRange,
    /// Where the next file begins.
    at: Option<Cursor>,
    is_over: bool,
}

impl<'a> HourReader<'a> {
    /// Begins to read events of `names`, which are in order of their numbers.
    #[must_use]
    pub fn new(
        db: &'a PgPool,
        rules: &'a Rules,
        compression: Compression,
        hour: DateTime<Utc>,
        mut names: Vec<NameSeen>,
        range: FileRange,
    ) -> Self {
        if let Some(after) = range.after {
            names.retain(|name| name.name_id >= after.name_id);
        }
        if let Some(until) = range.until {
            names.retain(|name| name.name_id <= until.name_id);
        }
        names.reverse();
        let begun = range.after.filter(|after| {
            names
                .last()
                .is_some_and(|name| name.name_id == after.name_id)
        });
        Self {
            db,
            rules,
            compression,
            hour,
            within: begun.map(|after| after.at),
            at: range.after,
            names,
            range,
            is_over: false,
        }
    }

    /// The next file; `None` after the last.
    ///
    /// # Errors
    ///
    /// If the database cannot be asked, or an event cannot be written.
    pub async fn next_part(&mut self) -> Result<Option<FilePart>, RegionError> {
        if self.is_over {
            return Ok(None);
        }
        let mut packer = Packer::new(self.compression)?;
        let after = self.at;
        let mut ids = Vec::new();
        while let Some(name) = self.names.last().cloned() {
            let page = events(self.db, name.name_id, span(self.hour), self.within, PAGE).await?;
            let Some(last) = page.last().map(|seen| seen.received_at) else {
                self.names.pop();
                self.within = None;
                continue;
            };
            self.push(&mut packer, &name, &page, &mut ids).await?;
            self.within = Some(last);
            self.at = Some(Cursor {
                name_id: name.name_id,
                at: last,
            });
            let is_full = ids.len() as u64 >= MAX_EVENTS || packer.len() >= FULL_BYTES;
            if is_full && !self.range.is_one_file {
                return part(packer, ids, after, self.at).map(Some);
            }
        }
        self.is_over = true;
        if ids.is_empty() && !self.range.is_one_file {
            return Ok(None);
        }
        part(packer, ids, after, self.range.until).map(Some)
    }

    async fn push(
        &self,
        packer: &mut Packer,
        name: &NameSeen,
        page: &[EventSeen],
        ids: &mut Vec<String>,
    ) -> Result<(), RegionError> {
        let user_ids: HashSet<i32> = page.iter().map(|seen| seen.user_id).collect();
        let user_ids: Vec<i32> = user_ids.into_iter().collect();
        let users: HashMap<i32, KnownUser> = sent::users(self.db, &user_ids)
            .await?
            .into_iter()
            .map(|user| (user.user_id, user))
            .collect();
        let mut number = 0;
        for (place, seen) in page.iter().enumerate() {
            let is_alike = place.checked_sub(1).is_some_and(|before| {
                let before = &page[before];
                (before.received_at, before.occurred_at, before.user_id)
                    == (seen.received_at, seen.occurred_at, seen.user_id)
            });
            number = if is_alike { number + 1 } else { 0 };
            if self.is_beyond(name.name_id, seen.received_at) {
                break;
            }
            let line = self
                .rules
                .line(
                    &name.client,
                    (name.name_id, &name.event),
                    seen,
                    number,
                    &users,
                )
                .map_err(std::io::Error::from)?;
            if self.range.ids.take(&line.message_id) {
                packer.push(&line)?;
                ids.push(line.message_id);
            }
        }
        Ok(())
    }

    fn is_beyond(&self, name_id: i32, at: DateTime<Utc>) -> bool {
        self.range
            .until
            .is_some_and(|until| Cursor { name_id, at } > until)
    }
}

fn part(
    packer: Packer,
    ids: Vec<String>,
    after: Option<Cursor>,
    until: Option<Cursor>,
) -> Result<FilePart, RegionError> {
    Ok(FilePart {
        content: packer.finish()?,
        events: ids.len() as u64,
        after,
        until,
        ids,
    })
}
