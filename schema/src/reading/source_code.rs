//! The status codes of a source, and where those are that nothing maps.

use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

use super::ReadError;

/// Showtimes with unmapped seats that are counted at most.
pub const MAX_SHOWTIMES: i64 = 200;

/// A status code of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CodeRow {
    /// The code as it came, several fields joined by `|`.
    pub code: String,
    /// The status that it means; `None` while it is not mapped.
    pub status: Option<String>,
    /// The job that saw it first.
    pub discovered_by: i64,
    /// If it is not mapped: seats that have it in the showtimes that were counted.
    pub seats: i64,
    /// If it is not mapped: showtimes to come in which seats have it, of at most 200 that have
    /// any unmapped seat.
    pub showtimes: i64,
}

/// Reads the codes that a source has said, those without a meaning first.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn list(db: &mut PgConnection, source: &str) -> Result<Vec<CodeRow>, ReadError> {
    let rows = sqlx::query_file_as!(
        CodeRow,
        "queries/read_unmapped_codes.sql",
        source,
        MAX_SHOWTIMES
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}
