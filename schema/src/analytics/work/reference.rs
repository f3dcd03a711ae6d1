//! The list of works that the operator trusts.

use sqlx::PgExecutor;
use works::{Candidate, Film, ReferenceTitle};

/// Replaces the list; every film is matched again.
///
/// # Errors
///
/// If the statement fails, among others for a territory that is no ISO 3166 code.
pub async fn store_reference(
    db: impl PgExecutor<'_>,
    list: &[ReferenceTitle],
) -> Result<(), sqlx::Error> {
    let text = |of: fn(&ReferenceTitle) -> String| list.iter().map(of).collect::<Vec<String>>();
    let keys = |line: &ReferenceTitle| {
        let keys = Candidate::new(line.film.clone()).reference_keys();
        keys.into_iter().collect::<Vec<_>>().join("\n")
    };
    sqlx::query_file!(
        "queries/store_reference_titles.sql",
        &text(|line| line.work.clone()),
        &text(|line| line.film.title.clone()),
        &list
            .iter()
            .map(|line| line.film.territory.clone())
            .collect::<Vec<_>>() as &[Option<String>],
        &list.iter().map(|line| line.film.year).collect::<Vec<_>>() as &[Option<i16>],
        &list
            .iter()
            .map(|line| line.film.runtime_minutes)
            .collect::<Vec<_>>() as &[Option<i16>],
        &text(|line| line.film.directors.join("\n")),
        &list.iter().map(keys).collect::<Vec<String>>()
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Finds the lines of the list that have one of the keys.
///
/// # Errors
///
/// If the statement fails.
pub async fn find_reference(
    db: impl PgExecutor<'_>,
    keys: &[String],
) -> Result<Vec<ReferenceTitle>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT work, title, territory, year, runtime_minutes, directors
        FROM reference_title
        WHERE keys && $1
        ORDER BY reference_title_id",
        keys
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ReferenceTitle {
            work: row.work,
            film: Film {
                title: row.title,
                territory: row.territory,
                year: row.year,
                runtime_minutes: row.runtime_minutes,
                directors: row.directors,
                ..Film::default()
            },
        })
        .collect())
}
