//! Venues: which cinemas of different sources are one, and which of their showtimes are listed twice.
//!
//! Takes cinemas that are new or changed from `cinema_to_match`, and starts whose listings changed
//! from `showtime_to_pair`; gives what is compared, and stores what was decided. How is decided by
//! the module `venue` of the package `works` and by the pass of the leader. If a batch fails, its
//! transaction is undone, and the next one takes the same rows.

mod verdict;
mod group;
mod auditorium;
mod listing;
mod subject;

use sqlx::{PgConnection, PgExecutor};
use works::venue::{Cinema, Location};

pub use auditorium::{auditoriums, store_auditoriums};
pub use group::{PlacedCinema, StoredVenues, store_doubts, store_groups};
pub use listing::{
    Listing, Start, listings, mark_cinemas, set_precedence, store_duplicates, take_starts,
};
pub use subject::{Linked, ObservationSubject, link_subject, linked_subjects, unlink_subject};
pub use verdict::{
    CinemaName, DoubtfulVenues, SharedVenue, doubts, find_cinema, list, remove_verdict,
    store_verdict, verdicts,
};

/// A cinema that can be compared.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparableCinema {
    /// The cinema.
    pub cinema_id: i32,
    /// Its source and key: names it whatever the order of arrival.
    pub key: (i32, String),
    /// What its source says of it.
    pub cinema: Cinema,
}

/// Locks the matching of venues until the transaction ends; returns `false` if another coordinator
/// holds the lock.
///
/// # Errors
///
/// If the statement fails.
pub async fn lock(db: impl PgExecutor<'_>) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT pg_try_advisory_xact_lock(hashtextextended('fullhouse match_cinemas', 0)) AS "locked!""#
    )
    .fetch_one(db)
    .await
}

/// Takes up to `limit` entries off the log of cinemas to match; returns the cinemas, sorted.
///
/// # Errors
///
/// If the statement fails.
pub async fn take_from_log(db: &mut PgConnection, limit: i64) -> Result<Vec<i32>, sqlx::Error> {
    let mut cinemas = sqlx::query_scalar!(
        "DELETE FROM cinema_to_match
        WHERE cinema_to_match_id IN (
            SELECT cinema_to_match_id FROM cinema_to_match ORDER BY cinema_to_match_id LIMIT $1)
        RETURNING cinema_id",
        limit
    )
    .fetch_all(db)
    .await?;
    cinemas.sort_unstable();
    cinemas.dedup();
    Ok(cinemas)
}

/// Removes cinemas from the log, because their venues are looked for now.
///
/// # Errors
///
/// If the statement fails.
pub async fn remove_from_log(db: impl PgExecutor<'_>, cinemas: &[i32]) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM cinema_to_match WHERE cinema_id = ANY ($1)",
        cinemas
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Reads cinemas as their sources list them.
///
/// # Errors
///
/// If the statement fails.
pub async fn cinemas(
    db: impl PgExecutor<'_>,
    cinemas: &[i32],
) -> Result<Vec<ComparableCinema>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT cinema.cinema_id, cinema.source_id, cinema.key, source.name AS source, cinema.territory,
            cinema.name, cinema.city, cinema.latitude, cinema.longitude
        FROM cinema
        INNER JOIN source ON source.source_id = cinema.source_id
        WHERE cinema.cinema_id = ANY ($1)
        ORDER BY cinema.cinema_id",
        cinemas
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ComparableCinema {
            cinema_id: row.cinema_id,
            key: (row.source_id, row.key),
            cinema: Cinema {
                source: row.source,
                territory: row.territory,
                name: row.name,
                city: row.city,
                place: row
                    .latitude
                    .zip(row.longitude)
                    .map(|(latitude, longitude)| Location {
                        latitude,
                        longitude,
                    }),
            },
        })
        .collect())
}

/// Finds the cinemas that have one of the keys, at most `limit` for each key.
///
/// # Errors
///
/// If the statement fails.
pub async fn candidates(
    db: impl PgExecutor<'_>,
    keys: &[String],
    limit: i64,
) -> Result<Vec<(String, i32)>, sqlx::Error> {
    let rows = sqlx::query_file!("queries/find_cinema_candidates.sql", keys, limit)
        .fetch_all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.key, row.cinema_id))
        .collect())
}

/// Replaces the keys of `cinemas`; `of` and `keys` are pairs.
///
/// # Errors
///
/// If the statement fails.
pub async fn store_keys(
    db: impl PgExecutor<'_>,
    cinemas: &[i32],
    of: &[i32],
    keys: &[String],
) -> Result<(), sqlx::Error> {
    sqlx::query_file!("queries/store_cinema_keys.sql", of, keys, cinemas)
        .execute(db)
        .await?;
    Ok(())
}

/// Reads the cinemas that are of the same venues as `cinemas`, with their venues.
///
/// # Errors
///
/// If the statement fails.
pub async fn members(
    db: impl PgExecutor<'_>,
    cinemas: &[i32],
) -> Result<Vec<(i32, i32)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT cinema_id, venue_id FROM cinema_venue
        WHERE venue_id IN (SELECT venue_id FROM cinema_venue WHERE cinema_id = ANY ($1))",
        cinemas
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.cinema_id, row.venue_id))
        .collect())
}

/// Reads the venues of `cinemas`.
///
/// # Errors
///
/// If the statement fails.
pub async fn venues_of(
    db: impl PgExecutor<'_>,
    cinemas: &[i32],
) -> Result<Vec<(i32, i32)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT cinema_id, venue_id FROM cinema_venue WHERE cinema_id = ANY ($1)",
        cinemas
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.cinema_id, row.venue_id))
        .collect())
}
