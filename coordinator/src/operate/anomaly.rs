//! Decisions on anomalies, and days that differ for a known reason.

use chrono::NaiveDate;
use fleet_web::operations::{Actor, OperationError};
use schema::anomaly::{self, AnomalyRow, SpecialDay};
use serde_json::json;
use sqlx::PgPool;

use super::report::{Report, invalid, record};

/// Finds an anomaly by its number.
///
/// # Errors
///
/// If there is none, or the database fails.
pub async fn find(db: &PgPool, anomaly_id: i32) -> Result<AnomalyRow, OperationError> {
    anomaly::find(db, anomaly_id).await?.ok_or_else(|| {
        OperationError::NotFound(format!(
            "there is no anomaly {anomaly_id}: `coordinator anomaly list --all` has them"
        ))
    })
}

/// Accepts or rejects an anomaly; a later decision replaces one before.
///
/// # Errors
///
/// If there is no such anomaly, no reason was given, or the database fails.
pub async fn decide(
    db: &PgPool,
    actor: &Actor,
    anomaly_id: i32,
    is_accepted: bool,
) -> Result<Report, OperationError> {
    let row = find(db, anomaly_id).await?;
    let reason = actor
        .reason
        .as_deref()
        .map(str::trim)
        .filter(|reason| !reason.is_empty())
        .ok_or_else(|| invalid("a decision changes what is learnt: say why with --reason"))?;
    let (action, consequence) = if is_accepted {
        ("anomaly.accept", "its days no longer train")
    } else {
        (
            "anomaly.reject",
            "its days train, and the same is not reported for four weeks",
        )
    };
    let mut transaction = db.begin().await?;
    anomaly::decide(
        &mut *transaction,
        anomaly_id,
        is_accepted,
        &actor.who,
        reason,
    )
    .await?;
    let subject = format!("anomaly/{anomaly_id}");
    let details = json!({
        "subject": format!("{} {}", row.subject_kind, row.subject_key),
        "cause": row.cause,
        "days": [row.first_on, row.last_on],
        "before": row.state,
    });
    let audit_id = record(&mut transaction, actor, action, &subject, details).await?;
    transaction.commit().await?;
    let sentence = format!(
        "anomaly {anomaly_id} ({}, {}) is {}: {consequence}",
        row.subject_name,
        row.cause,
        if is_accepted { "accepted" } else { "rejected" }
    );
    Ok(Report::of(sentence, audit_id))
}

/// Names a special day of a territory, or of all without one; without a name, the day is usual again.
///
/// # Errors
///
/// If the territory is no ISO 3166 code, there is no such day to remove, or the database fails.
pub async fn set_special_day(
    db: &PgPool,
    actor: &Actor,
    day: NaiveDate,
    territory: Option<&str>,
    name: Option<&str>,
) -> Result<Report, OperationError> {
    if let Some(code) = territory
        && (code.len() != 2 || !code.bytes().all(|byte| byte.is_ascii_uppercase()))
    {
        return Err(invalid(format!(
            "{code} is not the code of a territory: two capital letters, such as GB, or `all`"
        )));
    }
    let place = territory.unwrap_or("all");
    let mut transaction = db.begin().await?;
    let sentence = if let Some(name) = name.map(str::trim).filter(|name| !name.is_empty()) {
        let special = SpecialDay {
            day,
            territory: territory.map(ToOwned::to_owned),
            name: name.to_owned(),
        };
        anomaly::store_special_day(&mut *transaction, &special).await?;
        format!("{day} is special in {place}: {name}")
    } else if anomaly::remove_special_day(&mut *transaction, day, territory).await? {
        format!("{day} is a usual day in {place} again")
    } else {
        return Err(OperationError::NotFound(format!(
            "{day} is not special in {place}"
        )));
    };
    let subject = format!("anomaly/special/{place}/{day}");
    let details = json!({ "name": name });
    let action = "anomaly.special";
    let audit_id = record(&mut transaction, actor, action, &subject, details).await?;
    transaction.commit().await?;
    Ok(Report::of(sentence, audit_id))
}
