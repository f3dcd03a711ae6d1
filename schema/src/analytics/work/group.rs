//! Stores groups: the work of each film, the titles of works, and what is in doubt.

use sqlx::PgConnection;

use crate::analytics::pair::{self, PairDoubt};

/// A film and the work that it is of.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// The film.
    pub film_id: i32,
    /// The film whose work it is.
    pub of_film_id: i32,
    /// The film of the lowest number with which people or the trusted list joined it, unless that
    /// is the film itself.
    pub confirmed_film_id: Option<i32>,
    /// `alone`, `rules`, `reference` or `person`.
    pub rule: &'static str,
    /// Score of its best match.
    pub score: Option<f32>,
    /// The evidence in words.
    pub reason: String,
    /// Kind of the work.
    pub kind: &'static str,
    /// Title of the work.
    pub title: Option<String>,
}

/// What changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StoredWorks {
    /// Films that got their first work.
    pub new: i64,
    /// Films that came to another work.
    pub moved: i64,
}

/// Stores the works of films; makes the works that are missing.
///
/// # Errors
///
/// If a statement fails.
pub async fn store_groups(
    db: &mut PgConnection,
    placed: &[Placed],
) -> Result<StoredWorks, sqlx::Error> {
    let films: Vec<i32> = placed.iter().map(|one| one.film_id).collect();
    sqlx::query!(
        "INSERT INTO work (film_id)
        SELECT film_id FROM unnest($1::integer[]) AS given (film_id)
        WHERE NOT EXISTS (SELECT FROM work WHERE work.film_id = given.film_id)
        ORDER BY film_id",
        &films
    )
    .execute(&mut *db)
    .await?;
    let text = |of: fn(&Placed) -> &str| -> Vec<String> {
        placed.iter().map(|one| of(one).to_owned()).collect()
    };
    sqlx::query_file_as!(
        StoredWorks,
        "queries/store_film_works.sql",
        &films,
        &placed
            .iter()
            .map(|one| one.of_film_id)
            .collect::<Vec<i32>>(),
        &text(|one| one.rule),
        &placed
            .iter()
            .map(|one| one.score)
            .collect::<Vec<Option<f32>>>() as &[Option<f32>],
        &text(|one| &one.reason),
        &text(|one| one.kind),
        &placed
            .iter()
            .map(|one| one.title.clone())
            .collect::<Vec<Option<String>>>() as &[Option<String>],
        &placed
            .iter()
            .map(|one| one.confirmed_film_id)
            .collect::<Vec<Option<i32>>>() as &[Option<i32>]
    )
    .fetch_one(db)
    .await
}

/// A title of a work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Title {
    /// The film that the work was made for.
    pub of_film_id: i32,
    /// ISO 3166 code of the territory where it is listed so; `None` for an original title.
    pub territory: Option<String>,
    /// The title.
    pub title: String,
    /// The key by which it is searched.
    pub key: Option<String>,
}

/// Titles and identifiers of works, each work named by the film that it was made for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// The titles.
    pub titles: Vec<Title>,
    /// Film, scheme and value.
    pub identifiers: Vec<(i32, String, String)>,
}

/// Replaces the titles and identifiers of the works of `films`.
///
/// # Errors
///
/// If the statement fails.
pub async fn store_names(
    db: &mut PgConnection,
    films: &[i32],
    names: &Names,
) -> Result<(), sqlx::Error> {
    let titles = &names.titles;
    let identifiers = &names.identifiers;
    sqlx::query_file!(
        "queries/store_work_names.sql",
        films,
        &titles
            .iter()
            .map(|one| one.of_film_id)
            .collect::<Vec<i32>>(),
        &titles
            .iter()
            .map(|one| one.territory.clone())
            .collect::<Vec<Option<String>>>() as &[Option<String>],
        &titles
            .iter()
            .map(|one| one.title.clone())
            .collect::<Vec<String>>(),
        &titles
            .iter()
            .map(|one| one.key.clone())
            .collect::<Vec<Option<String>>>() as &[Option<String>],
        &identifiers.iter().map(|one| one.0).collect::<Vec<i32>>(),
        &identifiers
            .iter()
            .map(|one| one.1.clone())
            .collect::<Vec<String>>(),
        &identifiers
            .iter()
            .map(|one| one.2.clone())
            .collect::<Vec<String>>()
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Replaces the doubts on `films`.
///
/// # Errors
///
/// If the statement fails.
pub async fn store_doubts(
    db: &mut PgConnection,
    films: &[i32],
    doubts: &[PairDoubt],
) -> Result<(), sqlx::Error> {
    let (a, b, scores, reasons) = pair::columns(doubts);
    sqlx::query_file!(
        "queries/store_film_doubts.sql",
        films,
        &a,
        &b,
        &scores,
        &reasons
    )
    .execute(db)
    .await?;
    Ok(())
}
