//! Schemas of events.

use event_contract::{EventSchema, SchemaVersion};
use fleet_web::operations::{Actor, OperationError, event::NewEventSchema};
use schema::events::schema::{self as stored, StoredSchema};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{check_name, client_id};
use crate::operate::report::{Report, invalid, record};

pub(super) async fn register(
    db: &PgPool,
    actor: &Actor,
    wanted: &NewEventSchema,
) -> Result<Report, OperationError> {
    let schema = checked(wanted)?;
    let NewEventSchema {
        client,
        event,
        version,
        ..
    } = wanted;
    let client_id = client_id(db, client).await?;
    let mut transaction = db.begin().await?;
    if !stored::register(&mut *transaction, client_id, &schema).await? {
        return Err(OperationError::Refused(format!(
            "version {version} of `{event}` is registered with another document; \
             a version is never changed: raise its last number if nothing breaks"
        )));
    }
    let subject = format!("event-client/{client}");
    let details = json!({ "event": event, "version": version });
    let action = "event-schema.register";
    let audit_id = record(&mut transaction, actor, action, &subject, details).await?;
    transaction.commit().await?;
    Ok(Report::of(
        format!(
            "schema {version} of `{event}` is registered; receivers use it within five seconds"
        ),
        audit_id,
    ))
}

/// The schema as it is stored, if receivers can use it.
fn checked(wanted: &NewEventSchema) -> Result<StoredSchema, OperationError> {
    let version: SchemaVersion = wanted
        .version
        .parse()
        .map_err(|error| invalid(format!("`{}` is {error}", wanted.version)))?;
    check_name("the name of an event", &wanted.event)?;
    if !wanted.document.is_object() {
        return Err(invalid("the schema must be a JSON object"));
    }
    EventSchema::compile(&wanted.document)
        .map_err(|error| invalid(format!("the document cannot be used as a schema: {error}")))?;
    if has_zero_byte(&wanted.document) {
        return Err(invalid(
            "a text of the schema contains a zero byte, which cannot be stored",
        ));
    }
    let number = |part: u16| {
        i16::try_from(part).map_err(|_| invalid("a number of the version is too large"))
    };
    Ok(StoredSchema {
        event: wanted.event.clone(),
        model: number(version.model)?,
        revision: number(version.revision)?,
        addition: number(version.addition)?,
        document: wanted.document.clone(),
    })
}

/// Whether a text in a document, which is nested no deeper than a schema may be, has a zero byte.
fn has_zero_byte(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_zero_byte),
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| name.contains('\0') || has_zero_byte(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_that_receivers_cannot_use_is_refused() {
        let schema = |version: &str, document: Value| NewEventSchema {
            client: "app".to_owned(),
            event: "film opened".to_owned(),
            version: version.to_owned(),
            document,
        };
        let sound = json!({ "type": "object", "properties": { "film": { "type": "string" } } });
        let stored = checked(&schema("1-0-2", sound.clone())).ok();
        let version = stored.map(|stored| (stored.model, stored.revision, stored.addition));
        assert_eq!(version, Some((1, 0, 2)));
        for wrong in [
            schema("1", sound.clone()),
            schema("0-0-0", sound.clone()),
            schema("1-0-0", json!([])),
            schema("1-0-0", json!({ "type": "none" })),
            schema("1-0-0", json!({ "$ref": "https://example.com/schema" })),
            schema("1-0-0", json!({ "title": "a\u{0}b" })),
        ] {
            assert!(checked(&wrong).is_err(), "{wrong:?}");
        }
    }
}
