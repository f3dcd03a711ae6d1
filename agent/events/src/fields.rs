//! Takes fields out of an event by any of their spellings.

use serde_json::{Map, Value};

use crate::rejection::{Refusal, RejectionKind};
use crate::text::{describe, member};

/// The fields of an event that nothing has read yet.
#[derive(Debug)]
pub(crate) struct Fields(Map<String, Value>);

/// A field that is an object, with the spelling that was sent.
pub(crate) type ObjectField = (&'static str, Map<String, Value>);

/// A field as it was sent.
#[derive(Debug)]
pub(crate) struct Field {
    /// The spelling that was sent.
    pub(crate) name: &'static str,
    pub(crate) value: Value,
}

impl Field {
    /// Refuses the field; `reason` continues a sentence that begins with its name.
    pub(crate) fn refuse(&self, kind: RejectionKind, reason: &str) -> Refusal {
        Refusal::new(kind, member(self.name), format!("{} {reason}", self.name))
    }

    /// Refuses the field for its type; `expected` is what to send.
    pub(crate) fn refuse_type(&self, expected: &str) -> Refusal {
        let reason = format!("is {}: send {expected}", describe(&self.value));
        self.refuse(RejectionKind::WrongType, &reason)
    }
}

impl Fields {
    pub(crate) fn new(object: Map<String, Value>) -> Self {
        Self(object)
    }

    /// Takes the field that is spelt as one of `names`. Null counts as absent.
    ///
    /// # Errors
    ///
    /// Refuses two spellings with different values: none of them can be preferred.
    pub(crate) fn take(&mut self, names: &[&'static str]) -> Result<Option<Field>, Refusal> {
        let mut taken: Option<Field> = None;
        for name in names {
            let Some(value) = self.0.remove(*name).filter(|value| !value.is_null()) else {
                continue;
            };
            let field = Field { name, value };
            match &taken {
                None => taken = Some(field),
                Some(first) if first.value == field.value => {}
                Some(first) => {
                    let reason = format!(
                        "is {}, but {} is {}: send one of them",
                        describe(&field.value),
                        first.name,
                        describe(&first.value)
                    );
                    return Err(field.refuse(RejectionKind::Conflict, &reason));
                }
            }
        }
        Ok(taken)
    }

    /// Takes a field that is true or false.
    pub(crate) fn take_flag(&mut self, names: &[&'static str]) -> Result<Option<bool>, Refusal> {
        let Some(field) = self.take(names)? else {
            return Ok(None);
        };
        match field.value {
            Value::Bool(flag) => Ok(Some(flag)),
            _ => Err(field.refuse_type("true or false")),
        }
    }

    /// Takes a field that is an object.
    pub(crate) fn take_object(
        &mut self,
        names: &[&'static str],
    ) -> Result<Option<ObjectField>, Refusal> {
        let Some(field) = self.take(names)? else {
            return Ok(None);
        };
        match field.value {
            Value::Object(object) => Ok(Some((field.name, object))),
            _ => Err(field.refuse_type("an object")),
        }
    }

    /// Drops fields that are known and not kept.
    pub(crate) fn discard(&mut self, names: &[&str]) {
        for name in names {
            self.0.remove(*name);
        }
    }

    /// Returns the names of what nothing has read.
    pub(crate) fn unread(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    fn fields(value: Value) -> Fields {
        match value {
            Value::Object(object) => Fields::new(object),
            _ => Fields::new(Map::new()),
        }
    }

    #[test]
    fn either_spelling_is_taken_and_null_is_absent() {
        let mut fields = fields(json!({"userId": null, "user_id": "a", "x": null}));

        let field = fields.take(&["userId", "user_id"]).unwrap().unwrap();
        assert_eq!((field.name, field.value), ("user_id", json!("a")));
        assert!(fields.take(&["x"]).unwrap().is_none());
        assert_eq!(fields.unread().count(), 0);
    }

    #[test]
    fn equal_spellings_agree_and_different_ones_are_refused() {
        let names = ["userId", "user_id"];
        assert!(
            fields(json!({"userId": "a", "user_id": "a"}))
                .take(&names)
                .is_ok()
        );

        let refusal = fields(json!({"userId": "a", "user_id": "b"}))
            .take(&names)
            .unwrap_err();
        assert_eq!(refusal.pointer, "/user_id");
        assert_eq!(
            refusal.reason,
            r#"user_id is "b", but userId is "a": send one of them"#
        );
    }
}
