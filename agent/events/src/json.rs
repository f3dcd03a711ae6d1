//! Reads the text of one event as JSON, within bounds.
//!
//! Two names in one object are refused rather than the last one taken: parsers disagree on which of
//! the two counts, so a check may see one value and the database the other.
//!
//! A number is read as JavaScript reads it: an integer of up to 64 bits exactly, any other number as
//! the nearest double.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::limits::{MAX_DEPTH, MAX_NAME_CHARS, MAX_NAMES};
use crate::rejection::{Refusal, RejectionKind};
use crate::text::{Step, describe, quote};

/// Returns the object that `text` is.
///
/// # Errors
///
/// Refuses text that is not one JSON object, is nested deeper than [`MAX_DEPTH`], has more than
/// [`MAX_NAMES`] names, a name longer than [`MAX_NAME_CHARS`], a name twice in one object, a text
/// with U+0000 or half a surrogate pair, or a number beyond a double.
pub(crate) fn parse_object(text: &str) -> Result<Map<String, Value>, Refusal> {
    let mut state = State::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = ValueSeed(&mut state)
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    match value {
        Ok(Value::Object(object)) => Ok(object),
        Ok(other) => Err(Refusal::new(
            RejectionKind::WrongType,
            String::new(),
            format!("the event is {}: send a JSON object", describe(&other)),
        )),
        Err(error) => Err(state
            .failure
            .take()
            .unwrap_or_else(|| syntax(&error, &state.path))),
    }
}

/// Refuses what the parser could not read; `path` is where it stopped.
fn syntax(error: &serde_json::Error, path: &[Step]) -> Refusal {
    let found = error.to_string();
    let (kind, way_out) = if found.contains("surrogate") || found.contains("hex escape") {
        (
            RejectionKind::UnpairedSurrogate,
            "do not cut a text within a character",
        )
    } else if found.contains("number out of range") {
        (
            RejectionKind::NumberOutOfRange,
            "send a number that a double holds, or a text",
        )
    } else {
        (RejectionKind::Malformed, "send valid JSON")
    };
    Refusal::at(kind, path, format!("{found}: {way_out}"))
}

/// Where the reader is, what it has counted, and why it stopped.
#[derive(Default)]
struct State {
    path: Vec<Step>,
    names: usize,
    failure: Option<Refusal>,
}

impl State {
    /// Notes why the value at the present path is refused; the parser then stops.
    fn refuse<E: Error>(&mut self, kind: RejectionKind, reason: impl Into<String>) -> E {
        self.failure = Some(Refusal::at(kind, &self.path, reason));
        E::custom("refused")
    }

    fn enter<E: Error>(&mut self) -> Result<(), E> {
        if self.path.len() < MAX_DEPTH {
            return Ok(());
        }
        Err(self.refuse(
            RejectionKind::TooDeep,
            format!("nested deeper than {MAX_DEPTH} levels: send a flatter event"),
        ))
    }

    fn check_text<E: Error>(&mut self, text: &str) -> Result<(), E> {
        if !text.contains('\0') {
            return Ok(());
        }
        Err(self.refuse(
            RejectionKind::NulCharacter,
            format!(
                "{} holds U+0000, which cannot be stored: remove it",
                quote(text)
            ),
        ))
    }

    fn count_name<E: Error>(&mut self, name: &str) -> Result<(), E> {
        self.names += 1;
        if self.names > MAX_NAMES {
            return Err(self.refuse(
                RejectionKind::TooManyNames,
                format!("more than {MAX_NAMES} property names in one event: send values, not names that differ"),
            ));
        }
        if name.chars().nth(MAX_NAME_CHARS).is_some() {
            return Err(self.refuse(
                RejectionKind::BadText,
                format!(
                    "property name {} has more than {MAX_NAME_CHARS} characters: shorten it",
                    quote(name)
                ),
            ));
        }
        Ok(())
    }
}

struct ValueSeed<'s>(&'s mut State);

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| {
            self.0.refuse(
                RejectionKind::NumberOutOfRange,
                "not a finite number: send null or a text",
            )
        })
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.0.check_text(value)?;
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let state = self.0;
        state.enter()?;
        let mut values = Vec::new();
        loop {
            state.path.push(Step::Index(values.len()));
            // On an error the path stays as it is: it says where the parser stopped.
            let element = elements.next_element_seed(ValueSeed(state))?;
            state.path.pop();
            match element {
                Some(value) => values.push(value),
                None => return Ok(Value::Array(values)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let state = self.0;
        state.enter()?;
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            state.path.push(Step::Name(name.clone()));
            state.count_name(&name)?;
            state.check_text(&name)?;
            if object.contains_key(&name) {
                return Err(state.refuse(
                    RejectionKind::DuplicateName,
                    format!(
                        "{} stands twice in one object: send each name once",
                        quote(&name)
                    ),
                ));
            }
            let value = members.next_value_seed(ValueSeed(state))?;
            state.path.pop();
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[track_caller]
    fn refused(text: &str, kind: RejectionKind, pointer: &str) {
        let refusal = parse_object(text).unwrap_err();
        assert_eq!(
            (refusal.kind, refusal.pointer.as_str()),
            (kind, pointer),
            "{}",
            refusal.reason
        );
    }

    #[test]
    fn a_name_twice_is_refused_at_any_level() {
        refused(r#"{"a":1,"a":2}"#, RejectionKind::DuplicateName, "/a");
        refused(
            r#"{"p":[{"a":1,"\u0061":2}]}"#,
            RejectionKind::DuplicateName,
            "/p/0/a",
        );
    }

    #[test]
    fn a_nul_character_is_refused_in_texts_and_names() {
        refused(
            r#"{"p":{"a":"x\u0000"}}"#,
            RejectionKind::NulCharacter,
            "/p/a",
        );
        refused(
            r#"{"p":{"a\u0000":1}}"#,
            RejectionKind::NulCharacter,
            "/p/a\0",
        );
    }

    #[test]
    fn half_a_surrogate_pair_is_refused_where_it_stands() {
        for half in [r"\ud83d", r"\ude00", r"\ud83dx", r"\ud83d\u0041"] {
            let text = format!(r#"{{"p":{{"a":"{half}"}}}}"#);
            refused(&text, RejectionKind::UnpairedSurrogate, "/p/a");
        }
        assert!(parse_object(r#"{"a":"\ud83d\ude00"}"#).is_ok());
    }

    #[test]
    fn a_number_beyond_a_double_is_refused() {
        refused(
            r#"{"a":[1,1e999]}"#,
            RejectionKind::NumberOutOfRange,
            "/a/1",
        );
        refused(r#"{"a":NaN}"#, RejectionKind::Malformed, "/a");
        refused(r#"{"a":-Infinity}"#, RejectionKind::Malformed, "/a");
    }

    #[test]
    fn the_bound_of_nesting_is_exact() {
        let nested =
            |levels: usize| format!(r#"{{"a":{}{}}}"#, "[".repeat(levels), "]".repeat(levels));

        assert!(parse_object(&nested(MAX_DEPTH - 1)).is_ok());
        let refusal = parse_object(&nested(MAX_DEPTH)).unwrap_err();
        assert_eq!(refusal.kind, RejectionKind::TooDeep);
    }

    #[test]
    fn a_million_levels_are_refused_without_a_stack_overflow() {
        let refusal = parse_object(&format!(r#"{{"a":{}"#, "[".repeat(1_000_000))).unwrap_err();
        assert_eq!(refusal.kind, RejectionKind::TooDeep);
    }

    #[test]
    fn the_bound_of_names_is_exact() {
        let with_names = |count: usize| {
            let members: Vec<_> = (0..count).map(|n| format!(r#""n{n}":1"#)).collect();
            format!("{{{}}}", members.join(","))
        };

        assert!(parse_object(&with_names(MAX_NAMES)).is_ok());
        refused(
            &with_names(MAX_NAMES + 1),
            RejectionKind::TooManyNames,
            "/n1000",
        );
    }

    #[test]
    fn a_long_name_is_refused_and_shortened_in_the_pointer() {
        let name = "n".repeat(60_000);
        let refusal = parse_object(&format!(r#"{{"{name}":1}}"#)).unwrap_err();

        assert_eq!(refusal.kind, RejectionKind::BadText);
        assert!(refusal.pointer.len() < 512 && refusal.reason.len() < 512);
    }

    #[test]
    fn what_is_not_an_object_is_refused() {
        for text in ["5", "null", r#""x""#, "[]", "true"] {
            refused(text, RejectionKind::WrongType, "");
        }
    }

    #[test]
    fn numbers_keep_their_value() {
        let text = r#"{"a":0.30000000000000004,"b":18446744073709551615,"c":-9223372036854775808}"#;
        assert_eq!(
            serde_json::to_string(&parse_object(text).unwrap()).unwrap(),
            text
        );
    }
}
