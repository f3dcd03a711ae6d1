//! The data set of events: a row per event, in the day on which it was received, live or sealed.
//!
//! Users are numbers here as everywhere, message ids are left out. The days of an erased user, and of
//! an event with another name, are exported again.

use chrono::{DateTime, Utc};
use schema::{
    events::{
        erasure,
        store::{FLAG_BOT, FLAG_FUTURE, FLAG_HISTORICAL, FLAG_SCHEMA, FLAG_SKEW},
    },
    export::events::{self, EventSeen, NameSeen},
};
use sqlx::PgPool;

use super::{
    column::{
        Cells, Column,
        ColumnKind::{Flag, Integer, Text, Time},
        Packing::{Deltas, Prefixes, Repeated},
    },
    table::{DataSet, RowFilter, Table},
};

/// Live events of a page.
const PAGE: i64 = 10_000;

/// Reads the rows of the data set; a block is one page of the events of a name.
#[derive(Debug)]
pub struct Events {
    db: PgPool,
    wanted: RowFilter,
    /// Names that are not read yet, in reverse order.
    names: Vec<NameSeen>,
    /// The name that is read, and when its last event so far was received.
    at: Option<(NameSeen, DateTime<Utc>)>,
}

/// Events of one name.
#[derive(Debug, Clone)]
pub struct EventPage {
    name: NameSeen,
    events: Vec<EventSeen>,
}

/// A column of events.
type Of = Column<EventPage>;

fn has(page: &EventPage, flag: i16) -> Cells<'_> {
    Cells::flags(page.events.iter().map(|row| row.flags & flag != 0))
}

const COLUMNS: &[Of] = &[
    Of::required("client", Text, Repeated, |page| {
        Cells::texts(page.events.iter().map(|_| page.name.client.as_str()))
    }),
    Of::required("event", Text, Repeated, |page| {
        Cells::texts(page.events.iter().map(|_| page.name.event.as_str()))
    }),
    Of::required("received_at", Time, Deltas, |page| {
        Cells::times(page.events.iter().map(|row| row.received_at))
    }),
    Of::required("occurred_at", Time, Deltas, |page| {
        Cells::times(page.events.iter().map(|row| row.occurred_at))
    }),
    Of::required("user_id", Integer, Deltas, |page| {
        Cells::integers(page.events.iter().map(|row| row.user_id))
    }),
    Of::optional("country", Text, Repeated, |page| {
        Cells::some_texts(page.events.iter().map(|row| row.country.as_deref()))
    }),
    Of::optional("region", Text, Repeated, |page| {
        Cells::some_texts(page.events.iter().map(|row| row.region.as_deref()))
    }),
    Of::required("is_bot", Flag, Repeated, |page| has(page, FLAG_BOT)),
    Of::required("is_clock_corrected", Flag, Repeated, |page| {
        has(page, FLAG_SKEW)
    }),
    Of::required("is_from_future", Flag, Repeated, |page| {
        has(page, FLAG_FUTURE)
    }),
    Of::required("is_historical", Flag, Repeated, |page| {
        has(page, FLAG_HISTORICAL)
    }),
    Of::required("breaks_schema", Flag, Repeated, |page| {
        has(page, FLAG_SCHEMA)
    }),
    Of::optional("sent_at", Time, Deltas, |page| {
        Cells::some_times(page.events.iter().map(|row| row.sent_at))
    }),
    Of::optional("original_at", Time, Deltas, |page| {
        Cells::some_times(page.events.iter().map(|row| row.original_at))
    }),
    Of::required("properties", Text, Prefixes, |page| {
        Cells::texts(page.events.iter().map(|row| row.properties.as_str()))
    }),
];

impl Table for Events {
    type Block = EventPage;
    const DATA_SET: DataSet = DataSet::Events;
    const TIME: &'static str = "received_at";
    const SORTED_BY: &'static [&'static str] = &["client", "event"];

    fn columns() -> &'static [Of] {
        COLUMNS
    }

    fn rows(block: &EventPage) -> usize {
        block.events.len()
    }

    async fn open(db: &PgPool, wanted: RowFilter) -> Result<Self, sqlx::Error> {
        // A page without the index by name is a look at the whole day.
        while erasure::index_partition(db).await?.is_some() {}
        let mut names = events::names(db, wanted.span).await?;
        names.reverse();
        Ok(Self {
            db: db.clone(),
            wanted,
            names,
            at: None,
        })
    }

    async fn next(&mut self) -> Result<Option<Vec<EventPage>>, sqlx::Error> {
        loop {
            let (name, after) = match self.at.take() {
                Some((name, last_at)) => (name, Some(last_at)),
                None => match self.names.pop() {
                    Some(name) => (name, None),
                    None => return Ok(None),
                },
            };
            let events =
                events::events(&self.db, name.name_id, self.wanted.span, after, PAGE).await?;
            if let Some(last) = events.last() {
                self.at = Some((name.clone(), last.received_at));
                return Ok(Some(vec![EventPage { name, events }]));
            }
        }
    }
}
