//! Verdicts of people on pairs of cinemas, the pairs that wait for one, and the venues themselves.

use serde_json::Value;
use sqlx::PgExecutor;

use crate::pair::PairDecision;

/// Reads the verdicts on `cinemas` and any others.
///
/// # Errors
///
/// If the statement fails.
pub async fn verdicts(
    db: impl PgExecutor<'_>,
    cinemas: &[i32],
) -> Result<Vec<PairDecision>, sqlx::Error> {
    sqlx::query_as!(
        PairDecision,
        "SELECT cinema_a AS a, cinema_b AS b, is_same, decided_at, decided_by, reason
        FROM cinema_verdict
        WHERE cinema_a = ANY ($1) OR cinema_b = ANY ($1)
        ORDER BY cinema_a, cinema_b",
        cinemas
    )
    .fetch_all(db)
    .await
}

/// Stores a verdict on two cinemas, in place of the one before.
///
/// # Errors
///
/// If the statement fails, among others for a cinema and itself.
pub async fn store_verdict(
    db: impl PgExecutor<'_>,
    cinemas: (i32, i32),
    is_same: bool,
    who: &str,
    reason: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO cinema_verdict (cinema_a, cinema_b, is_same, decided_by, reason)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (cinema_a, cinema_b) DO UPDATE
        SET is_same = excluded.is_same, decided_by = excluded.decided_by, reason = excluded.reason,
            decided_at = now()",
        cinemas.0.min(cinemas.1),
        cinemas.0.max(cinemas.1),
        is_same,
        who,
        reason
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Removes the verdict on two cinemas; returns `false` if there was none.
///
/// # Errors
///
/// If the statement fails.
pub async fn remove_verdict(
    db: impl PgExecutor<'_>,
    cinemas: (i32, i32),
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "DELETE FROM cinema_verdict WHERE cinema_a = $1 AND cinema_b = $2",
        cinemas.0.min(cinemas.1),
        cinemas.0.max(cinemas.1)
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// A cinema as people name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CinemaName {
    /// The cinema.
    pub cinema_id: i32,
    /// Its source.
    pub source: String,
    /// The key of the source.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Its venue, once it was looked for.
    pub venue_id: Option<i32>,
    /// Why it is that venue.
    pub reason: Option<String>,
}

/// Finds a cinema by its number, or by `SOURCE/KEY`.
///
/// # Errors
///
/// If the statement fails.
pub async fn find_cinema(
    db: impl PgExecutor<'_>,
    name: &str,
) -> Result<Option<CinemaName>, sqlx::Error> {
    let number: Option<i32> = name.parse().ok();
    let (source, key) = name.split_once('/').unwrap_or_default();
    sqlx::query_as!(
        CinemaName,
        r#"SELECT cinema.cinema_id, source.name AS source, cinema.key, cinema.name,
            cinema_venue.venue_id AS "venue_id?", cinema_venue.reason AS "reason?"
        FROM cinema
        INNER JOIN source ON source.source_id = cinema.source_id
        LEFT JOIN cinema_venue ON cinema_venue.cinema_id = cinema.cinema_id
        WHERE cinema.cinema_id = $1 OR (source.name = $2 AND cinema.key = $3)"#,
        number,
        source,
        key
    )
    .fetch_optional(db)
    .await
}

/// A pair that waits for a person.
#[derive(Debug, Clone, PartialEq)]
pub struct DoubtfulVenues {
    /// One cinema, as `SOURCE/KEY`.
    pub key_a: String,
    /// The other cinema, as `SOURCE/KEY`.
    pub key_b: String,
    /// Name of the one.
    pub name_a: String,
    /// Name of the other.
    pub name_b: String,
    /// Score of the pair.
    pub score: f32,
    /// The evidence.
    pub reasons: Value,
}

/// Lists at most `limit` pairs that wait for a person, the highest score first.
///
/// # Errors
///
/// If the statement fails.
pub async fn doubts(
    db: impl PgExecutor<'_>,
    limit: i64,
) -> Result<Vec<DoubtfulVenues>, sqlx::Error> {
    sqlx::query_as!(
        DoubtfulVenues,
        r#"SELECT key_a AS "key_a!", key_b AS "key_b!", name_a AS "name_a!", name_b AS "name_b!",
            score AS "score!", reasons AS "reasons!"
        FROM doubtful_venue_pair
        ORDER BY score DESC, cinema_a, cinema_b
        LIMIT $1"#,
        limit
    )
    .fetch_all(db)
    .await
}

/// A venue that several sources list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedVenue {
    /// The venue.
    pub venue_id: i32,
    /// Its names, the first source first.
    pub names: Vec<String>,
    /// Its cinemas, as `SOURCE/KEY`.
    pub keys: Vec<String>,
    /// Showtimes that other listings of it stand for.
    pub duplicates: i64,
}

/// Lists at most `limit` venues that several sources list, as far as a name of theirs has `name` in
/// it.
///
/// # Errors
///
/// If the statement fails.
pub async fn list(
    db: impl PgExecutor<'_>,
    name: Option<&str>,
    limit: i64,
) -> Result<Vec<SharedVenue>, sqlx::Error> {
    sqlx::query_file_as!(SharedVenue, "queries/read_shared_venues.sql", name, limit)
        .fetch_all(db)
        .await
}
