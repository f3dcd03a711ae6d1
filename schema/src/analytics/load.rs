//! Loads: data sets that are read from files. Which files there are, how they were read, and rows on their
//! way into the table.
//!
//! The leader lists files and notes them by [`note_files`], which counts changes of the set of a day; so the
//! day is due by the same comparison as any other (`data_set_days`). A build reads the files within its
//! transaction: [`begin`] locks its row, [`stage`] takes rows, and `data_set::finish` stores them, or
//! [`fail`] ends it and the last good rows stay. Nothing is left of a transaction that is lost.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use sqlx::PgExecutor;

/// A data set whose files are to be listed.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadToList {
    /// Its name.
    pub name: String,
    /// Where its files are, as its file declares it.
    pub files: Value,
    /// Its input: place and pattern.
    pub input: String,
    /// Its first day; `None` if it is read as a whole.
    pub since: Option<NaiveDate>,
    /// The days that are to be listed.
    pub days: Vec<NaiveDate>,
}

/// A file of a day.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LoadFile {
    /// Its path below the place.
    pub path: String,
    /// Its size, as stored.
    pub bytes: i64,
    /// When it was last modified.
    pub modified_at: DateTime<Utc>,
    /// The version of its content, if its store names it.
    pub e_tag: Option<String>,
}

/// A row that could not be mapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// Its line, from 1.
    pub line: i64,
    /// The column; empty for the row as a whole.
    pub column: String,
    /// Why.
    pub reason: String,
    /// The beginning of the row.
    pub excerpt: String,
}

/// The day of a data set; `None` for one that is read as a whole.
pub type LoadDay = Option<NaiveDate>;

/// Reads which data sets are read from files, each with at most `most` days that are to be listed, the last
/// `recent` days among them; `now` replaces the clock of the database in tests.
///
/// # Errors
///
/// If the statement fails.
pub async fn to_list(
    db: impl PgExecutor<'_>,
    most: i64,
    recent: i32,
    now: Option<DateTime<Utc>>,
) -> Result<Vec<LoadToList>, sqlx::Error> {
    sqlx::query_file_as!(
        LoadToList,
        "queries/read_loads_to_list.sql",
        most,
        now,
        recent
    )
    .fetch_all(db)
    .await
}

/// Stores which files a day has; returns whether they changed, which makes the day due. Nothing happens if
/// the data set is gone or has another input than `input`.
///
/// # Errors
///
/// If the statement fails.
pub async fn note_files(
    db: impl PgExecutor<'_>,
    name: &str,
    day: LoadDay,
    input: &str,
    found: &Value,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT note_load_files($1, $2, $3, $4) AS "has_changed!""#,
        name,
        day,
        input,
        found
    )
    .fetch_one(db)
    .await
}

/// Notes that the files of a data set were listed, or why they could not be.
///
/// # Errors
///
/// If the statement fails.
pub async fn note_listing(
    db: impl PgExecutor<'_>,
    name: &str,
    error: Option<&str>,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!("queries/note_load_listing.sql", name, error)
        .execute(db)
        .await?;
    Ok(())
}

/// Has the files of days listed again, from `from` until and with `until`, however old they are.
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
    sqlx::query_file!("queries/request_load_days.sql", name, from, until)
        .execute(db)
        .await?;
    Ok(())
}

/// Bounds a transaction that reads files: the time of a statement, and the time between two, which is
/// that of the files.
///
/// # Errors
///
/// If the statement fails.
pub async fn limit(db: impl PgExecutor<'_>, timeout: Duration) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "SELECT set_config('statement_timeout', $1, true) AS running,
            set_config('idle_in_transaction_session_timeout', $1, true) AS waiting",
        timeout.as_millis().max(1).to_string()
    )
    .fetch_one(db)
    .await?;
    Ok(())
}

/// Locks the row of a build until the transaction ends; `false` if another build came first.
///
/// # Errors
///
/// If the statement fails.
pub async fn begin(db: impl PgExecutor<'_>, build_id: i64) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT begin_load($1) AS "is_ours!""#, build_id)
        .fetch_one(db)
        .await
}

/// Reads the files of a day by path.
///
/// # Errors
///
/// If the statement fails.
pub async fn files(
    db: impl PgExecutor<'_>,
    name: &str,
    day: LoadDay,
) -> Result<Vec<LoadFile>, sqlx::Error> {
    sqlx::query_as!(
        LoadFile,
        "SELECT path, bytes, modified_at, e_tag FROM load_file
        WHERE name = $1 AND day IS NOT DISTINCT FROM $2
        ORDER BY path",
        name,
        day
    )
    .fetch_all(db)
    .await
}

/// Stages rows of a build: the text of a JSON array of rows, each an array of texts or nulls in the order of
/// the columns.
///
/// # Errors
///
/// If the statement fails.
pub async fn stage(db: impl PgExecutor<'_>, build_id: i64, rows: &str) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO load_row (build_id, rows) VALUES ($1, $2::text::jsonb)",
        build_id,
        rows
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Notes how a file was read: its rows, those that could not be mapped, and the first of these in place of
/// those of before.
///
/// # Errors
///
/// If a statement fails.
pub async fn note_read(
    db: &mut sqlx::PgConnection,
    name: &str,
    day: LoadDay,
    file: &LoadFile,
    counts: (i64, i64),
    first: &[RowError],
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "queries/note_load_file_read.sql",
        name,
        day,
        file.path,
        file.e_tag,
        counts.0,
        counts.1
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "DELETE FROM load_error WHERE name = $1 AND day IS NOT DISTINCT FROM $2 AND path = $3",
        name,
        day,
        file.path
    )
    .execute(&mut *db)
    .await?;
    if first.is_empty() {
        return Ok(());
    }
    let lines: Vec<i64> = first.iter().map(|error| error.line).collect();
    let texts = |of: fn(&RowError) -> &String| -> Vec<String> {
        first.iter().map(|error| of(error).clone()).collect()
    };
    sqlx::query_file!(
        "queries/store_load_errors.sql",
        name,
        day,
        file.path,
        &lines,
        &texts(|error| &error.column),
        &texts(|error| &error.reason),
        &texts(|error| &error.excerpt)
    )
    .execute(&mut *db)
    .await?;
    Ok(())
}

/// Ends a build that could not read its files: as `failed`, or as `timed_out` if it took too long.
///
/// # Errors
///
/// If the statement fails.
pub async fn fail(
    db: impl PgExecutor<'_>,
    build_id: i64,
    outcome: &str,
    reason: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!("SELECT fail_load($1, $2, $3)", build_id, outcome, reason)
        .fetch_one(db)
        .await?;
    Ok(())
}
