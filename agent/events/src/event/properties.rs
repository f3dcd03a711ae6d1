//! Takes the properties of an event, and the fields that its kind has beside them.

use serde_json::{Map, Value};

use crate::endpoint::EventKind;
use crate::fields::{Field, Fields, ObjectField};
use crate::identifier;
use crate::rejection::{Refusal, RejectionKind};
use crate::text::{describe, member, quote};

/// Takes the properties, and adds the fields of the kind to them.
pub(super) fn properties(fields: &mut Fields, kind: EventKind) -> Result<ObjectField, Refusal> {
    let names: &[&'static str] = match kind {
        EventKind::Identify | EventKind::Group => &["traits", "properties"],
        EventKind::Track | EventKind::Page | EventKind::Screen | EventKind::Alias => {
            &["properties"]
        }
    };
    let mut taken = None;
    for name in names {
        if taken.is_none() {
            taken = fields.take_object(&[name])?;
        }
    }
    let default = names.first().copied().unwrap_or("properties");
    let (field, mut properties) = taken.unwrap_or((default, Map::new()));
    match kind {
        EventKind::Track | EventKind::Identify => {}
        EventKind::Page | EventKind::Screen => {
            for name in ["name", "category"] {
                let Some(taken) = fields.take(&[name])? else {
                    continue;
                };
                if !taken.value.is_string() {
                    return Err(taken.refuse_type("a text"));
                }
                properties.entry(name).or_insert(taken.value);
            }
        }
        EventKind::Group => {
            let names = &["groupId", "group_id"];
            refer(fields, names, "group_id", field, &mut properties)?;
        }
        EventKind::Alias => {
            let names = &["previousId", "previous_id"];
            refer(fields, names, "previous_id", field, &mut properties)?;
        }
    }
    Ok((field, properties))
}

/// Takes the identifier that a kind of event needs, from its fields or from its properties, and puts
/// it into the properties as `property`.
fn refer(
    fields: &mut Fields,
    names: &[&'static str],
    property: &'static str,
    properties_field: &str,
    properties: &mut Map<String, Value>,
) -> Result<(), Refusal> {
    let at_top = take_identifier(fields, names)?;
    let within = properties.remove(property).filter(|value| !value.is_null());
    let within = within.map(|value| Field {
        name: property,
        value,
    });
    let in_properties = |refusal: Refusal| Refusal {
        pointer: format!("/{properties_field}{}", refusal.pointer),
        ..refusal
    };
    let id = match (at_top, within) {
        (Some(id), None) => id,
        (None, Some(field)) => identifier::parse(&field).map_err(in_properties)?,
        (Some(id), Some(field)) if field.value.as_str() == Some(&id) => id,
        (Some(id), Some(field)) => {
            let reason = format!(
                "is {}, but outside {properties_field} it is {}: send one of them",
                describe(&field.value),
                quote(&id)
            );
            return Err(in_properties(
                field.refuse(RejectionKind::Conflict, &reason),
            ));
        }
        (None, None) => {
            let reason = format!("{property} is missing: send the identifier");
            return Err(Refusal::new(
                RejectionKind::Missing,
                member(property),
                reason,
            ));
        }
    };
    properties.insert(property.to_owned(), Value::String(id));
    Ok(())
}

/// Takes the identifier that is spelt as one of `names`.
pub(super) fn take_identifier(
    fields: &mut Fields,
    names: &[&'static str],
) -> Result<Option<String>, Refusal> {
    fields
        .take(names)?
        .map(|field| identifier::parse(&field))
        .transpose()
}
