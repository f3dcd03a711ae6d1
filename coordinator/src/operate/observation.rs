//! What the subjects of observations are: works or venues.

use fleet_web::operations::{Actor, OperationError};
use schema::venue::{self, ObservationSubject};
use serde_json::json;
use sqlx::PgPool;

use super::report::{Report, record};

/// Says what a subject of a source's observations is, in place of what was said before.
///
/// # Errors
///
/// If there is no such source, work or venue, or the database fails.
pub async fn link(
    db: &PgPool,
    actor: &Actor,
    source: &str,
    subject: &str,
    is: ObservationSubject,
) -> Result<Report, OperationError> {
    let what = match is {
        ObservationSubject::Work(work) => format!("work {work}"),
        ObservationSubject::Venue(venue) => format!("venue {venue}"),
    };
    let mut transaction = db.begin().await?;
    if !venue::link_subject(&mut *transaction, source, subject, is, &actor.who).await? {
        return Err(OperationError::NotFound(format!(
            "there is no source {source} or no {what}: see film_match and venue_match for numbers"
        )));
    }
    let details = json!({ "subject": subject, "is": what });
    let name = format!("source/{source}");
    let audit_id = record(&mut transaction, actor, "observation.link", &name, details).await?;
    transaction.commit().await?;
    Ok(Report::of(
        format!("{source}: \"{subject}\" is {what}"),
        audit_id,
    ))
}

/// Removes what was said of a subject.
///
/// # Errors
///
/// If nothing was said of it, or the database fails.
pub async fn unlink(
    db: &PgPool,
    actor: &Actor,
    source: &str,
    subject: &str,
) -> Result<Report, OperationError> {
    let mut transaction = db.begin().await?;
    if !venue::unlink_subject(&mut *transaction, source, subject).await? {
        return Err(OperationError::NotFound(format!(
            "the subject \"{subject}\" of {source} is not linked"
        )));
    }
    let details = json!({ "subject": subject });
    let name = format!("source/{source}");
    let audit_id = record(
        &mut transaction,
        actor,
        "observation.unlink",
        &name,
        details,
    )
    .await?;
    transaction.commit().await?;
    Ok(Report::of(
        format!("{source}: \"{subject}\" is no longer linked"),
        audit_id,
    ))
}
