//! Pairs of films that wait for a person, and what people decided.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;

use super::{Counted, MAX_COUNT, ReadError};

/// A pair of films that waits for a person.
#[derive(Debug, Clone, PartialEq)]
pub struct WaitingPair {
    /// The film with the lower number.
    pub film_a: i32,
    /// The other film.
    pub film_b: i32,
    /// Score of the pair, in bits.
    pub score: f32,
    /// The evidence, as the package `works` writes it.
    pub reasons: Value,
    /// When the doubt arose.
    pub noted_at: DateTime<Utc>,
}

/// The place of a pair in the list: its score and its films.
pub type PairPlace = (f32, i32, i32);

/// Reads at most `limit` pairs that wait for a person, the highest score first, behind a place.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn waiting(
    db: &mut PgConnection,
    after: Option<PairPlace>,
    limit: i64,
) -> Result<Vec<WaitingPair>, ReadError> {
    read(db, after, None, limit).await
}

/// Reads a pair; none if it does not wait for a person.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn waiting_pair(
    db: &mut PgConnection,
    films: (i32, i32),
) -> Result<Option<WaitingPair>, ReadError> {
    Ok(read(db, None, Some(films), 1).await?.pop())
}

async fn read(
    db: &mut PgConnection,
    after: Option<PairPlace>,
    films: Option<(i32, i32)>,
    limit: i64,
) -> Result<Vec<WaitingPair>, ReadError> {
    let rows = sqlx::query_file_as!(
        WaitingPair,
        "queries/read_film_pairs.sql",
        after.map(|(score, _, _)| score),
        after.map(|(_, film_a, _)| film_a),
        after.map(|(_, _, film_b)| film_b),
        limit,
        films.map(|(a, b)| a.min(b)),
        films.map(|(a, b)| a.max(b))
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// Counts the pairs that wait for a person, at most [`MAX_COUNT`].
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn count(db: &mut PgConnection) -> Result<Counted, ReadError> {
    let rows = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM (
            SELECT FROM film_pair_doubt AS pair
            WHERE NOT EXISTS (
                SELECT FROM film_verdict AS verdict
                WHERE verdict.film_a = pair.film_a AND verdict.film_b = pair.film_b)
            LIMIT $1) AS waiting"#,
        MAX_COUNT + 1
    )
    .fetch_one(db)
    .await?;
    Ok(Counted::of(rows))
}

/// What a person decided on a pair of films.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidedPair {
    /// The film with the lower number.
    pub film_a: i32,
    /// The other film.
    pub film_b: i32,
    /// Title of the one.
    pub title_a: String,
    /// Title of the other.
    pub title_b: String,
    /// Source of the one.
    pub source_a: String,
    /// Source of the other.
    pub source_b: String,
    /// Whether they are one work.
    pub is_same: bool,
    /// When it was decided.
    pub decided_at: DateTime<Utc>,
    /// Who decided.
    pub decided_by: String,
    /// Why.
    pub reason: String,
}

/// Reads the last `limit` verdicts on any of `films`, or on all films.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn decided(
    db: &mut PgConnection,
    films: Option<&[i32]>,
    limit: i64,
) -> Result<Vec<DecidedPair>, ReadError> {
    let rows = sqlx::query_file_as!(DecidedPair, "queries/read_verdicts.sql", films, limit)
        .fetch_all(db)
        .await?;
    Ok(rows)
}
