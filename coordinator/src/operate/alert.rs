//! Silences of alerts.

use std::time::Duration;

use fleet_web::operations::{Actor, OperationError, alert::AlertAction};
use schema::{alert::overview::was_checked, silence};
use serde_json::json;
use sqlx::PgPool;

use super::report::{Report, invalid, record};
use crate::alert::condition;

/// The longest time of a silence.
const MAX_SILENCE: Duration = Duration::from_hours(90 * 24);

/// Carries out an action of a person on alerts.
///
/// # Errors
///
/// If it is refused, or the database fails: nothing is changed then.
pub async fn act(
    db: &PgPool,
    actor: &Actor,
    action: &AlertAction,
) -> Result<Report, OperationError> {
    match action {
        AlertAction::Silence {
            condition,
            subject,
            lasts,
        } => silence(db, actor, condition, subject, *lasts).await,
        AlertAction::EndSilence { silence_id } => unsilence(db, actor, *silence_id).await,
    }
}

/// Sends no messages about alerts of `condition` (`*` for all) whose subject is like `subject`, in
/// which `*` stands for any text.
///
/// # Errors
///
/// If there is no such condition, no reason was given, the time is too long, or the database fails.
pub async fn silence(
    db: &PgPool,
    actor: &Actor,
    condition: &str,
    subject: &str,
    lasts: Duration,
) -> Result<Report, OperationError> {
    // A leader of another version may look at conditions that this program does not know.
    let is_known = condition == "*"
        || condition::all().any(|known| known.name == condition)
        || was_checked(db, condition).await?;
    if !is_known {
        return Err(invalid(format!(
            "there is no condition {condition}: `coordinator alert conditions` lists them, and * is for all"
        )));
    }
    if lasts.is_zero() || lasts > MAX_SILENCE {
        return Err(invalid(
            "a silence lasts more than no time and at most 90 days",
        ));
    }
    let reason = actor
        .reason
        .as_deref()
        .map(str::trim)
        .filter(|reason| !reason.is_empty())
        .ok_or_else(|| invalid("others will ask why nobody was notified: give a reason"))?;
    if subject.trim().is_empty() {
        return Err(invalid("name the subject, or write * for all"));
    }
    let mut transaction = db.begin().await?;
    let silence_id = silence::create(
        &mut *transaction,
        condition,
        subject,
        lasts,
        reason,
        &actor.who,
    )
    .await?;
    let lasts = humantime::format_duration(lasts).to_string();
    let details = json!({ "silence": silence_id, "for": lasts });
    let what = format!("alert/{condition}/{subject}");
    let audit_id = record(&mut transaction, actor, "alert.silence", &what, details).await?;
    transaction.commit().await?;
    Ok(Report::of(
        format!(
            "silence {silence_id}: no messages about {condition} {subject} for {lasts}; \
             `coordinator alert unsilence {silence_id}` ends it"
        ),
        audit_id,
    ))
}

/// Ends a silence; receivers are notified of alerts that are still open.
///
/// # Errors
///
/// If it is not in force, or the database fails.
pub async fn unsilence(
    db: &PgPool,
    actor: &Actor,
    silence_id: i32,
) -> Result<Report, OperationError> {
    let mut transaction = db.begin().await?;
    if !silence::end(&mut *transaction, silence_id).await? {
        return Err(OperationError::NotFound(format!(
            "there is no silence {silence_id} in force: `coordinator alert list` shows those that are"
        )));
    }
    let what = format!("silence/{silence_id}");
    let audit_id = record(&mut transaction, actor, "alert.unsilence", &what, json!({})).await?;
    transaction.commit().await?;
    Ok(Report::of(
        format!(
            "silence {silence_id} is over; receivers are notified of alerts that are still open"
        ),
        audit_id,
    ))
}
