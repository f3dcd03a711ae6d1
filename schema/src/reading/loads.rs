//! Files of data sets for people: what was found, how it was read, and rows that could not be mapped.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

use super::ReadError;

/// A file of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DataSetFile {
    /// The day; null for a data set without days.
    pub day: Option<NaiveDate>,
    /// Its path below the place.
    pub path: String,
    /// Its size, as stored.
    pub bytes: i64,
    /// When it was last modified.
    pub modified_at: DateTime<Utc>,
    /// When a build last read it; null if none did since it changed.
    pub read_at: Option<DateTime<Utc>>,
    /// Its rows, with those that could not be mapped.
    pub row_count: Option<i64>,
    /// Rows that could not be mapped.
    pub error_count: Option<i64>,
}

/// A row that could not be mapped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DataSetRowError {
    /// The day; null for a data set without days.
    pub day: Option<NaiveDate>,
    /// The path of its file.
    pub path: String,
    /// Its line, unpacked, from 1.
    pub line: i64,
    /// The column; empty for the row as a whole.
    pub column_name: String,
    /// Why.
    pub reason: String,
    /// Its first 200 letters.
    pub excerpt: String,
    /// When it was read.
    pub found_at: DateTime<Utc>,
}

/// How the last listing of files went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DataSetListing {
    /// When the files were last listed.
    pub listed_at: Option<DateTime<Utc>>,
    /// Why they could not be listed last.
    pub error: Option<String>,
    /// When this is tried again.
    pub retry_at: Option<DateTime<Utc>>,
}

/// What is known of the files of a data set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct DataSetFiles {
    /// How they were last listed; null if they never were.
    pub listing: Option<DataSetListing>,
    /// The files by day, the newest first.
    pub files: Vec<DataSetFile>,
    /// Rows that could not be mapped, those of the newest days first.
    pub errors: Vec<DataSetRowError>,
}

/// Reads at most so many files of a data set, and errors of their rows.
///
/// # Errors
///
/// If a statement fails or takes too long.
pub async fn files(
    db: &mut PgConnection,
    name: &str,
    max_files: i64,
    max_errors: i64,
) -> Result<DataSetFiles, ReadError> {
    let listing = sqlx::query_as!(
        DataSetListing,
        "SELECT listed_at, error, retry_at FROM load_listing WHERE name = $1",
        name
    )
    .fetch_optional(&mut *db)
    .await?;
    let files = sqlx::query_file_as!(DataSetFile, "queries/read_load_files.sql", name, max_files)
        .fetch_all(&mut *db)
        .await?;
    let errors = sqlx::query_file_as!(
        DataSetRowError,
        "queries/read_load_errors.sql",
        name,
        max_errors
    )
    .fetch_all(&mut *db)
    .await?;
    Ok(DataSetFiles {
        listing,
        files,
        errors,
    })
}
