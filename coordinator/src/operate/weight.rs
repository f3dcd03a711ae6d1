//! Changes of weights: what a sale is worth to the operator.

use fleet_web::operations::{Actor, OperationError, WeightKind};
use schema::weight;
use serde_json::json;
use sqlx::PgPool;

use super::report::{Report, invalid, record};

/// The word as the table `weight` has it.
#[must_use]
pub fn word(kind: WeightKind) -> &'static str {
    match kind {
        WeightKind::Source => "source",
        WeightKind::Territory => "territory",
        WeightKind::Film => "film",
    }
}

/// The name as it is stored.
fn stored_name(kind: WeightKind, name: &str) -> String {
    match kind {
        WeightKind::Source => name.to_owned(),
        WeightKind::Territory => name.to_uppercase(),
        WeightKind::Film => name.to_lowercase(),
    }
}

/// Sets a weight.
///
/// # Errors
///
/// If it is not between 0 and 1,000, the name cannot be used, or the database fails.
pub async fn set(
    db: &PgPool,
    actor: &Actor,
    kind: WeightKind,
    name: &str,
    factor: f32,
) -> Result<Report, OperationError> {
    if !(0.0..=1000.0).contains(&factor) {
        return Err(invalid(format!(
            "a weight is a factor between 0 and 1000, not {factor}"
        )));
    }
    let (kind, name) = (word(kind), checked_name(kind, name)?);
    let mut transaction = db.begin().await?;
    weight::set(&mut *transaction, kind, &name, factor).await?;
    let known = weight::list(&mut transaction).await?;
    let holds_for = known
        .iter()
        .find(|row| row.kind == kind && row.name == name)
        .map_or(0, |row| row.holds_for);
    let subject = format!("weight/{kind}/{name}");
    let details = json!({ "weight": factor });
    let audit_id = record(&mut transaction, actor, "weight.set", &subject, details).await?;
    transaction.commit().await?;
    let mut report = Report::of(format!("{kind} {name}: weight {factor}"), audit_id);
    if holds_for == 0 {
        report.sentences.push(
            "nothing has that name yet; the weight holds as soon as something has".to_owned(),
        );
    }
    Ok(report)
}

/// Removes a weight.
///
/// # Errors
///
/// If there is none, or the database fails.
pub async fn remove(
    db: &PgPool,
    actor: &Actor,
    kind: WeightKind,
    name: &str,
) -> Result<Report, OperationError> {
    let (kind, name) = (word(kind), checked_name(kind, name)?);
    let mut transaction = db.begin().await?;
    if !weight::remove(&mut *transaction, kind, &name).await? {
        return Err(OperationError::NotFound(format!(
            "{kind} {name} has no weight; `coordinator weight list` shows all"
        )));
    }
    let subject = format!("weight/{kind}/{name}");
    let audit_id = record(
        &mut transaction,
        actor,
        "weight.remove",
        &subject,
        json!({}),
    )
    .await?;
    transaction.commit().await?;
    Ok(Report::of(format!("{kind} {name}: weight 1"), audit_id))
}

fn checked_name(kind: WeightKind, name: &str) -> Result<String, OperationError> {
    if name.trim().is_empty() || name.contains('\0') || name.chars().count() > 500 {
        return Err(invalid(
            "a name must be 1 to 500 letters, without zero bytes",
        ));
    }
    Ok(stored_name(kind, name))
}
