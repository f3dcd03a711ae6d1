//! What the pages of events show, read once for all viewers of an address.

use chrono::{DateTime, TimeDelta, Utc};
use schema::reading::{
    ReadError, Reader,
    event_rejects::{self, RejectRow},
    event_users::{ActiveDay, FunnelStep, RetentionCell, active_users, retention},
    events::{
        ClientRow, CountFilter, CountRow, KeyRow, NameRow, SchemaRow, client, clients, counts,
        keys, names, schemas, shown_names,
    },
};
use sqlx::PgPool;

use crate::event_query::{COHORTS, FunnelQuery, INTAKE_HOURS, RetentionUnit, count_since};

const MAX_CLIENTS: i64 = 200;
const MAX_KEYS: i64 = 100;
const MAX_SCHEMAS: i64 = 100;
const MAX_NAMES: i64 = 200;
/// Rejected events of a page, and letters of each that are shown.
pub const MAX_REJECTS: i64 = 20;
const MAX_BODY_LETTERS: i32 = 2_000;
/// Names that have a look of their own in a chart.
const CHART_NAMES: i64 = 4;

/// Spans of days for which a user is active.
pub const ACTIVE_SPANS: [i32; 3] = [1, 7, 28];

/// Received events, of one client or of all.
#[derive(Debug, Default)]
pub struct Events {
    /// All clients.
    pub clients: Vec<ClientRow>,
    /// Keys, with what came with them in the last day.
    pub keys: Vec<KeyRow>,
    /// Schemas.
    pub schemas: Vec<SchemaRow>,
    /// Names.
    pub names: Vec<NameRow>,
    /// Rejected events: one more than the page has, if there are more.
    pub rejects: Vec<RejectRow>,
    /// Events of the last day in spans of five minutes.
    pub counts: Vec<CountRow>,
    /// The begin of the first of these spans.
    pub since: DateTime<Utc>,
}

impl Events {
    /// Reads them: rejected events before one of them.
    ///
    /// # Errors
    ///
    /// If the database does not answer in time.
    pub async fn read(
        db: &PgPool,
        of: Option<&str>,
        before: Option<i64>,
        now: DateTime<Utc>,
    ) -> Result<Self, ReadError> {
        let mut db = Reader::begin(db).await?;
        let since = count_since(now, INTAKE_HOURS, false);
        let filter = CountFilter {
            client: of,
            since,
            by_hour: false,
            names: CHART_NAMES,
        };
        Ok(Self {
            clients: clients(&mut db, None, MAX_CLIENTS).await?,
            keys: keys(&mut db, of, None, since, MAX_KEYS).await?,
            schemas: schemas(&mut db, of, None, MAX_SCHEMAS).await?,
            names: names(&mut db, of, None, MAX_NAMES).await?,
            rejects: event_rejects::list(&mut db, of, before, MAX_REJECTS + 1, MAX_BODY_LETTERS)
                .await?,
            counts: counts(&mut db, filter).await?,
            since,
        })
    }
}

/// What is asked of the users of a client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UsersQuery {
    /// Days of active users, up to yesterday.
    pub days: i64,
    /// By what cohorts are made.
    pub unit: RetentionUnit,
    /// The funnel.
    pub funnel: FunnelQuery,
}

/// The users of a client. What takes too long to read is `None`.
#[derive(Debug)]
pub struct EventUsers {
    /// The client.
    pub client: ClientRow,
    /// The names of its events, as readers see them.
    pub names: Vec<String>,
    /// Its active users by day, for each of [`ACTIVE_SPANS`].
    pub active: Option<Vec<Vec<ActiveDay>>>,
    /// Its retention.
    pub retention: Option<Vec<RetentionCell>>,
    /// Its funnel; empty where none is asked for.
    pub funnel: Option<Vec<FunnelStep>>,
}

impl EventUsers {
    /// Reads them; `None` if there is no client of that name.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn read(
        db: &PgPool,
        name: &str,
        query: &UsersQuery,
        now: DateTime<Utc>,
    ) -> Result<Option<Self>, ReadError> {
        let mut reader = Reader::begin(db).await?;
        let Some(client) = client(&mut reader, name).await? else {
            return Ok(None);
        };
        let names = shown_names(&mut reader, client.client_id).await?;
        drop(reader);
        let funnel = if query.funnel.is_complete() {
            // A statement that took too long ends its transaction.
            let mut reader = Reader::begin(db).await?;
            in_time(query.funnel.read(&mut reader, name, now).await)?
        } else {
            Some(Vec::new())
        };
        Ok(Some(Self {
            active: in_time(read_active(db, &client, query.days).await)?,
            retention: in_time(read_retention(db, &client, query.unit).await)?,
            client,
            names,
            funnel,
        }))
    }
}

async fn read_active(
    db: &PgPool,
    client: &ClientRow,
    days: i64,
) -> Result<Vec<Vec<ActiveDay>>, ReadError> {
    let mut reader = Reader::begin(db).await?;
    let until_on = client.today - TimeDelta::days(1);
    let from_on = client.today - TimeDelta::days(days);
    let mut found = Vec::with_capacity(ACTIVE_SPANS.len());
    for span in ACTIVE_SPANS {
        found.push(active_users(&mut reader, &client.name, from_on, until_on, span).await?);
    }
    Ok(found)
}

async fn read_retention(
    db: &PgPool,
    client: &ClientRow,
    unit: RetentionUnit,
) -> Result<Vec<RetentionCell>, ReadError> {
    let mut reader = Reader::begin(db).await?;
    let from_on = unit.first_day(client, COHORTS);
    retention(
        &mut reader,
        &client.name,
        from_on,
        client.today,
        unit.word(),
    )
    .await
}

/// Makes what took too long to nothing.
fn in_time<T>(read: Result<T, ReadError>) -> Result<Option<T>, ReadError> {
    match read {
        Ok(found) => Ok(Some(found)),
        Err(ReadError::TooSlow) => Ok(None),
        Err(error) => Err(error),
    }
}
