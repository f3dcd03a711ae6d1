//! Showtimes with the names of their film, cinema, auditorium and source, for the ids in other data
//! sets.
//!
//! A showtime belongs to the day on which it was first stored (`showtime.discovered_at`), not to
//! the day on which it starts: it may move, and would then be in two days or in none, which doubles
//! or loses everything that is joined to it. A change of the showtime gives its day another
//! revision. A change of a name, or of the work of a
//! film, goes to the log `late_rename`, which is resolved when it is read.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgExecutor;

use super::read::Span;

/// A showtime as it is stored now, with the names of what it refers to; see the tables
/// `showtime`, `cinema`, `auditorium`, `film`, `source` and `work`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of these tables have comments")]
pub struct NamedShowtime {
    pub showtime_id: i32,
    pub starts_at: DateTime<Utc>,
    pub business_on: NaiveDate,
    pub source: String,
    pub source_title: String,
    pub territory: String,
    pub cinema_id: i32,
    pub cinema_key: String,
    pub cinema: String,
    pub city: Option<String>,
    pub timezone: String,
    pub auditorium_id: Option<i32>,
    pub auditorium: Option<String>,
    pub film_id: i32,
    pub film_key: String,
    pub film: String,
    pub seats_total: Option<i32>,
    pub sold_out: Option<bool>,
    pub key: String,
    pub discovered_at: DateTime<Utc>,
    pub discovered_by: i64,
    pub changed_by: i64,
    pub work_id: Option<i32>,
    pub work: Option<String>,
}

/// The showtimes that were first stored in a time, in their order.
///
/// # Errors
///
/// If the statement fails.
pub async fn discovered(
    db: impl PgExecutor<'_>,
    span: Span,
    only: Option<&[i32]>,
) -> Result<Vec<i32>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT showtime_id
        FROM showtime
        WHERE discovered_at >= $1 AND discovered_at < $2
            AND ($3::integer[] IS NULL OR showtime_id = ANY ($3))
        ORDER BY showtime_id",
        span.from_at,
        span.until_at,
        only
    )
    .fetch_all(db)
    .await
}

/// These showtimes, in their order.
///
/// # Errors
///
/// If the statement fails.
pub async fn named(
    db: impl PgExecutor<'_>,
    showtimes: &[i32],
) -> Result<Vec<NamedShowtime>, sqlx::Error> {
    sqlx::query_file_as!(NamedShowtime, "queries/read_showtimes.sql", showtimes)
        .fetch_all(db)
        .await
}
