//! Received events for people: clients, keys and what came with them, schemas, names, counts by time.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use sqlx::PgConnection;

use super::ReadError;

/// A client that sends events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientRow {
    /// Its number.
    pub client_id: i16,
    /// Its name.
    pub name: String,
    /// IANA name of the time zone in which its days begin.
    pub time_zone: String,
    /// First day of its week: 1 for Monday to 7 for Sunday.
    pub week_start: i16,
    /// Seconds for which an event with a known message id is a duplicate, at least.
    pub duplicate_window_seconds: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Its present day.
    pub today: NaiveDate,
    /// Its keys that may be used now.
    pub keys_in_force: i64,
}

/// Reads at most `limit` clients in the order of their names, behind a name.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn clients(
    db: &mut PgConnection,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<ClientRow>, ReadError> {
    read_clients(db, None, after, limit).await
}

/// Reads a client by its name.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn client(db: &mut PgConnection, name: &str) -> Result<Option<ClientRow>, ReadError> {
    Ok(read_clients(db, Some(name), None, 1).await?.pop())
}

async fn read_clients(
    db: &mut PgConnection,
    name: Option<&str>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<ClientRow>, ReadError> {
    let rows = sqlx::query_file_as!(
        ClientRow,
        "queries/read_event_clients.sql",
        name,
        after,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// A key and what came with it; never its text, which is stored nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// Its number.
    pub key_id: i32,
    /// The name of its client.
    pub client: String,
    /// Its name.
    pub name: String,
    /// Whether it is shipped in apps and pages, where anyone can read it.
    pub is_public: bool,
    /// `off`, `warn` or `enforce`.
    pub schema_mode: String,
    /// Events a second that it may send to each receiver.
    pub events_per_second: i32,
    /// Origins that may send with it.
    pub origins: Vec<String>,
    /// Events that it may send; empty allows all.
    pub events: Vec<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends, if it does.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was used last, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Whether it may be used now.
    pub is_in_force: bool,
    /// Events that were stored.
    pub accepted: i64,
    /// Events that had been stored before.
    pub duplicates: i64,
    /// Events that were rejected.
    pub rejected: i64,
    /// Events that were turned away because the key sent too many.
    pub limited: i64,
}

/// Reads at most `limit` keys, the newest first, before one of them, with what came with each since an
/// instant; of one client, if it is named.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn keys(
    db: &mut PgConnection,
    client: Option<&str>,
    before: Option<i32>,
    since: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<KeyRow>, ReadError> {
    let rows = sqlx::query_file_as!(
        KeyRow,
        "queries/read_event_keys.sql",
        client,
        before,
        limit,
        since
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// A version of the schema of an event.
#[derive(Debug, Clone, PartialEq)]
pub struct SchemaRow {
    /// The number of the client.
    pub client_id: i16,
    /// The name of the client.
    pub client: String,
    /// The event, by the name that clients send.
    pub event: String,
    /// First number of the version.
    pub model: i16,
    /// Second number.
    pub revision: i16,
    /// Third number.
    pub addition: i16,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
    /// The JSON Schema of its properties.
    pub document: Value,
}

/// The place of a schema in the list: its client, its version and its event.
pub type SchemaPlace<'a> = (i16, [i16; 3], &'a str);

/// Reads at most `limit` versions of schemas by client, event and version, behind a place; of one client,
/// if it is named.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn schemas(
    db: &mut PgConnection,
    client: Option<&str>,
    after: Option<SchemaPlace<'_>>,
    limit: i64,
) -> Result<Vec<SchemaRow>, ReadError> {
    let rows = sqlx::query_file_as!(
        SchemaRow,
        "queries/read_event_schemas.sql",
        client,
        after.map(|(client_id, _, _)| client_id),
        after.map(|(_, _, event)| event),
        after.map(|(_, [model, _, _], _)| model),
        after.map(|(_, [_, revision, _], _)| revision),
        after.map(|(_, [_, _, addition], _)| addition),
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// A name of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameRow {
    /// The number of the client.
    pub client_id: i16,
    /// The name of the client.
    pub client: String,
    /// The name as it is received.
    pub received: String,
    /// The name that readers see.
    pub canonical: String,
    /// When it was received first.
    pub first_at: DateTime<Utc>,
}

/// Reads at most `limit` names of events by client and received name, behind a place; of one client, if
/// it is named.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn names(
    db: &mut PgConnection,
    client: Option<&str>,
    after: Option<(i16, &str)>,
    limit: i64,
) -> Result<Vec<NameRow>, ReadError> {
    let rows = sqlx::query_file_as!(
        NameRow,
        "queries/read_event_names.sql",
        client,
        after.map(|(client_id, _)| client_id),
        after.map(|(_, received)| received),
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// Reads the names of a client's events that readers see, at most 500, for a choice.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn shown_names(db: &mut PgConnection, client_id: i16) -> Result<Vec<String>, ReadError> {
    let names = sqlx::query_scalar!(
        "SELECT DISTINCT canonical FROM event_name WHERE client_id = $1 ORDER BY canonical LIMIT 500",
        client_id
    )
    .fetch_all(db)
    .await?;
    Ok(names)
}

/// Events in a span of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountRow {
    /// Begin of the span.
    pub bucket_at: DateTime<Utc>,
    /// The name that readers see; none for all names that are not given by themselves.
    pub event: Option<String>,
    /// Events in the span.
    pub events: i64,
}

/// Which events are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountFilter<'a> {
    /// Only those of this client.
    pub client: Option<&'a str>,
    /// Since when; the begin of a span.
    pub since: DateTime<Utc>,
    /// Whether spans are hours; else five minutes.
    pub by_hour: bool,
    /// Names that are given by themselves, those with most events.
    pub names: i64,
}

/// Reads counts of events in the order of time, up to date to the last stored event. Spans without
/// events are left out.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn counts(
    db: &mut PgConnection,
    filter: CountFilter<'_>,
) -> Result<Vec<CountRow>, ReadError> {
    let rows = sqlx::query_file_as!(
        CountRow,
        "queries/read_event_counts.sql",
        filter.client,
        filter.since,
        filter.by_hour,
        filter.names
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}
