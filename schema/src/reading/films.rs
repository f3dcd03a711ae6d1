//! Films: a list in the order of their titles, one, and its work elsewhere.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

use super::ReadError;

/// A film of a list, as one source names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilmRow {
    /// The film.
    pub film_id: i32,
    /// Its source.
    pub source: String,
    /// The key of the source.
    pub key: String,
    /// Its title.
    pub title: String,
    /// Showtimes that start within 7 days, at most 1,000.
    pub showtimes: i64,
    /// Cinemas that show them.
    pub cinemas: i64,
    /// Seats that they have sold.
    pub sold: i64,
    /// Seats that they have, as far as seats were seen.
    pub seats: i64,
    /// When the first of them starts.
    pub next_at: Option<DateTime<Utc>>,
}

/// Which films are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FilmFilter {
    /// Name of the source.
    pub source: Option<String>,
    /// Part of the title.
    pub title: Option<String>,
}

/// Reads at most `limit` films in the order of their titles, behind the row with this title and
/// number.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn list(
    db: &mut PgConnection,
    filter: &FilmFilter,
    after: Option<(&str, i32)>,
    limit: i64,
) -> Result<Vec<FilmRow>, ReadError> {
    let rows = sqlx::query_file_as!(
        FilmRow,
        "queries/read_film_list.sql",
        filter.source.as_deref(),
        filter.title.as_deref(),
        after.map(|(title, _)| title),
        after.map(|(_, id)| id),
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// A film as one source names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Film {
    /// The film.
    pub film_id: i32,
    /// Its source.
    pub source: String,
    /// The key of the source.
    pub key: String,
    /// Its title.
    pub title: String,
    /// The job that saw it first.
    pub discovered_by: i64,
    /// The clock of the database.
    pub now: DateTime<Utc>,
}

/// Reads a film; none if there is no such number.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn film(db: &mut PgConnection, film_id: i32) -> Result<Option<Film>, ReadError> {
    let row = sqlx::query_as!(
        Film,
        r#"SELECT film.film_id, source.name AS source, film.key, film.title, film.discovered_by, now() AS "now!"
        FROM film
        INNER JOIN source ON source.source_id = film.source_id
        WHERE film.film_id = $1"#,
        film_id
    )
    .fetch_optional(db)
    .await?;
    Ok(row)
}

/// A work in a territory, at all sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkRun {
    /// ISO 3166 code.
    pub territory: String,
    /// The first business day.
    pub first_on: Option<NaiveDate>,
    /// The last business day.
    pub last_on: Option<NaiveDate>,
    /// Sources that show it.
    pub sources: i64,
    /// Cinemas that show it.
    pub cinemas: i64,
    /// Its showtimes.
    pub showtimes: i64,
    /// Seats of the showtimes whose seats were seen.
    pub seats: i64,
    /// Seats that these have sold.
    pub sold: i64,
    /// When this was computed.
    pub computed_at: Option<DateTime<Utc>>,
}

/// Reads how the work of a film runs in each territory, at all sources; the most sold first.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn runs(db: &mut PgConnection, film_id: i32) -> Result<Vec<WorkRun>, ReadError> {
    let rows = sqlx::query_as!(
        WorkRun,
        r#"SELECT territory::text AS "territory!", first_on, last_on,
            coalesce(sources, 0)::bigint AS "sources!", coalesce(cinemas, 0)::bigint AS "cinemas!",
            coalesce(showtimes, 0)::bigint AS "showtimes!", coalesce(seats, 0)::bigint AS "seats!",
            coalesce(sold, 0)::bigint AS "sold!", computed_at
        FROM film_run
        WHERE work_id = (SELECT film_work.work_id FROM film_work WHERE film_work.film_id = $1)
        ORDER BY sold DESC NULLS LAST, territory
        LIMIT 300"#,
        film_id
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// A film of a work.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkFilm {
    /// The film.
    pub film_id: i32,
    /// Its source.
    pub source: String,
    /// The title of the source.
    pub title: String,
    /// `alone`, `rules`, `reference` or `person`: who decided that it is this work.
    pub rule: String,
    /// The score of its best match in the work, in bits, where the rules or the trusted list decided.
    pub score: Option<f32>,
    /// The evidence in words.
    pub reason: String,
}

/// Reads the films of the work of a film, itself included; none before its work was looked for.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn same_work(db: &mut PgConnection, film_id: i32) -> Result<Vec<WorkFilm>, ReadError> {
    let rows = sqlx::query_as!(
        WorkFilm,
        "SELECT film.film_id, source.name AS source, film.title, film_work.rule, film_work.score, film_work.reason
        FROM film_work AS own
        INNER JOIN film_work ON film_work.work_id = own.work_id
        INNER JOIN film ON film.film_id = film_work.film_id
        INNER JOIN source ON source.source_id = film.source_id
        WHERE own.film_id = $1
        ORDER BY source.name, film.film_id
        LIMIT 100",
        film_id
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}
