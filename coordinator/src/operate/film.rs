//! Verdicts on pairs of films: one work, or not.

use std::collections::BTreeSet;

pub use fleet_web::operations::PairVerdict;
use fleet_web::operations::{Actor, OperationError};
use schema::work::{self, FilmName};
use serde_json::json;
use sqlx::PgPool;
use works::ReferenceTitle;

use super::report::{Report, invalid, record};

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
    let (a, b) = (find(db, films.0).await?, find(db, films.1).await?);
    if a.film_id == b.film_id {
        return Err(invalid(format!(
            "{} and {} are one film of one source",
            films.0, films.1
        )));
    }
    let reason = actor
        .reason
        .as_deref()
        .map(str::trim)
        .filter(|reason| !reason.is_empty());
    let pair = (a.film_id, b.film_id);
    let mut transaction = db.begin().await?;
    let action = match verdict {
        PairVerdict::Same | PairVerdict::Different => {
            let reason = reason.ok_or_else(|| {
                invalid("a verdict outranks the rules for good: say why with --reason")
            })?;
            let is_same = verdict == PairVerdict::Same;
            work::store_verdict(&mut *transaction, pair, is_same, &actor.who, reason).await?;
            if is_same {
                "film.same"
            } else {
                "film.different"
            }
        }
        PairVerdict::Undecided => {
            if !work::remove_verdict(&mut *transaction, pair).await? {
                return Err(OperationError::NotFound(format!(
                    "there is no verdict on {} and {}",
                    films.0, films.1
                )));
            }
            "film.undecided"
        }
    };
    let subject = format!("film/{}/{}", pair.0.min(pair.1), pair.0.max(pair.1));
    let details = json!({
        "a": format!("{}/{}", a.source, a.key),
        "b": format!("{}/{}", b.source, b.key),
        "titles": [&a.title, &b.title],
    });
    let audit_id = record(&mut transaction, actor, action, &subject, details).await?;
    transaction.commit().await?;
    Ok(Report::of(sentence(&a, &b, verdict), audit_id))
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

fn sentence(a: &FilmName, b: &FilmName, verdict: PairVerdict) -> String {
    let what = match verdict {
        PairVerdict::Same => "are one work",
        PairVerdict::Different => "are two works",
        PairVerdict::Undecided => "are left to the rules again",
    };
    format!(
        "{}/{} \"{}\" and {}/{} \"{}\" {what}; the leader regroups them within seconds",
        a.source, a.key, a.title, b.source, b.key, b.title
    )
}
