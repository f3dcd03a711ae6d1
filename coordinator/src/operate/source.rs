//! Changes of a source: its state, its baselines, the meaning of its codes and attributes.

use fleet_web::operations::{Actor, OperationError};
use schema::{
    attribute,
    enums::{AttributeMeaning, SeatStatus, SourceState},
    mapping::{self, MapError, Recounted},
    quarantine,
    source::set_state,
    venue,
};
use serde_json::{Map, Value, json};
use sqlx::{PgConnection, PgPool};

use super::report::{Report, invalid, record};

/// Stops scheduling a source; what is running ends as usual.
///
/// # Errors
///
/// If there is no such source, or the database fails.
pub async fn pause(db: &PgPool, actor: &Actor, name: &str) -> Result<Report, OperationError> {
    let reason = actor.reason.as_deref().unwrap_or("paused by an operator");
    change(db, actor, name, SourceState::Paused, Some(reason)).await
}

/// Schedules a source again, be it paused or blocked.
///
/// # Errors
///
/// If there is no such source, or the database fails.
pub async fn resume(db: &PgPool, actor: &Actor, name: &str) -> Result<Report, OperationError> {
    change(db, actor, name, SourceState::Active, None).await
}

/// Sets which source counts of several that list one showtime: that with the lowest number. `None`
/// takes the number away.
///
/// # Errors
///
/// If there is no such source, the number is below 1, or the database fails.
pub async fn set_precedence(
    db: &PgPool,
    actor: &Actor,
    name: &str,
    precedence: Option<i16>,
) -> Result<Report, OperationError> {
    if precedence.is_some_and(|number| number < 1) {
        return Err(invalid("a precedence is 1 or more; 1 counts before 2"));
    }
    let mut transaction = db.begin().await?;
    if !venue::set_precedence(&mut *transaction, name, precedence).await? {
        return Err(no_source(name));
    }
    let details = json!({ "precedence": precedence });
    let subject = subject(name);
    let audit_id = record(
        &mut transaction,
        actor,
        "source.precedence",
        &subject,
        details,
    )
    .await?;
    transaction.commit().await?;
    let what = precedence.map_or_else(
        || "none: after all that have one, first the sources that read seats".to_owned(),
        |number| number.to_string(),
    );
    Ok(Report::of(format!("{name}: precedence {what}"), audit_id))
}

async fn change(
    db: &PgPool,
    actor: &Actor,
    name: &str,
    state: SourceState,
    reason: Option<&str>,
) -> Result<Report, OperationError> {
    let mut transaction = db.begin().await?;
    if !set_state(&mut *transaction, name, state, reason).await? {
        return Err(no_source(name));
    }
    let action = match state {
        SourceState::Active => "source.resume",
        SourceState::Paused => "source.pause",
        SourceState::Blocked => "source.block",
    };
    let audit_id = record(&mut transaction, actor, action, &subject(name), json!({})).await?;
    transaction.commit().await?;
    Ok(Report::of(format!("{name}: {}", state.label()), audit_id))
}

/// Takes the present answers of a source as right: of one step, or of all that are in quarantine.
///
/// # Errors
///
/// If nothing of it is in quarantine, there is no such step, or the database fails.
pub async fn accept(
    db: &PgPool,
    actor: &Actor,
    source: &str,
    step: Option<&str>,
) -> Result<Report, OperationError> {
    let mut transaction = db.begin().await?;
    let accepted = quarantine::accept_within(&mut transaction, source, step).await?;
    if accepted.is_empty() {
        return Err(match step {
            Some(step) => {
                OperationError::NotFound(format!("there is no step {step} of a source {source}"))
            }
            None => OperationError::Refused(format!(
                "nothing of {source} is in quarantine; name a step with --step to set aside what \
                 was learnt of it all the same"
            )),
        });
    }
    let details = json!({ "steps": accepted });
    let audit_id = record(
        &mut transaction,
        actor,
        "source.accept",
        &subject(source),
        details,
    )
    .await?;
    transaction.commit().await?;
    Ok(Report::of(
        format!(
            "{source}: the next answers of {} are compared with no older ones",
            accepted.join(" and ")
        ),
        audit_id,
    ))
}

/// Says what status codes of a source mean. Its snapshots must be counted again: see
/// [`Report::recounts`].
///
/// # Errors
///
/// If the source has never said one of the codes, or the database fails.
pub async fn map(
    db: &PgPool,
    actor: &Actor,
    source: &str,
    codes: &[(String, SeatStatus)],
) -> Result<Report, OperationError> {
    if codes.is_empty() {
        return Err(invalid("name at least one CODE=STATUS"));
    }
    let mut transaction = db.begin().await?;
    let mut report = map_within(&mut transaction, source, codes).await?;
    let details: Map<String, Value> = codes
        .iter()
        .map(|(code, status)| (code.clone(), status.label().into()))
        .collect();
    let details = json!({ "codes": details });
    let subject = subject(source);
    let audit_id = record(&mut transaction, actor, "source.map", &subject, details).await?;
    transaction.commit().await?;
    report.audit_id = Some(audit_id);
    Ok(report)
}

/// Maps codes within a transaction of the caller, who records and commits it.
///
/// # Errors
///
/// As [`map`].
pub async fn map_within(
    db: &mut PgConnection,
    source: &str,
    codes: &[(String, SeatStatus)],
) -> Result<Report, OperationError> {
    let mapped = mapping::map_within(db, source, codes)
        .await
        .map_err(refusal)?;
    let mut sentences: Vec<String> = codes
        .iter()
        .map(|(code, status)| format!("{source}: `{code}` means {}", status.label()))
        .collect();
    sentences.push(format!(
        "{source}: {} of its codes mean something else now",
        mapped.changed
    ));
    Ok(Report {
        sentences,
        recounts: vec![(source.to_owned(), mapped.source_id)],
        ..Report::default()
    })
}

/// Says what attributes of the showtimes of a source mean; views follow at once.
///
/// # Errors
///
/// If the source has never said one of the codes, or the database fails.
pub async fn map_attributes(
    db: &PgPool,
    actor: &Actor,
    source: &str,
    meanings: &[(String, AttributeMeaning)],
) -> Result<Report, OperationError> {
    if meanings.is_empty() {
        return Err(invalid("name at least one CODE=KIND:WORD"));
    }
    let mut transaction = db.begin().await?;
    let sentences = map_attributes_within(&mut transaction, source, meanings).await?;
    let details: Map<String, Value> = meanings
        .iter()
        .map(|(code, meaning)| (code.clone(), meaning.to_string().into()))
        .collect();
    let details = json!({ "attributes": details });
    let action = "source.map_attribute";
    let audit_id = record(&mut transaction, actor, action, &subject(source), details).await?;
    transaction.commit().await?;
    Ok(Report {
        sentences,
        audit_id: Some(audit_id),
        ..Report::default()
    })
}

/// Maps attributes within a transaction of the caller, who records and commits it; returns what
/// happened, a sentence each.
///
/// # Errors
///
/// As [`map_attributes`].
pub async fn map_attributes_within(
    db: &mut PgConnection,
    source: &str,
    meanings: &[(String, AttributeMeaning)],
) -> Result<Vec<String>, OperationError> {
    let changed = attribute::map_within(db, source, meanings).await;
    let changed = changed.map_err(refusal)?;
    let mut sentences: Vec<String> = meanings
        .iter()
        .map(|(code, meaning)| format!("{source}: the attribute `{code}` means {meaning}"))
        .collect();
    sentences.push(format!(
        "{source}: {changed} of its attributes mean something else now"
    ));
    Ok(sentences)
}

/// Counts all snapshots of a source again after its codes were mapped; returns what was counted,
/// and whether no pod was still storing by the meanings of before. May be repeated.
///
/// # Errors
///
/// If a statement fails; another call goes through the rest.
pub async fn recount(
    db: &PgPool,
    source_id: i32,
    progress: impl FnMut(Recounted),
) -> Result<(Recounted, bool), sqlx::Error> {
    let is_settled = mapping::settle(db).await?;
    let done = mapping::recount(db, source_id, progress).await?;
    Ok((done, is_settled))
}

fn refusal(error: MapError) -> OperationError {
    match error {
        MapError::NoSource { .. } => OperationError::NotFound(error.to_string()),
        MapError::NoCode { .. } => invalid(error.to_string()),
        MapError::Database(error) => error.into(),
    }
}

/// How the audit names a source.
#[must_use]
pub fn subject(name: &str) -> String {
    format!("source/{name}")
}

/// Says that there is no such source.
#[must_use]
pub fn no_source(name: &str) -> OperationError {
    OperationError::NotFound(format!(
        "there is no source {name}; `coordinator source list` names them"
    ))
}
