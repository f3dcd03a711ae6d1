//! Finds works by number or title, as people name them.

use sqlx::PgExecutor;
use works::title_key;

/// A work as people tell it from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkName {
    /// The work.
    pub work_id: i32,
    /// `feature`, `short`, `event`, `programme` or `unknown`.
    pub kind: String,
    /// Its title.
    pub title: String,
    /// The earliest year that a source gives.
    pub first_year: Option<i16>,
    /// The latest year that a source gives.
    pub last_year: Option<i16>,
    /// Its films: source and key, title, and year where the source gives one.
    pub films: Vec<String>,
}

/// What works are found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkSearch<'a> {
    /// The number of a work, or of one that was merged into it.
    Number(i32),
    /// A title, in any case and with whatever a listing says of its showings.
    Title(&'a str),
    /// A part of a title.
    TitlePart(&'a str),
}

/// Finds at most 20 works, those with the most films first.
///
/// # Errors
///
/// If the statement fails.
pub async fn find(
    db: impl PgExecutor<'_>,
    search: WorkSearch<'_>,
) -> Result<Vec<WorkName>, sqlx::Error> {
    let (number, key, part) = match search {
        WorkSearch::Number(number) => (Some(number), None, None),
        WorkSearch::Title(title) => (None, title_key(title), None),
        WorkSearch::TitlePart(part) => (None, None, Some(part)),
    };
    sqlx::query_file_as!(WorkName, "queries/find_works.sql", number, key, part)
        .fetch_all(db)
        .await
}

/// Counts the films with a title, in any case, whose work was not looked for yet.
///
/// # Errors
///
/// If the statement fails.
pub async fn count_unplaced(db: impl PgExecutor<'_>, title: &str) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!"
        FROM film
        LEFT JOIN film_work ON film_work.film_id = film.film_id
        WHERE film_work.film_id IS NULL AND lower(film.title) = lower($1)"#,
        title
    )
    .fetch_one(db)
    .await
}
