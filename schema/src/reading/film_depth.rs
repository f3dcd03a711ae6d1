//! Films in depth: what their sources say of them, their work, and when they are shown.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

use super::ReadError;

/// Showtimes of a film that are counted at most.
pub const MAX_COUNTED_SHOWTIMES: i64 = 1_000;

/// A film with what its source says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct FilmInDepth {
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
    /// ISO 3166 code, if the cinemas of the source are all in one territory.
    pub territory: Option<String>,
    /// Title in the language in which it was made.
    pub original_title: Option<String>,
    /// Year of the film.
    pub year: Option<i16>,
    /// Length in minutes.
    pub runtime_minutes: Option<i16>,
    /// Directors.
    pub directors: Vec<String>,
    /// Who distributes it.
    pub distributor: Option<String>,
    /// When it is released.
    pub released_on: Option<NaiveDate>,
    /// When a fact last changed; none without facts.
    pub facts_changed_at: Option<DateTime<Utc>>,
    /// The job that saw that.
    pub facts_changed_by: Option<i64>,
    /// Scheme and value of each number that others give to it, such as `imdb tt0111161`.
    pub identifiers: Vec<String>,
    /// Other names that its source gave to it, the oldest first.
    pub former_titles: Vec<String>,
    /// Its work; none before it was looked for.
    pub work_id: Option<i32>,
    /// `alone`, `rules`, `reference` or `person`: who decided that it is that work.
    pub rule: Option<String>,
    /// The score of its best match in the work, in bits, where the rules or the trusted list decided.
    pub score: Option<f32>,
    /// The evidence in words.
    pub reason: Option<String>,
    /// When it came to that work.
    pub decided_at: Option<DateTime<Utc>>,
    /// Its showtimes, [`MAX_COUNTED_SHOWTIMES`] at most.
    pub showtimes: i64,
    /// The first business day of its showtimes.
    pub first_on: Option<NaiveDate>,
    /// The last business day of its showtimes.
    pub last_on: Option<NaiveDate>,
}

/// Reads films, in the order of their sources; those that are not known are left out.
///
/// # Errors
///
/// If the statement fails or takes too long.
pub async fn in_depth(db: &mut PgConnection, films: &[i32]) -> Result<Vec<FilmInDepth>, ReadError> {
    let rows = sqlx::query_file_as!(FilmInDepth, "queries/read_films_in_depth.sql", films)
        .fetch_all(db)
        .await?;
    Ok(rows)
}
