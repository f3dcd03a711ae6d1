//! Clients, and the names of their events.

use std::time::Duration;

use fleet_web::operations::{Actor, OperationError, event::EventClient};
use schema::events::{
    client,
    identity::{self, EventName},
};
use serde_json::json;
use sqlx::{PgPool, error::DatabaseError};

use super::{check_name, client_id};
use crate::operate::report::{Report, invalid, record};

/// Letters of the name of a client at most.
const MAX_LETTERS: usize = 63;
/// The shortest and the longest duplicate window.
const MIN_WINDOW: Duration = Duration::from_hours(1);
const MAX_WINDOW: Duration = Duration::from_hours(7 * 24);
/// What Postgres says of a time zone that is none.
const INVALID_PARAMETER: &str = "22023";

pub(super) async fn put(
    db: &PgPool,
    actor: &Actor,
    wanted: &EventClient,
) -> Result<Report, OperationError> {
    let EventClient {
        name, time_zone, ..
    } = wanted;
    check(wanted)?;
    let mut transaction = db.begin().await?;
    client::put(
        &mut *transaction,
        name,
        time_zone,
        wanted.week_start,
        wanted.duplicate_window,
    )
    .await
    .map_err(|error| {
        let code = error.as_database_error().and_then(DatabaseError::code);
        if code.as_deref() == Some(INVALID_PARAMETER) {
            invalid(format!(
                "`{time_zone}` is not a time zone such as Europe/Paris"
            ))
        } else {
            error.into()
        }
    })?;
    let details = json!({
        "time_zone": time_zone,
        "week_start": wanted.week_start,
        "duplicate_window": humantime::format_duration(wanted.duplicate_window).to_string(),
    });
    let subject = format!("event-client/{name}");
    let audit_id = record(
        &mut transaction,
        actor,
        "event-client.put",
        &subject,
        details,
    )
    .await?;
    transaction.commit().await?;
    Ok(Report::of(
        format!("client {name}: days begin in {time_zone}"),
        audit_id,
    ))
}

/// Says which value cannot be used.
fn check(wanted: &EventClient) -> Result<(), OperationError> {
    let name = &wanted.name;
    let is_word = !name.starts_with('-')
        && (1..=MAX_LETTERS).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !is_word {
        return Err(invalid(format!(
            "`{name}` cannot be the name of a client: write up to {MAX_LETTERS} small letters, digits and hyphens"
        )));
    }
    if !(1..=7).contains(&wanted.week_start) {
        return Err(invalid(format!(
            "the week cannot start on day {}: 1 is Monday, 7 is Sunday",
            wanted.week_start
        )));
    }
    if !(MIN_WINDOW..=MAX_WINDOW).contains(&wanted.duplicate_window) {
        return Err(invalid(format!(
            "the duplicate window {} is outside of 1h to 7d",
            humantime::format_duration(wanted.duplicate_window)
        )));
    }
    Ok(())
}

pub(super) async fn rename(
    db: &PgPool,
    actor: &Actor,
    client: &str,
    received: &str,
    canonical: &str,
) -> Result<Report, OperationError> {
    let canonical = canonical.trim();
    check_name("the name for readers", canonical)?;
    let client_id = client_id(db, client).await?;
    let name = EventName {
        received: received.to_owned(),
        canonical: canonical.to_owned(),
    };
    let mut transaction = db.begin().await?;
    if !identity::rename(&mut *transaction, client_id, &name).await? {
        return Err(OperationError::NotFound(format!(
            "client {client} has sent no event `{received}`; `coordinator event name {client}` lists all"
        )));
    }
    let subject = format!("event-client/{client}");
    let details = json!({ "received": received, "canonical": canonical });
    let audit_id = record(&mut transaction, actor, "event.rename", &subject, details).await?;
    transaction.commit().await?;
    Ok(Report::of(
        format!("event `{received}` of client {client} is shown as `{canonical}`, in the past too"),
        audit_id,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_has_a_plain_name_a_weekday_and_a_window_of_hours_or_days() {
        let client = |name: &str, week_start, hours| EventClient {
            name: name.to_owned(),
            time_zone: "UTC".to_owned(),
            week_start,
            duplicate_window: Duration::from_hours(hours),
        };
        assert!(check(&client("app-fr", 1, 24)).is_ok());
        for wrong in [
            client("", 1, 24),
            client("-a", 1, 24),
            client("App", 1, 24),
            client("<b>", 1, 24),
            client(&"a".repeat(64), 1, 24),
            client("app", 0, 24),
            client("app", 8, 24),
            client("app", 1, 0),
            client("app", 1, 169),
        ] {
            assert!(check(&wrong).is_err(), "{wrong:?}");
        }
    }
}
