//! Listings of one start at one venue, and which of them do not count.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};
use works::venue::{Duplicate, ListedShowtime};

/// A start at a venue whose listings changed; all of the venue without a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Start {
    /// The venue.
    pub venue_id: i32,
    /// The start.
    pub starts_at: Option<DateTime<Utc>>,
}

/// A showtime as a source lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The venue.
    pub venue_id: i32,
    /// The start.
    pub starts_at: DateTime<Utc>,
    /// What is compared.
    pub listed: ListedShowtime,
    /// What it counts as by now, and why.
    pub stored: Option<(i32, String)>,
    /// Its cinema, if the auditoriums of that should be compared again.
    pub cinema_to_match: Option<i32>,
}

/// Takes up to `limit` entries off the log of starts; returns them sorted, those of all of a venue
/// first, and nothing besides of such a venue.
///
/// # Errors
///
/// If the statement fails.
pub async fn take_starts(db: &mut PgConnection, limit: i64) -> Result<Vec<Start>, sqlx::Error> {
    let mut starts = sqlx::query_as!(
        Start,
        "DELETE FROM showtime_to_pair
        WHERE showtime_to_pair_id IN (
            SELECT showtime_to_pair_id FROM showtime_to_pair ORDER BY showtime_to_pair_id LIMIT $1)
        RETURNING venue_id, starts_at",
        limit
    )
    .fetch_all(db)
    .await?;
    starts.sort_unstable();
    starts.dedup();
    let mut whole = None;
    starts.retain(|start| {
        if start.starts_at.is_none() {
            whole = Some(start.venue_id);
        }
        start.starts_at.is_none() || whole != Some(start.venue_id)
    });
    Ok(starts)
}

/// Reads all listings of `starts` whose work is known.
///
/// # Errors
///
/// If the statement fails.
pub async fn listings(
    db: impl PgExecutor<'_>,
    starts: &[Start],
) -> Result<Vec<Listing>, sqlx::Error> {
    let venues: Vec<i32> = starts.iter().map(|start| start.venue_id).collect();
    let times: Vec<Option<DateTime<Utc>>> = starts.iter().map(|start| start.starts_at).collect();
    let rows = sqlx::query_file!(
        "queries/read_listings_to_pair.sql",
        &venues,
        &times as &[Option<DateTime<Utc>>]
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Listing {
            venue_id: row.venue_id,
            starts_at: row.starts_at,
            listed: ListedShowtime {
                showtime_id: row.showtime_id,
                source_rank: row.source_rank,
                work_id: row.work_id,
                auditorium: row.auditorium,
            },
            stored: row.counted_as.zip(row.reason),
            cinema_to_match: row.cinema_to_match,
        })
        .collect())
}

/// Stores showtimes that do not count; those in `counted` count again.
///
/// # Errors
///
/// If the statement fails.
pub async fn store_duplicates(
    db: &mut PgConnection,
    found: &[Duplicate],
    counted: &[i32],
) -> Result<(), sqlx::Error> {
    let numbers = |of: fn(&Duplicate) -> i32| found.iter().map(of).collect::<Vec<i32>>();
    sqlx::query_file!(
        "queries/store_showtime_duplicates.sql",
        &numbers(|one| one.showtime_id),
        &numbers(|one| one.counted_as),
        &found
            .iter()
            .map(|one| one.reason.clone())
            .collect::<Vec<String>>(),
        counted
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Notes cinemas in the log of cinemas to match.
///
/// # Errors
///
/// If the statement fails.
pub async fn mark_cinemas(db: impl PgExecutor<'_>, cinemas: &[i32]) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO cinema_to_match (cinema_id) SELECT unnest($1::integer[])",
        cinemas
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Sets which of several sources counts that list one showtime: that with the lowest number; `None`
/// comes last. Returns `false` if there is no such source.
///
/// # Errors
///
/// If the statement fails, among others for a number below 1.
pub async fn set_precedence(
    db: impl PgExecutor<'_>,
    source: &str,
    precedence: Option<i16>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "UPDATE source SET precedence = $2 WHERE name = $1",
        source,
        precedence
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}
