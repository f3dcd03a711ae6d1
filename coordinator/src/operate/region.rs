//! Regions: applied from files, removed.

mod file;

use fleet_web::operations::{Actor, OperationError};
use schema::events::{
    client::find,
    region::{
        declare::{self, RegionChange},
        pseudonym::KEY_BYTES,
    },
};
use serde_json::json;
use sqlx::{PgConnection, PgPool};

use self::file::DeclaredRegion;
use super::report::{Report, invalid, record};

/// Checks regions, then applies all of them in one transaction. Each is the name by which errors call
/// its file, and its text.
///
/// # Errors
///
/// If a text declares no region, or one is refused: nothing is applied then.
pub async fn apply(
    db: &PgPool,
    actor: &Actor,
    files: &[(String, String)],
) -> Result<Report, OperationError> {
    let declared = files
        .iter()
        .map(|(shown, text)| DeclaredRegion::parse(text, shown))
        .collect::<Result<Vec<_>, _>>()?;
    let mut report = Report::default();
    let mut transaction = db.begin().await?;
    for one in &declared {
        check(db, &mut transaction, one).await?;
        let key: [u8; KEY_BYTES] = rand::random();
        let change = declare::apply(&mut transaction, &one.wanted(&key)).await?;
        let (name, direction) = (&one.name, one.direction.word());
        report.sentences.push(match change {
            RegionChange::Made => format!(
                "{name} is new: the leader begins to {direction} within a minute; `coordinator region list` shows how far it is"
            ),
            RegionChange::Changed => {
                format!("{name} is changed: what was written before stays as it is")
            }
            RegionChange::Unchanged => {
                report.sentences.push(format!("{name} is as it was"));
                continue;
            }
        });
        let details = json!({
            "direction": direction,
            "place": one.place,
            "clients": one.clients,
            "events": one.events,
            "context": one.context,
            "everything": one.is_archive,
        });
        let subject = subject(name);
        let audit_id = record(&mut transaction, actor, "region.apply", &subject, details).await?;
        report.audit_id = Some(audit_id);
    }
    transaction.commit().await?;
    Ok(report)
}

/// Refuses clients that do not exist, and what of a region cannot change.
async fn check(
    db: &PgPool,
    transaction: &mut PgConnection,
    one: &DeclaredRegion,
) -> Result<(), OperationError> {
    let (shown, name) = (&one.shown, &one.name);
    for client in &one.clients {
        if find(db, client).await?.is_none() {
            return Err(invalid(format!(
                "{shown}: there is no client {client}; `coordinator event client {client}` makes one"
            )));
        }
    }
    let Some(known) = declare::fixed(transaction, name).await? else {
        return Ok(());
    };
    let wanted = declare::Fixed {
        direction: one.direction.word().to_owned(),
        place: one.place.clone(),
        is_archive: one.is_archive,
    };
    if known == wanted {
        return Ok(());
    }
    Err(invalid(format!(
        "{shown}: direction, place and everything of a region cannot change: give the region another name, \
         or remove it first (`coordinator region remove {name}`)"
    )))
}

/// Removes a region: its key and what is known of its files. The files stay at the place.
///
/// # Errors
///
/// If there is none of that name, or the database fails.
pub async fn remove(db: &PgPool, actor: &Actor, name: &str) -> Result<Report, OperationError> {
    let mut transaction = db.begin().await?;
    if !declare::remove(&mut *transaction, name).await? {
        return Err(OperationError::NotFound(format!(
            "there is no region {name}; `coordinator region list` shows all"
        )));
    }
    let subject = subject(name);
    let audit_id = record(
        &mut transaction,
        actor,
        "region.remove",
        &subject,
        json!({}),
    )
    .await?;
    transaction.commit().await?;
    let mut report = Report::of(
        format!("{name} is removed, with its key of pseudonyms"),
        audit_id,
    );
    report.warnings.push(
        "its files stay at the place, and erased users are not removed from them any more: delete them there".to_owned(),
    );
    Ok(report)
}

fn subject(name: &str) -> String {
    format!("region/{name}")
}
