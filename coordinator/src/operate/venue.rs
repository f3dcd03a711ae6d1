//! Verdicts on pairs of cinemas: one venue, or not.

use fleet_web::operations::{Actor, OperationError};
use schema::venue::{self, CinemaName};
use serde_json::json;
use sqlx::PgPool;

use super::{
    film::PairVerdict,
    report::{Report, invalid, record},
};

/// Finds a cinema by its number, or by `SOURCE/KEY`.
///
/// # Errors
///
/// If there is none, or the database fails.
pub async fn find(db: &PgPool, name: &str) -> Result<CinemaName, OperationError> {
    venue::find_cinema(db, name).await?.ok_or_else(|| {
        OperationError::NotFound(format!(
            "there is no cinema {name}: give its number, or SOURCE/KEY such as bhd/12"
        ))
    })
}

/// Stores or removes a verdict on two cinemas.
///
/// # Errors
///
/// If a cinema is not known, both are the same row, no reason was given, or the database fails.
pub async fn decide(
    db: &PgPool,
    actor: &Actor,
    cinemas: (&str, &str),
    verdict: PairVerdict,
) -> Result<Report, OperationError> {
    let (a, b) = (find(db, cinemas.0).await?, find(db, cinemas.1).await?);
    if a.cinema_id == b.cinema_id {
        return Err(invalid(format!(
            "{} and {} are one cinema of one source",
            cinemas.0, cinemas.1
        )));
    }
    let reason = actor
        .reason
        .as_deref()
        .map(str::trim)
        .filter(|reason| !reason.is_empty());
    let pair = (a.cinema_id, b.cinema_id);
    let mut transaction = db.begin().await?;
    let action = match verdict {
        PairVerdict::Same | PairVerdict::Different => {
            let reason = reason.ok_or_else(|| {
                invalid("a verdict outranks the rules for good: say why with --reason")
            })?;
            let is_same = verdict == PairVerdict::Same;
            venue::store_verdict(&mut *transaction, pair, is_same, &actor.who, reason).await?;
            if is_same {
                "venue.same"
            } else {
                "venue.different"
            }
        }
        PairVerdict::Undecided => {
            if !venue::remove_verdict(&mut *transaction, pair).await? {
                return Err(OperationError::NotFound(format!(
                    "there is no verdict on {} and {}",
                    cinemas.0, cinemas.1
                )));
            }
            "venue.undecided"
        }
    };
    let subject = format!("venue/{}/{}", pair.0.min(pair.1), pair.0.max(pair.1));
    let details = json!({
        "a": format!("{}/{}", a.source, a.key),
        "b": format!("{}/{}", b.source, b.key),
        "names": [&a.name, &b.name],
    });
    let audit_id = record(&mut transaction, actor, action, &subject, details).await?;
    transaction.commit().await?;
    Ok(Report::of(sentence(&a, &b, verdict), audit_id))
}

fn sentence(a: &CinemaName, b: &CinemaName, verdict: PairVerdict) -> String {
    let what = match verdict {
        PairVerdict::Same => "are one venue",
        PairVerdict::Different => "are two venues",
        PairVerdict::Undecided => "are left to the rules again",
    };
    format!(
        "{}/{} \"{}\" and {}/{} \"{}\" {what}; the leader regroups them within seconds",
        a.source, a.key, a.name, b.source, b.key, b.name
    )
}
