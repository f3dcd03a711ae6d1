//! Keys with which clients send events.

use std::time::Duration;

use event_contract::OriginPattern;
use fleet_web::operations::{
    Actor, OperationError,
    event::{MadeKey, NewEventKey},
};
use schema::{
    events::key::{self, NewKey},
    secret::{Secret, SecretKind},
};
use serde_json::json;
use sqlx::PgPool;

use super::{check_name, client_id};
use crate::operate::report::{Report, invalid, record};

/// Letters of the name of a key at most.
const MAX_LETTERS: usize = 100;
/// Origins, and events, of a key at most.
const MAX_ENTRIES: usize = 100;
/// Stands for all origins.
const ANY_ORIGIN: &str = "*";
const MAX_EVENTS_PER_SECOND: i32 = 1_000_000;
/// The longest time after which a key ends.
const MAX_EXPIRY: Duration = Duration::from_hours(24 * 3_650);

pub(super) async fn create(
    db: &PgPool,
    actor: &Actor,
    wanted: &NewEventKey,
) -> Result<Report, OperationError> {
    check(wanted)?;
    let NewEventKey { client, name, .. } = wanted;
    let secret = Secret::generate(SecretKind::EventKey);
    let new = NewKey {
        client_id: client_id(db, client).await?,
        name,
        hash: &secret.hash(),
        is_public: !wanted.origins.is_empty(),
        schema_mode: wanted.schema_mode.word(),
        events_per_second: wanted.events_per_second,
        origins: &wanted.origins,
        events: &wanted.events,
        expires_in: wanted.expires_in,
    };
    let mut transaction = db.begin().await?;
    let key_id = key::create(&mut *transaction, &new).await?;
    let details = json!({
        "name": name, "number": key_id, "origins": wanted.origins, "events": wanted.events,
        "schema": wanted.schema_mode.word(), "rate": wanted.events_per_second,
    });
    let subject = format!("event-client/{client}");
    let audit_id = record(
        &mut transaction,
        actor,
        "event-key.create",
        &subject,
        details,
    )
    .await?;
    transaction.commit().await?;
    let sentence = format!("key {name} of client {client}, number {key_id}; it is shown only now");
    Ok(Report {
        made_key: Some(MadeKey { key_id, secret }),
        ..Report::of(sentence, audit_id)
    })
}

/// Says which value cannot be used.
fn check(wanted: &NewEventKey) -> Result<(), OperationError> {
    let is_name = wanted.name.len() <= MAX_LETTERS
        && wanted
            .name
            .starts_with(|letter: char| letter.is_ascii_alphanumeric())
        && wanted
            .name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b" ._@-".contains(&byte));
    if !is_name {
        return Err(invalid(format!(
            "`{}` cannot be the name of a key: write up to {MAX_LETTERS} letters, digits, spaces and . _ @ -, a letter or digit first",
            wanted.name
        )));
    }
    if !(1..=MAX_EVENTS_PER_SECOND).contains(&wanted.events_per_second) {
        return Err(invalid(format!(
            "{} events a second are outside of 1 to {MAX_EVENTS_PER_SECOND}",
            wanted.events_per_second
        )));
    }
    if wanted.origins.len() > MAX_ENTRIES || wanted.events.len() > MAX_ENTRIES {
        return Err(invalid(format!(
            "a key has at most {MAX_ENTRIES} origins and {MAX_ENTRIES} events"
        )));
    }
    if wanted.origins.is_empty() && !wanted.events.is_empty() {
        return Err(invalid(
            "only a public key, which has origins, is limited to some events",
        ));
    }
    for origin in &wanted.origins {
        if origin != ANY_ORIGIN
            && let Err(error) = origin.parse::<OriginPattern>()
        {
            return Err(invalid(format!("origin `{origin}`: {error}")));
        }
    }
    for event in &wanted.events {
        check_name("the name of an event", event)?;
    }
    if let Some(expires_in) = wanted.expires_in
        && (expires_in.is_zero() || expires_in > MAX_EXPIRY)
    {
        return Err(invalid(
            "a key ends after ten years at most; without a time, never",
        ));
    }
    Ok(())
}

pub(super) async fn revoke(
    db: &PgPool,
    actor: &Actor,
    key_id: i32,
) -> Result<Report, OperationError> {
    let mut transaction = db.begin().await?;
    if !key::revoke(&mut *transaction, key_id).await? {
        return Err(OperationError::NotFound(format!(
            "there is no key {key_id} in force; `coordinator event key list` shows all"
        )));
    }
    let subject = format!("event-key/{key_id}");
    let audit_id = record(
        &mut transaction,
        actor,
        "event-key.revoke",
        &subject,
        json!({}),
    )
    .await?;
    transaction.commit().await?;
    Ok(Report::of(
        format!("key {key_id} is revoked; receivers refuse it within five seconds"),
        audit_id,
    ))
}

#[cfg(test)]
mod tests {
    use fleet_web::operations::event::EventSchemaMode;

    use super::*;

    fn key() -> NewEventKey {
        NewEventKey {
            client: "app".to_owned(),
            name: "page of 2026".to_owned(),
            origins: vec!["https://*.example.com".to_owned()],
            events: vec!["film opened".to_owned()],
            schema_mode: EventSchemaMode::Warn,
            events_per_second: 1_000,
            expires_in: Some(Duration::from_hours(24)),
        }
    }

    #[test]
    fn what_a_key_may_not_be_is_said() {
        assert!(check(&key()).is_ok());
        let none = Vec::new;
        for wrong in [
            NewEventKey {
                name: "<b>".to_owned(),
                ..key()
            },
            NewEventKey {
                name: String::new(),
                ..key()
            },
            NewEventKey {
                origins: none(),
                ..key()
            },
            NewEventKey {
                origins: vec!["example".to_owned()],
                ..key()
            },
            NewEventKey {
                events: vec![String::new()],
                ..key()
            },
            NewEventKey {
                events_per_second: 0,
                ..key()
            },
            NewEventKey {
                expires_in: Some(Duration::MAX),
                ..key()
            },
        ] {
            assert!(check(&wrong).is_err(), "{wrong:?}");
        }
    }
}
