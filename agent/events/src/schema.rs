//! The schema of an event: a JSON Schema of its properties.
//!
//! A schema is written by people who use the fleet and runs against what strangers send. So it is
//! bounded when it is compiled, and each of its regular expressions takes linear time.

mod document;
mod privacy;
mod verdict;

use std::collections::BTreeMap;

use jsonschema::{PatternOptions, ValidationError, Validator};
use serde::Serialize;
use serde_json::Value;

use crate::event::ReceivedEvent;
use crate::limits::{MAX_POINTER_CHARS, MAX_REASON_CHARS, MAX_WARNINGS};
use crate::text::{describe, member, shorten};

pub use document::SchemaError;
pub use privacy::Privacy;
pub use verdict::{SchemaMode, SchemaVerdict, judge};

/// The largest compiled regular expression of a schema, in bytes.
const MAX_PATTERN_BYTES: usize = 128 * 1024;

/// A compiled schema.
#[derive(Debug)]
pub struct EventSchema {
    validator: Validator,
    privacy: BTreeMap<String, Privacy>,
}

/// One way in which an event violates its schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// JSON pointer into the body to the value.
    pub pointer: String,
    /// What is wrong with the value. The value of a property that is marked as personal or as a
    /// pseudonym is not repeated.
    pub message: String,
}

impl EventSchema {
    /// Compiles a JSON Schema of the `properties` of an event.
    ///
    /// # Errors
    ///
    /// Fails for a document that is no schema or over a bound: in size, in patterns, or in nodes once
    /// its references are followed. A reference leads to `#/…` within the document and not back to
    /// itself; a pattern has no look-around and no back-references.
    pub fn compile(schema: &Value) -> Result<Self, SchemaError> {
        document::check(schema)?;
        let privacy = privacy::read(schema)?;
        let patterns = PatternOptions::regex()
            .size_limit(MAX_PATTERN_BYTES)
            .dfa_size_limit(MAX_PATTERN_BYTES);
        let validator = jsonschema::options()
            .offline()
            .with_pattern_options(patterns)
            .should_validate_formats(true)
            .build(schema)
            .map_err(|error| SchemaError::Invalid {
                pointer: shorten(error.instance_path().as_str(), MAX_POINTER_CHARS),
                reason: shorten(&error.to_string(), MAX_REASON_CHARS),
            })?;
        Ok(Self { validator, privacy })
    }

    /// Returns how `event` violates the schema: at most [`MAX_WARNINGS`] violations.
    #[must_use]
    pub fn violations(&self, event: &ReceivedEvent) -> Vec<Violation> {
        let properties = Value::Object(event.properties.clone());
        self.validator
            .iter_errors(&properties)
            .take(MAX_WARNINGS)
            .map(|error| self.violation(event, &error))
            .collect()
    }

    /// Returns the mark of a property, or `None` for one that the schema does not mark.
    ///
    /// An export treats an unmarked property as personal.
    #[must_use]
    pub fn privacy(&self, property: &str) -> Option<Privacy> {
        self.privacy.get(property).copied()
    }

    fn violation(&self, event: &ReceivedEvent, error: &ValidationError<'_>) -> Violation {
        let within = error.instance_path().as_str();
        let message = if self.may_quote(within) {
            error.masked_with(describe(error.instance())).to_string()
        } else {
            error.masked().to_string()
        };
        Violation {
            pointer: shorten(&event.property_pointer(within), MAX_POINTER_CHARS),
            message: shorten(&message, MAX_REASON_CHARS),
        }
    }

    /// Returns whether a message may repeat the value at `within` the properties: it is not in one
    /// that is marked as personal or a pseudonym. Of objects and arrays no message has the content.
    fn may_quote(&self, within: &str) -> bool {
        let mut marks = self.privacy.iter();
        marks.all(|(property, mark)| {
            let rest = within.strip_prefix(&member(property));
            *mark == Privacy::Free
                || !rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

#[cfg(test)]
mod tests;
