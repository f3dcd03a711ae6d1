//! Works: which films of different sources are one.
//!
//! Takes films that are new or changed from `film_to_match`, gives what is compared, and stores
//! groups. What is compared and how is decided by the package `works` and by the pass of the
//! leader; nothing here decides. If a batch fails, its transaction is undone, and the next one
//! takes the same films.

mod verdict;
mod find;
mod group;
mod reference;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{PgConnection, PgExecutor};
use works::{Film, Listing};

pub use find::{WorkName, WorkSearch, count_unplaced, find};
pub use group::{Names, Placed, StoredWorks, Title, store_doubts, store_groups, store_names};
pub use reference::{find_reference, store_reference};
pub use verdict::{
    DoubtfulPair, FilmName, doubts, find_film, remove_verdict, store_verdict, verdicts,
};

/// A film that can be compared.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparableFilm {
    /// The film.
    pub film_id: i32,
    /// Its source and key: names it whatever the order of arrival.
    pub key: (i32, String),
    /// What its source says of it.
    pub film: Film,
}

/// Takes up to `limit` entries off the log of films to match; returns the films, sorted.
///
/// Returns `None` if another coordinator is matching films: its transaction holds a lock.
///
/// # Errors
///
/// If a statement fails.
pub async fn take_from_log(
    db: &mut PgConnection,
    limit: i64,
) -> Result<Option<Vec<i32>>, sqlx::Error> {
    let is_locked = sqlx::query_scalar!(
        r#"SELECT pg_try_advisory_xact_lock(hashtextextended('fullhouse match_films', 0)) AS "locked!""#
    )
    .fetch_one(&mut *db)
    .await?;
    if !is_locked {
        return Ok(None);
    }
    let mut films = sqlx::query_scalar!(
        "DELETE FROM film_to_match
        WHERE film_to_match_id IN (
            SELECT film_to_match_id FROM film_to_match ORDER BY film_to_match_id LIMIT $1)
        RETURNING film_id",
        limit
    )
    .fetch_all(db)
    .await?;
    films.sort_unstable();
    films.dedup();
    Ok(Some(films))
}

/// Removes films from the log of films to match, because their works are looked for now.
///
/// # Errors
///
/// If the statement fails.
pub async fn remove_from_log(db: impl PgExecutor<'_>, films: &[i32]) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM film_to_match WHERE film_id = ANY ($1)", films)
        .execute(db)
        .await?;
    Ok(())
}

/// Reads films with what their sources say of them.
///
/// # Errors
///
/// If the statement fails.
pub async fn films(
    db: impl PgExecutor<'_>,
    films: &[i32],
) -> Result<Vec<ComparableFilm>, sqlx::Error> {
    let rows = sqlx::query_file!("queries/read_films_to_compare.sql", films)
        .fetch_all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| ComparableFilm {
            film_id: row.film_id,
            film: Film {
                title: row.title,
                territory: row.territory,
                original_title: row.original_title,
                year: row.year,
                runtime_minutes: row.runtime_minutes,
                directors: row.directors.unwrap_or_default(),
                distributor: row.distributor,
                released_on: row.released_on.map(day_number),
                identifiers: row
                    .schemes
                    .unwrap_or_default()
                    .into_iter()
                    .zip(row.values.unwrap_or_default())
                    .collect(),
                listing: listing(row.source_id, row.first_at, row.last_at),
            },
            key: (row.source_id, row.key),
        })
        .collect())
}

/// Returns the days since 1970-01-01.
fn day_number(day: NaiveDate) -> i32 {
    let days = day.signed_duration_since(NaiveDate::default()).num_days();
    i32::try_from(days).unwrap_or_default()
}

fn listing(
    source_id: i32,
    first_at: Option<DateTime<Utc>>,
    last_at: Option<DateTime<Utc>>,
) -> Option<Listing> {
    Some(Listing {
        source: source_id.to_string(),
        first_on: day_number(first_at?.date_naive()),
        last_on: day_number(last_at?.date_naive()),
    })
}

/// A blocking key and a film that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedFilm {
    /// The key.
    pub key: String,
    /// The film.
    pub film_id: i32,
}

/// Finds the films that have one of the keys, at most `limit` for each key.
///
/// # Errors
///
/// If the statement fails.
pub async fn candidates(
    db: impl PgExecutor<'_>,
    keys: &[String],
    limit: i64,
) -> Result<Vec<KeyedFilm>, sqlx::Error> {
    sqlx::query_file_as!(KeyedFilm, "queries/find_film_candidates.sql", keys, limit)
        .fetch_all(db)
        .await
}

/// Replaces the keys of `films`; `of` and `keys` are pairs.
///
/// # Errors
///
/// If the statement fails.
pub async fn store_keys(
    db: impl PgExecutor<'_>,
    films: &[i32],
    of: &[i32],
    keys: &[String],
) -> Result<(), sqlx::Error> {
    sqlx::query_file!("queries/store_film_keys.sql", of, keys, films)
        .execute(db)
        .await?;
    Ok(())
}

/// Reads the films that are of the same works as `films`, with their works.
///
/// # Errors
///
/// If the statement fails.
pub async fn members(
    db: impl PgExecutor<'_>,
    films: &[i32],
) -> Result<Vec<(i32, i32)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT film_id, work_id FROM film_work
        WHERE work_id IN (SELECT work_id FROM film_work WHERE film_id = ANY ($1))",
        films
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.film_id, row.work_id))
        .collect())
}

/// Reads the works of `films`.
///
/// # Errors
///
/// If the statement fails.
pub async fn works_of(
    db: impl PgExecutor<'_>,
    films: &[i32],
) -> Result<Vec<(i32, i32)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT film_id, work_id FROM film_work WHERE film_id = ANY ($1)",
        films
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.film_id, row.work_id))
        .collect())
}
