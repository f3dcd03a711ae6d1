//! The files that were sent: what the manifest lists, and what is due.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::pseudonym::PseudonymKey;

/// Where a file begins or ends in the order of name and receipt: behind the events of this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// The name.
    pub name_id: i32,
    /// The moment of receipt.
    pub at: DateTime<Utc>,
}

/// The hour of a client whose events a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientHour {
    /// The client.
    pub client_id: i16,
    /// Begin of the hour.
    pub hour: DateTime<Utc>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentFile {
    /// Its number.
    pub sequence: i64,
    /// Whose events it holds; `None` for a file of erasures.
    pub of: Option<ClientHour>,
    /// Where it begins; `None` for the first of its hour.
    pub after: Option<Cursor>,
    /// Where it ends; `None` for the last of its hour.
    pub until: Option<Cursor>,
    /// Events, or erased users, in it.
    pub events: i32,
    /// Its size.
    pub bytes: i64,
    /// Its name below the place.
    pub path: String,
    /// Hash of its bytes.
    pub sha256: String,
    /// Of a file of events that were stored late: their ids in it.
    pub late_ids: Option<Vec<Uuid>>,
}

struct Row {
    sequence: i64,
    client_id: Option<i16>,
    hour: Option<DateTime<Utc>>,
    after_name: Option<i32>,
    after_at: Option<DateTime<Utc>>,
    until_name: Option<i32>,
    until_at: Option<DateTime<Utc>>,
    events: i32,
    bytes: i64,
    path: String,
    sha256: String,
    late_ids: Option<Vec<Uuid>>,
}

fn cursor(name_id: Option<i32>, at: Option<DateTime<Utc>>) -> Option<Cursor> {
    name_id.zip(at).map(|(name_id, at)| Cursor { name_id, at })
}

impl From<Row> for SentFile {
    fn from(row: Row) -> Self {
        let of = row.client_id.zip(row.hour);
        Self {
            sequence: row.sequence,
            of: of.map(|(client_id, hour)| ClientHour { client_id, hour }),
            after: cursor(row.after_name, row.after_at),
            until: cursor(row.until_name, row.until_at),
            events: row.events,
            bytes: row.bytes,
            path: row.path,
            sha256: row.sha256,
            late_ids: row.late_ids,
        }
    }
}

/// Which files are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Every file.
    All,
    /// Those that must be written again, this many at most.
    Stale(i64),
    /// Those of a client and hour.
    Of(ClientHour),
}

/// Reads files of a region in order of their numbers.
///
/// # Errors
///
/// If the statement fails.
pub async fn files(
    db: impl PgExecutor<'_>,
    region_id: i32,
    which: Which,
) -> Result<Vec<SentFile>, sqlx::Error> {
    let (is_stale, of, limit) = match which {
        Which::All => (false, None, i64::MAX),
        Which::Stale(limit) => (true, None, limit),
        Which::Of(of) => (false, Some(of), i64::MAX),
    };
    let rows = sqlx::query_file_as!(
        Row,
        "queries/read_region_files.sql",
        region_id,
        is_stale,
        of.map(|of| of.client_id),
        of.map(|of| of.hour),
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(SentFile::from).collect())
}

/// Records a file that the manifest lists, or one that was written again.
///
/// # Errors
///
/// If the statement fails.
pub async fn record(
    db: &mut PgConnection,
    region_id: i32,
    file: &SentFile,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "queries/store_region_file.sql",
        region_id,
        file.sequence,
        file.of.map(|of| of.client_id),
        file.of.map(|of| of.hour),
        file.after.map(|cursor| cursor.name_id),
        file.after.map(|cursor| cursor.at),
        file.until.map(|cursor| cursor.name_id),
        file.until.map(|cursor| cursor.at),
        file.events,
        file.bytes,
        file.path,
        file.sha256,
        file.late_ids.as_deref()
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets a file that another one replaces.
///
/// # Errors
///
/// If the statement fails.
pub async fn forget(
    db: &mut PgConnection,
    region_id: i32,
    sequence: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM region_file WHERE region_id = $1 AND sequence = $2",
        region_id,
        sequence
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Marks files to be written again.
///
/// # Errors
///
/// If the statement fails.
pub async fn mark_stale(
    db: impl PgExecutor<'_>,
    region_id: i32,
    sequences: &[i64],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE region_file SET is_stale = true WHERE region_id = $1 AND sequence = ANY ($2) AND NOT is_stale",
        region_id,
        sequences
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Records how far the manifest is.
///
/// # Errors
///
/// If the statement fails.
pub async fn advance(
    db: &mut PgConnection,
    region_id: i32,
    generation: i64,
    done_until: Option<DateTime<Utc>>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE region SET generation = $2, done_until = greatest(done_until, $3) WHERE region_id = $1",
        region_id,
        generation,
        done_until
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Records up to which hour events were counted a second time.
///
/// # Errors
///
/// If the statement fails.
pub async fn note_recount(
    db: impl PgExecutor<'_>,
    region_id: i32,
    until: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE region SET recounted_until = $2 WHERE region_id = $1",
        region_id,
        until
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What the clock of the database says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// Now.
    pub now: DateTime<Utc>,
    /// End of the last hour that is complete: no transaction that stores events lasts a minute, and the
    /// hour ended five minutes ago.
    pub complete_until: DateTime<Utc>,
}

/// Reads the clock of the database; `now` takes its place in tests, and is `None` elsewhere.
///
/// # Errors
///
/// If the statement fails.
pub async fn clock(
    db: impl PgExecutor<'_>,
    now: Option<DateTime<Utc>>,
) -> Result<Clock, sqlx::Error> {
    sqlx::query_as!(
        Clock,
        r#"SELECT coalesce($1, now()) AS "now!", date_trunc('hour', coalesce($1, now()) - interval '5 minutes', 'UTC') AS "complete_until!""#,
        now
    )
    .fetch_one(db)
    .await
}

/// The key of a region's pseudonyms; `None` if it is gone.
///
/// # Errors
///
/// If the statement fails.
pub async fn key(
    db: impl PgExecutor<'_>,
    region_id: i32,
) -> Result<Option<PseudonymKey>, sqlx::Error> {
    let key = sqlx::query_scalar!(
        "SELECT pseudonym_key FROM region_key WHERE region_id = $1",
        region_id
    )
    .fetch_optional(db)
    .await?;
    Ok(key.as_deref().and_then(PseudonymKey::of))
}

/// A user as received, by its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownUser {
    /// The number.
    pub user_id: i32,
    /// The id.
    pub external_id: String,
    /// Whether it is that of a device that nobody signed in on.
    pub is_anonymous: bool,
}

/// Finds users by their numbers; those that were erased are not in the result.
///
/// # Errors
///
/// If the statement fails.
pub async fn users(
    db: impl PgExecutor<'_>,
    user_ids: &[i32],
) -> Result<Vec<KnownUser>, sqlx::Error> {
    sqlx::query_as!(
        KnownUser,
        "SELECT user_id, external_id, is_anonymous FROM event_user WHERE user_id = ANY ($1)",
        user_ids
    )
    .fetch_all(db)
    .await
}

/// Counts the events of names that were received in an hour, live and sealed.
///
/// # Errors
///
/// If the statement fails.
pub async fn count_events(
    db: impl PgExecutor<'_>,
    name_ids: &[i32],
    hour: DateTime<Utc>,
) -> Result<i64, sqlx::Error> {
    sqlx::query_file_scalar!("queries/count_region_events.sql", name_ids, hour)
        .fetch_one(db)
        .await
}

/// The names and numbers of all clients.
///
/// # Errors
///
/// If the statement fails.
pub async fn clients(db: impl PgExecutor<'_>) -> Result<Vec<(String, i16)>, sqlx::Error> {
    let rows = sqlx::query!("SELECT name, client_id FROM event_client")
        .fetch_all(db)
        .await?;
    let pairs = rows.into_iter().map(|row| (row.name, row.client_id));
    Ok(pairs.collect())
}
