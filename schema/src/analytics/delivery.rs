//! Deliveries: what data sets publish, sent to places outside.
//!
//! What is due is found by a comparison of builds (`data_set_delivery_status`), so nothing that happened has
//! to be remembered. A delivery runs in a transaction that reads the rows of one build and locks its row in
//! `data_set_delivery`: two leaders never write one day to one place at a time. Before that, [`open`] notes
//! where something is about to be written, so that it can be removed though the process dies.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use futures_util::Stream;
use sqlx::{PgConnection, PgExecutor, PgPool, PgTransaction};

/// A day of a data set that is due at a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueDelivery {
    /// The data set, which may be gone.
    pub name: String,
    /// The destination.
    pub destination: String,
    /// The day; `None` for a data set without days.
    pub day: Option<NaiveDate>,
    /// The index that its file names, or its name; `None` if it is only to be removed.
    pub index_name: Option<String>,
}

/// What is to be done for a delivery that is locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedDelivery {
    /// The build that is to be delivered; `None` if what the destination has is to be removed.
    pub build: Option<String>,
    /// Columns that tell rows apart.
    pub key_columns: Vec<String>,
    /// Where the destination may have something of the day.
    pub places: Vec<String>,
}

/// A column of the table of a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataSetColumn {
    /// Its name.
    pub name: String,
    /// Its type, or the type of its items, as the catalogue of Postgres names it, such as `int8`.
    pub type_name: String,
    /// Whether its values are arrays.
    pub is_array: bool,
}

/// A row, each column as text.
pub type TextRow = Vec<Option<String>>;

/// What a destination took.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveredRows {
    /// Documents or rows that it has now.
    pub documents: u64,
    /// Documents that it refused.
    pub rejected: u64,
    /// The first reasons.
    pub rejections: Vec<String>,
}

/// Notes which destinations the settings of the leader have, each with its kind.
///
/// # Errors
///
/// If the statement fails.
pub async fn note_destinations(
    db: impl PgExecutor<'_>,
    names: &[String],
    kinds: &[String],
) -> Result<(), sqlx::Error> {
    sqlx::query_file!("queries/note_delivery_destinations.sql", names, kinds)
        .execute(db)
        .await?;
    Ok(())
}

/// Reads what is due, at most `limit` for each destination; `now` replaces the clock of the database in tests.
///
/// # Errors
///
/// If the statement fails.
pub async fn due(
    db: impl PgExecutor<'_>,
    limit: i64,
    now: Option<DateTime<Utc>>,
) -> Result<Vec<DueDelivery>, sqlx::Error> {
    sqlx::query_file_as!(DueDelivery, "queries/read_due_deliveries.sql", limit, now)
        .fetch_all(db)
        .await
}

/// Notes that a destination may have a part of a day from now on, at `place`; `None` if it is to be removed.
///
/// # Errors
///
/// If a statement fails.
pub async fn open(db: &PgPool, one: &DueDelivery, place: Option<&str>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO data_set_delivery (name, destination, day) VALUES ($1, $2, $3)
        ON CONFLICT ON CONSTRAINT data_set_delivery_key DO NOTHING",
        one.name,
        one.destination,
        one.day
    )
    .execute(db)
    .await?;
    sqlx::query_file!(
        "queries/open_delivery.sql",
        one.name,
        one.destination,
        one.day,
        place
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Begins a transaction that sees one build, for at most `timeout`.
///
/// # Errors
///
/// If a statement fails.
pub async fn begin(db: &PgPool, timeout: Duration) -> Result<PgTransaction<'static>, sqlx::Error> {
    let mut transaction = db
        .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ")
        .await?;
    super::load::limit(&mut *transaction, timeout).await?;
    Ok(transaction)
}

/// Locks a delivery until the transaction ends, and reads what is to be done; `None` if another coordinator
/// delivers it, or nothing is to be done any more.
///
/// # Errors
///
/// If a statement fails.
pub async fn lock(
    db: &mut PgConnection,
    one: &DueDelivery,
) -> Result<Option<WantedDelivery>, sqlx::Error> {
    let places = sqlx::query_file_scalar!(
        "queries/lock_delivery.sql",
        one.name,
        one.destination,
        one.day
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(places) = places else {
        return Ok(None);
    };
    let wanted = sqlx::query_file!(
        "queries/read_delivery.sql",
        one.name,
        one.destination,
        one.day
    )
    .fetch_optional(db)
    .await?;
    Ok(wanted.map(|row| WantedDelivery {
        build: row.build.filter(|_| row.is_declared),
        key_columns: row.key_columns,
        places,
    }))
}

/// Reads the columns of the table of a data set, in their order.
///
/// # Errors
///
/// If the statement fails.
pub async fn columns(
    db: impl PgExecutor<'_>,
    name: &str,
) -> Result<Vec<DataSetColumn>, sqlx::Error> {
    sqlx::query_file_as!(DataSetColumn, "queries/read_data_set_columns.sql", name)
        .fetch_all(db)
        .await
}

/// Reads the rows of a day as they are asked for. Times are ISO 8601, arrays are JSON, everything else is as
/// Postgres prints it.
pub fn rows<'e>(
    db: &'e mut PgConnection,
    name: &'e str,
    day: Option<NaiveDate>,
) -> impl Stream<Item = Result<TextRow, sqlx::Error>> + Send + 'e {
    sqlx::query_scalar!(
        r#"SELECT data_set_rows($1, $2) AS "texts!: Vec<Option<String>>""#,
        name,
        day
    )
    .fetch(db)
}

/// Fails if the transaction has lost its connection, and so its lock.
///
/// # Errors
///
/// If the statement fails.
pub async fn check_lock(db: impl PgExecutor<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(r#"SELECT 1 AS "one!""#).fetch_one(db).await?;
    Ok(())
}

/// Stores that a destination has a build, at `place` alone.
///
/// # Errors
///
/// If the statement fails.
pub async fn store(
    db: impl PgExecutor<'_>,
    one: &DueDelivery,
    build: &str,
    place: &str,
    delivered: &DeliveredRows,
) -> Result<(), sqlx::Error> {
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    sqlx::query_file!(
        "queries/store_delivery.sql",
        one.name,
        one.destination,
        one.day,
        build,
        place,
        count(delivered.documents),
        count(delivered.rejected),
        &delivered.rejections
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets a delivery, of which the destination has nothing any more.
///
/// # Errors
///
/// If the statement fails.
pub async fn forget(db: impl PgExecutor<'_>, one: &DueDelivery) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM data_set_delivery
        WHERE name = $1 AND destination = $2 AND day IS NOT DISTINCT FROM $3",
        one.name,
        one.destination,
        one.day
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Notes why a delivery failed; it is tried again after a pause, of at least `retry_after`.
///
/// # Errors
///
/// If the statement fails.
pub async fn fail(
    db: impl PgExecutor<'_>,
    one: &DueDelivery,
    reason: &str,
    retry_after: Duration,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "queries/note_delivery_failure.sql",
        one.name,
        one.destination,
        one.day,
        reason,
        retry_after.as_secs_f64()
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Has days of a data set delivered again, from `from` until and with `until`, whatever destinations have.
///
/// # Errors
///
/// If the statement fails.
pub async fn request(
    db: impl PgExecutor<'_>,
    name: &str,
    from: Option<NaiveDate>,
    until: Option<NaiveDate>,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!("queries/request_deliveries.sql", name, from, until)
        .execute(db)
        .await?;
    Ok(())
}
