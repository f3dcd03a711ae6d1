//! Data sets: applied from files, built again, removed.
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`file`](mod@file) | the text of a file | what it declares, in the words of the database |
//! | [`day_parameter`] | a query | the same, with `:day` replaced |
//! | `delivery_target` | the tables `[[deliver]]` | where it is delivered to, or why not |
//! | `lines` | a key, a table, a byte | its line |
//! | [`order`] | declared data sets | each behind those that it reads, or the circle |
//! | `place` | an error of the database | the line of the file, and the way out |

pub mod day_parameter;
mod delivery_target;
mod lines;
pub mod file;
pub mod order;
mod place;

use chrono::NaiveDate;
use fleet_web::operations::{Actor, OperationError};
use schema::{
    data_set::{self, DataSetChange},
    delivery, load,
};
use serde_json::json;
use sqlx::PgPool;

use self::{file::Declared, place::refusal};
use super::report::{Report, invalid, record};

/// Checks data sets, then applies all of them in one transaction, each behind those that it reads. Each
/// is the name by which errors call its file, and its text.
///
/// # Errors
///
/// If a text declares no data set, or one is refused: nothing is applied then.
pub async fn apply(
    db: &PgPool,
    actor: &Actor,
    files: &[(String, String)],
) -> Result<Report, OperationError> {
    let declared = files
        .iter()
        .map(|(shown, text)| Declared::parse(text, shown))
        .collect::<Result<Vec<_>, _>>()?;
    let mut report = Report::default();
    let mut transaction = db.begin().await?;
    for one in order::by_inputs(&declared)? {
        let applied = data_set::apply(&mut *transaction, &one.wanted())
            .await
            .map_err(|error| refusal(one, error))?;
        let name = &one.name;
        report.sentences.push(match applied {
            DataSetChange::Made => format!(
                "{name} is new: the leader builds it; `coordinator data-set show {name}` shows how far it is"
            ),
            DataSetChange::Rebuilt => format!("{name} is changed, and all of it is built again"),
            DataSetChange::Changed => format!("{name} is changed; what is built of it stays"),
            DataSetChange::Unchanged => {
                report.sentences.push(format!("{name} is as it was"));
                continue;
            }
        });
        let details = json!({ "inputs": one.inputs });
        let audit_id = record(
            &mut transaction,
            actor,
            "data_set.apply",
            &subject(name),
            details,
        )
        .await?;
        report.audit_id = Some(audit_id);
    }
    transaction.commit().await?;
    Ok(report)
}

/// Makes days of a data set due, whatever they were built from; of all days without bounds.
///
/// # Errors
///
/// If there is no such data set or it has no such day, or the database fails.
pub async fn build(
    db: &PgPool,
    actor: &Actor,
    name: &str,
    from: Option<NaiveDate>,
    until: Option<NaiveDate>,
) -> Result<Report, OperationError> {
    let mut transaction = db.begin().await?;
    let days = data_set::request(&mut *transaction, name, from, until).await?;
    load::request(&mut *transaction, name, from, until).await?;
    delivery::request(&mut *transaction, name, from, until).await?;
    if days == 0 {
        return Err(OperationError::NotFound(format!(
            "there is no data set {name}, or it has no such complete day; `coordinator data-set show {name}` lists its days"
        )));
    }
    let details = json!({ "from": from, "until": until, "days": days });
    let audit_id = record(
        &mut transaction,
        actor,
        "data_set.build",
        &subject(name),
        details,
    )
    .await?;
    transaction.commit().await?;
    let what = if days == 1 {
        format!("one build of {name} is due")
    } else {
        format!("{days} builds of {name} are due")
    };
    Ok(Report::of(
        format!("{what}; the leader begins within seconds, after the inputs"),
        audit_id,
    ))
}

/// Removes a data set with its table.
///
/// # Errors
///
/// If there is none of that name, another one reads it, or the database fails.
pub async fn remove(db: &PgPool, actor: &Actor, name: &str) -> Result<Report, OperationError> {
    let mut transaction = db.begin().await?;
    data_set::remove(&mut *transaction, name)
        .await
        .map_err(|error| match error.as_database_error() {
            Some(refused) if refused.code().as_deref() == Some("P0001") => {
                invalid(refused.message().to_owned())
            }
            _ => OperationError::Database(error),
        })?;
    let audit_id = record(
        &mut transaction,
        actor,
        "data_set.remove",
        &subject(name),
        json!({}),
    )
    .await?;
    transaction.commit().await?;
    Ok(Report::of(
        format!("{name} and its table are removed"),
        audit_id,
    ))
}

fn subject(name: &str) -> String {
    format!("data-set/{name}")
}
