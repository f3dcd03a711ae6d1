//! What a schema says about the privacy of a property.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::SchemaError;
use crate::text::{describe, member};

/// The keyword that marks a property.
const KEYWORD: &str = "x-privacy";

/// How a property relates to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Privacy {
    /// Says who a person is, such as a mail address.
    Personal,
    /// Stands for a person, such as a customer number; still personal data.
    Pseudonym,
    /// Says nothing of who the person is.
    Free,
}

/// Reads the marks of the properties of `schema`.
///
/// # Errors
///
/// Fails for an unknown mark, and for a mark anywhere but directly in a member of the document's
/// `properties`: it would be without effect.
pub(super) fn read(schema: &Value) -> Result<BTreeMap<String, Privacy>, SchemaError> {
    let mut marks = BTreeMap::new();
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        if let Some(mark) = property.get(KEYWORD) {
            let privacy = Privacy::deserialize(mark).map_err(|_| SchemaError::Invalid {
                pointer: format!("/properties{}/{KEYWORD}", member(name)),
                reason: format!("{} is none of personal, pseudonym, free", describe(mark)),
            })?;
            marks.insert(name.clone(), privacy);
        }
    }
    let found = count(schema);
    if found == marks.len() {
        return Ok(marks);
    }
    Err(SchemaError::Invalid {
        pointer: String::new(),
        reason: format!(
            "\"{KEYWORD}\" stands where it has no effect: mark members of \"properties\" only"
        ),
    })
}

/// Counts the marks at any depth.
fn count(value: &Value) -> usize {
    match value {
        Value::Object(object) => {
            usize::from(object.contains_key(KEYWORD)) + object.values().map(count).sum::<usize>()
        }
        Value::Array(values) => values.iter().map(count).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}
