//! The bounds of a schema document.

use serde_json::Value;

use crate::limits::{MAX_DEPTH, MAX_SCHEMA_BYTES, MAX_SCHEMA_NODES, MAX_SCHEMA_PATTERNS};
use crate::text::quote;

/// The longest chain of references, each within the target of the one before.
const MAX_REFERENCES: usize = 8;

/// A document that is not compiled as a schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// The document is larger than [`MAX_SCHEMA_BYTES`].
    #[error("the schema has {size_bytes} bytes, more than {MAX_SCHEMA_BYTES}")]
    TooLarge {
        /// Size of the document as JSON without blanks.
        size_bytes: usize,
    },
    /// The document is nested deeper than [`MAX_DEPTH`].
    #[error("the schema is nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// The document has more than [`MAX_SCHEMA_PATTERNS`] regular expressions.
    #[error("the schema has {count} patterns, more than {MAX_SCHEMA_PATTERNS}")]
    TooManyPatterns {
        /// How many there are.
        count: usize,
    },
    /// With its references followed, the document has more than [`MAX_SCHEMA_NODES`] nodes, a chain
    /// of references is longer than 8, or a reference leads back to itself.
    #[error(
        "a \"$ref\" of the schema leads back to itself, or the schema has more than {MAX_SCHEMA_NODES} parts with all \"$ref\" followed, {MAX_REFERENCES} at most in a chain"
    )]
    TooManyNodes,
    /// A reference leads out of the document, or to nothing.
    #[error(
        "the reference {reference} of the schema does not lead to a part of the same document: write \"#/$defs/…\""
    )]
    Reference {
        /// The reference as written, shortened and quoted.
        reference: String,
    },
    /// The document is not a JSON Schema.
    #[error("the schema is not valid at \"{pointer}\": {reason}")]
    Invalid {
        /// JSON pointer into the document.
        pointer: String,
        /// What is wrong.
        reason: String,
    },
}

/// Checks all bounds that do not need the schema compiled.
pub(super) fn check(schema: &Value) -> Result<(), SchemaError> {
    if is_deeper(schema, MAX_DEPTH) {
        return Err(SchemaError::TooDeep);
    }
    let size_bytes = schema.to_string().len();
    if size_bytes > MAX_SCHEMA_BYTES {
        return Err(SchemaError::TooLarge { size_bytes });
    }
    let count = patterns(schema);
    if count > MAX_SCHEMA_PATTERNS {
        return Err(SchemaError::TooManyPatterns { count });
    }
    let mut budget = MAX_SCHEMA_NODES;
    spend(schema, schema, &mut budget, MAX_REFERENCES)
}

/// Returns whether `value` has more than `levels` levels, without reading what is deeper.
fn is_deeper(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(values) => {
            levels == 0 || values.iter().any(|value| is_deeper(value, levels - 1))
        }
        Value::Object(object) => {
            levels == 0 || object.values().any(|value| is_deeper(value, levels - 1))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Counts the regular expressions; a property that is named like a keyword counts as one.
fn patterns(value: &Value) -> usize {
    match value {
        Value::Object(object) => {
            let of_names = object.get("patternProperties").and_then(Value::as_object);
            usize::from(object.contains_key("pattern"))
                + of_names.map_or(0, serde_json::Map::len)
                + object.values().map(patterns).sum::<usize>()
        }
        Value::Array(values) => values.iter().map(patterns).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// Walks `value` and what its references lead to, and takes one from `budget` at each node.
///
/// A circle of references uses up `references`, which is how many may still follow, and references that
/// double at each level use up the budget; both before the validator would.
fn spend(
    document: &Value,
    value: &Value,
    budget: &mut usize,
    references: usize,
) -> Result<(), SchemaError> {
    *budget = budget.checked_sub(1).ok_or(SchemaError::TooManyNodes)?;
    match value {
        Value::Array(values) => values
            .iter()
            .try_for_each(|value| spend(document, value, budget, references)),
        Value::Object(object) => {
            for (keyword, value) in object {
                match (keyword.as_str(), value) {
                    ("$ref", Value::String(reference)) => {
                        let target = resolve(document, reference)?;
                        let references =
                            references.checked_sub(1).ok_or(SchemaError::TooManyNodes)?;
                        spend(document, target, budget, references)?;
                    }
                    ("$dynamicRef" | "$recursiveRef" | "$id" | "id", Value::String(reference)) => {
                        // What these resolve to depends on more than the document.
                        return Err(SchemaError::Reference {
                            reference: quote(reference),
                        });
                    }
                    // Values, which are no schemas.
                    ("enum" | "examples", Value::Array(_)) => {}
                    _ => spend(document, value, budget, references)?,
                }
            }
            Ok(())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

fn resolve<'d>(document: &'d Value, reference: &str) -> Result<&'d Value, SchemaError> {
    // A validator decodes percent signs, so one name could lead to two places.
    reference
        .strip_prefix('#')
        .filter(|pointer| !pointer.contains('%'))
        .and_then(|pointer| document.pointer(pointer))
        .ok_or_else(|| SchemaError::Reference {
            reference: quote(reference),
        })
}
