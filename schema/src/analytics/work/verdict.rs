//! Verdicts of people on pairs of films, and the pairs that wait for one.

use serde_json::Value;
use sqlx::PgExecutor;

use crate::pair::PairDecision;

/// Reads the verdicts on `films` and any others.
///
/// # Errors
///
/// If the statement fails.
pub async fn verdicts(
    db: impl PgExecutor<'_>,
    films: &[i32],
) -> Result<Vec<PairDecision>, sqlx::Error> {
    sqlx::query_as!(
        PairDecision,
        "SELECT film_a AS a, film_b AS b, is_same, decided_at, decided_by, reason
        FROM film_verdict
        WHERE film_a = ANY ($1) OR film_b = ANY ($1)
        ORDER BY film_a, film_b",
        films
    )
    .fetch_all(db)
    .await
}

/// Stores a verdict on two films, in place of the one before.
///
/// # Errors
///
/// If the statement fails, among others for a film and itself.
pub async fn store_verdict(
    db: impl PgExecutor<'_>,
    films: (i32, i32),
    is_same: bool,
    who: &str,
    reason: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO film_verdict (film_a, film_b, is_same, decided_by, reason)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (film_a, film_b) DO UPDATE
        SET is_same = excluded.is_same, decided_by = excluded.decided_by, reason = excluded.reason,
            decided_at = now()",
        films.0.min(films.1),
        films.0.max(films.1),
        is_same,
        who,
        reason
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Removes the verdict on two films; returns `false` if there was none.
///
/// # Errors
///
/// If the statement fails.
pub async fn remove_verdict(
    db: impl PgExecutor<'_>,
    films: (i32, i32),
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "DELETE FROM film_verdict WHERE film_a = $1 AND film_b = $2",
        films.0.min(films.1),
        films.0.max(films.1)
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// A film as people name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilmName {
    /// The film.
    pub film_id: i32,
    /// Its source.
    pub source: String,
    /// The key of the source.
    pub key: String,
    /// Its title.
    pub title: String,
    /// Its work, once it was looked for.
    pub work_id: Option<i32>,
    /// Why it is of that work.
    pub reason: Option<String>,
}

/// Finds a film by its number, or by `SOURCE/KEY`.
///
/// # Errors
///
/// If the statement fails.
pub async fn find_film(
    db: impl PgExecutor<'_>,
    name: &str,
) -> Result<Option<FilmName>, sqlx::Error> {
    let number: Option<i32> = name.parse().ok();
    let (source, key) = name.split_once('/').unwrap_or_default();
    sqlx::query_as!(
        FilmName,
        r#"SELECT film.film_id, source.name AS source, film.key, film.title,
            film_work.work_id AS "work_id?", film_work.reason AS "reason?"
        FROM film
        INNER JOIN source ON source.source_id = film.source_id
        LEFT JOIN film_work ON film_work.film_id = film.film_id
        WHERE film.film_id = $1 OR (source.name = $2 AND film.key = $3)"#,
        number,
        source,
        key
    )
    .fetch_optional(db)
    .await
}

/// A pair that waits for a person.
#[derive(Debug, Clone, PartialEq)]
pub struct DoubtfulPair {
    /// One film, as `SOURCE/KEY`.
    pub key_a: String,
    /// The other film, as `SOURCE/KEY`.
    pub key_b: String,
    /// Title of the one.
    pub title_a: String,
    /// Title of the other.
    pub title_b: String,
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
pub async fn doubts(db: impl PgExecutor<'_>, limit: i64) -> Result<Vec<DoubtfulPair>, sqlx::Error> {
    sqlx::query_as!(
        DoubtfulPair,
        r#"SELECT key_a AS "key_a!", key_b AS "key_b!", title_a AS "title_a!", title_b AS "title_b!",
            score AS "score!", reasons AS "reasons!"
        FROM doubtful_pair
        ORDER BY score DESC, film_a, film_b
        LIMIT $1"#,
        limit
    )
    .fetch_all(db)
    .await
}
