//! Verdicts on pairs of films: one work, or not.

use std::collections::BTreeSet;

pub use fleet_web::operations::PairVerdict;
use fleet_web::operations::{Actor, OperationError};
use schema::work::{self, FilmName};
use serde_json::json;
use sqlx::PgPool;
use works::ReferenceTitle;

use super::{
    report::{Report, record},
    verdict::{self, Named, PairKind},
};

/// Finds a film by its number, or by `SOURCE/KEY`.
///
/// # Errors
///
/// If there is none, or the database fails.
pub async fn find(db: &PgPool, name: &str) -> Result<FilmName, OperationError> {
    work::find_film(db, name).await?.ok_or_else(|| {
        OperationError::NotFound(format!(
            "there is no film {name}: give its number, or SOURCE/KEY such as bhd/4711"
        ))
    })
}

/// Stores or removes a verdict on two films.
///
/// # Errors
///
/// If a film is not known, both are the same row, no reason was given, or the database fails.
pub async fn decide(
    db: &PgPool,
    actor: &Actor,
    films: (&str, &str),
    verdict: PairVerdict,
) -> Result<Report, OperationError> {
    let named = |film: FilmName| Named {
        id: film.film_id,
        key: format!("{}/{}", film.source, film.key),
        name: film.title,
    };
    let (a, b) = (find(db, films.0).await?, find(db, films.1).await?);
    verdict::decide(db, actor, PairKind::Films, (named(a), named(b)), verdict).await
}

/// Puts a list of works in the place of the one before; an empty one removes it.
///
/// # Errors
///
/// If the database fails.
pub async fn store_list(
    db: &PgPool,
    actor: &Actor,
    list: &[ReferenceTitle],
) -> Result<Report, OperationError> {
    let works: BTreeSet<&str> = list.iter().map(|line| line.work.as_str()).collect();
    let mut transaction = db.begin().await?;
    work::store_reference(&mut *transaction, list).await?;
    let details = json!({ "works": works.len(), "titles": list.len() });
    let subject = "film/reference";
    let audit_id = record(&mut transaction, actor, "film.reference", subject, details).await?;
    transaction.commit().await?;
    let sentence = format!(
        "the list has {} works with {} titles; the leader matches all films again",
        works.len(),
        list.len()
    );
    Ok(Report::of(sentence, audit_id))
}
