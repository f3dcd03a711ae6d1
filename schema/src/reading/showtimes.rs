//! Showtimes: a list in the order of their start, and one with its cinema, film and status.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

use super::ReadError;

/// A showtime of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ShowtimeRow {
    /// The showtime.
    pub showtime_id: i32,
    /// Its source.
    pub source: String,
    /// Its cinema.
    pub cinema_id: i32,
    /// Name of the cinema.
    pub cinema: String,
    /// Territory of the cinema.
    pub territory: String,
    /// IANA zone of the cinema.
    pub timezone: String,
    /// Name of the auditorium.
    pub auditorium: Option<String>,
    /// Its film.
    pub film_id: i32,
    /// Title of the film.
    pub film: String,
    /// When it starts.
    pub starts_at: DateTime<Utc>,
    /// Business day of the cinema.
    pub business_on: NaiveDate,
    /// Seats of its last snapshot, or of its listing.
    pub seats: Option<i32>,
    /// Seats sold in its last snapshot.
    pub sold: Option<i32>,
    /// Median of its last prices.
    pub price_median: Option<f64>,
    /// When its seats or prices were stored last.
    pub observed_at: Option<DateTime<Utc>>,
    /// The job that saw them.
    pub job_id: Option<i64>,
    /// Whether its listing says that it is sold out.
    pub sold_out: Option<bool>,
}

/// Which showtimes are listed.
#[derive(Debug, Clone, PartialEq)]
pub struct ShowtimeFilter {
    /// Starts at this time or later.
    pub from_at: DateTime<Utc>,
    /// Starts before this time.
    pub until_at: DateTime<Utc>,
    /// Name of the source.
    pub source: Option<String>,
    /// The cinema.
    pub cinema_id: Option<i32>,
    /// The film.
    pub film_id: Option<i32>,
    /// The business day.
    pub business_on: Option<NaiveDate>,
    /// Part of the title of the film.
    pub film: Option<String>,
    /// Part of the name of the cinema.
    pub cinema: Option<String>,
}

/// Reads at most `limit` showtimes in the order of their start, behind the row with this start and
/// number.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn list(
    db: &mut PgConnection,
    filter: &ShowtimeFilter,
    after: Option<(DateTime<Utc>, i32)>,
    limit: i64,
) -> Result<Vec<ShowtimeRow>, ReadError> {
    let rows = sqlx::query_file_as!(
        ShowtimeRow,
        "queries/read_showtime_list.sql",
        filter.from_at,
        filter.until_at,
        filter.source.as_deref(),
        filter.cinema_id,
        filter.film_id,
        filter.business_on,
        filter.film.as_deref(),
        filter.cinema.as_deref(),
        after.map(|(at, _)| at),
        after.map(|(_, id)| id),
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// A showtime with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShowtimeFacts {
    /// The showtime.
    pub showtime_id: i32,
    /// The key of the source.
    pub key: String,
    /// Its source.
    pub source_id: i32,
    /// Name of the source.
    pub source: String,
    /// Its cinema.
    pub cinema_id: i32,
    /// Name of the cinema.
    pub cinema: String,
    /// Town of the cinema.
    pub city: Option<String>,
    /// Territory of the cinema.
    pub territory: String,
    /// IANA zone of the cinema.
    pub timezone: String,
    /// Name of the auditorium.
    pub auditorium: Option<String>,
    /// Its film.
    pub film_id: i32,
    /// Title of the film.
    pub film: String,
    /// When it starts.
    pub starts_at: DateTime<Utc>,
    /// Business day of the cinema.
    pub business_on: NaiveDate,
    /// When it was stored first.
    pub discovered_at: DateTime<Utc>,
    /// The job that saw it first.
    pub discovered_by: i64,
    /// The job that saw its listing change last.
    pub changed_by: i64,
    /// Seats of its last snapshot, or of its listing.
    pub seats: Option<i32>,
    /// Seats sold in its last snapshot.
    pub sold: Option<i32>,
    /// The job that saw its last stored state.
    pub job_id: Option<i64>,
    /// When its seats or prices were stored last.
    pub observed_at: Option<DateTime<Utc>>,
    /// Whether its listing says that it is sold out.
    pub sold_out: Option<bool>,
    /// `scheduled`, `over`, `unlisted` or `cancelled`.
    pub status: String,
    /// The clock of the database.
    pub now: DateTime<Utc>,
}

/// Reads a showtime; none if there is no such number.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn showtime(
    db: &mut PgConnection,
    showtime_id: i32,
) -> Result<Option<ShowtimeFacts>, ReadError> {
    let row = sqlx::query_file_as!(ShowtimeFacts, "queries/read_showtime.sql", showtime_id)
        .fetch_optional(db)
        .await?;
    Ok(row)
}

/// The database's clock.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn clock(db: &mut PgConnection) -> Result<DateTime<Utc>, ReadError> {
    let now = sqlx::query_scalar!(r#"SELECT clock_timestamp() AS "now!""#)
        .fetch_one(db)
        .await?;
    Ok(now)
}

/// Reads the names of the sources, for a choice.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn source_names(db: &mut PgConnection) -> Result<Vec<String>, ReadError> {
    let names = sqlx::query_scalar!("SELECT name FROM source ORDER BY name LIMIT 1000")
        .fetch_all(db)
        .await?;
    Ok(names)
}
