//! Cinemas: a list in the order of their names, and one.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::ReadError;

/// A cinema of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CinemaRow {
    /// The cinema.
    pub cinema_id: i32,
    /// Its source.
    pub source: String,
    /// The key of the source.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Its town.
    pub city: Option<String>,
    /// ISO 3166 code.
    pub territory: String,
    /// IANA zone.
    pub timezone: String,
    /// Its auditoriums.
    pub auditorium_count: Option<i32>,
    /// The seats of its auditoriums.
    pub seat_count: Option<i32>,
    /// Showtimes that start within 24 hours.
    pub showtimes: i64,
    /// Seats that they have sold.
    pub sold: i64,
    /// Seats that they have, as far as seats were seen.
    pub seats: i64,
    /// When the first of them starts.
    pub next_at: Option<DateTime<Utc>>,
}

/// Which cinemas are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CinemaFilter {
    /// Name of the source.
    pub source: Option<String>,
    /// ISO 3166 code.
    pub territory: Option<String>,
    /// Part of the name or of the town.
    pub name: Option<String>,
}

/// Reads at most `limit` cinemas in the order of their names, behind the row with this name and
/// number.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn list(
    db: &mut PgConnection,
    filter: &CinemaFilter,
    after: Option<(&str, i32)>,
    limit: i64,
) -> Result<Vec<CinemaRow>, ReadError> {
    let rows = sqlx::query_file_as!(
        CinemaRow,
        "queries/read_cinema_list.sql",
        filter.source.as_deref(),
        filter.territory.as_deref(),
        filter.name.as_deref(),
        after.map(|(name, _)| name),
        after.map(|(_, id)| id),
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// A cinema with what belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct CinemaFacts {
    /// The cinema.
    pub cinema_id: i32,
    /// Its source.
    pub source: String,
    /// The key of the source.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Its town.
    pub city: Option<String>,
    /// ISO 3166 code.
    pub territory: String,
    /// IANA zone.
    pub timezone: String,
    /// Degrees north.
    pub latitude: Option<f64>,
    /// Degrees east.
    pub longitude: Option<f64>,
    /// Its auditoriums.
    pub auditorium_count: Option<i32>,
    /// The seats of its auditoriums.
    pub seat_count: Option<i32>,
    /// The job that saw it first.
    pub discovered_by: i64,
    /// The job that saw it change last.
    pub changed_by: i64,
    /// The clock of the database.
    pub now: DateTime<Utc>,
}

/// Reads a cinema; none if there is no such number.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn cinema(
    db: &mut PgConnection,
    cinema_id: i32,
) -> Result<Option<CinemaFacts>, ReadError> {
    let row = sqlx::query_as!(
        CinemaFacts,
        r#"SELECT cinema.cinema_id, source.name AS source, cinema.key, cinema.name, cinema.city,
            cinema.territory::text AS "territory!", cinema.timezone, cinema.latitude, cinema.longitude,
            fact.auditorium_count AS "auditorium_count?", fact.seat_count AS "seat_count?",
            cinema.discovered_by, cinema.changed_by, now() AS "now!"
        FROM cinema
        INNER JOIN source ON source.source_id = cinema.source_id
        LEFT JOIN cinema_fact AS fact ON fact.cinema_id = cinema.cinema_id
        WHERE cinema.cinema_id = $1"#,
        cinema_id
    )
    .fetch_optional(db)
    .await?;
    Ok(row)
}

/// Reads the territories that have cinemas, for a choice.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn territories(db: &mut PgConnection) -> Result<Vec<String>, ReadError> {
    let codes = sqlx::query_scalar!(
        r#"SELECT DISTINCT territory::text AS "territory!" FROM cinema ORDER BY 1 LIMIT 300"#
    )
    .fetch_all(db)
    .await?;
    Ok(codes)
}
