//! Values of a line of JSON. A value is found as text, so numbers keep all their digits.

use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
};

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{
    value::Given,
    wording::{of_json, twice},
};

/// Where a value stands in an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    /// The key, then keys or numbers of what is in it.
    pub parts: Vec<String>,
}

impl Pointer {
    /// Reads a key, or a JSON pointer (RFC 6901), which begins with `/`.
    #[must_use]
    pub fn parse(from: &str) -> Self {
        let parts = match from.strip_prefix('/') {
            Some(rest) => rest
                .split('/')
                .map(|part| part.replace("~1", "/").replace("~0", "~"))
                .collect(),
            None => vec![from.to_owned()],
        };
        Self { parts }
    }
}

/// The members of an object; a key that stands twice is an error.
#[derive(Debug, Default)]
pub struct Members<'l>(HashMap<String, &'l RawValue>);

impl<'l> Members<'l> {
    /// Reads an object.
    ///
    /// # Errors
    ///
    /// If the text is no object of JSON, or has a key twice.
    pub fn parse(text: &'l str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| of_json(&error))
    }

    /// Returns the value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&'l RawValue> {
        self.0.get(key).copied()
    }

    /// Returns the only member.
    #[must_use]
    pub fn only(&self) -> Option<(&str, &'l RawValue)> {
        let mut members = self.0.iter();
        let (key, value) = members.next()?;
        members.next().is_none().then_some((key.as_str(), *value))
    }

    /// Returns the value at a pointer.
    ///
    /// # Errors
    ///
    /// If an object on the way has a key twice, or the value is no text that can be read.
    pub fn find(&self, pointer: &Pointer) -> Result<Given<'l>, String> {
        let Some((first, rest)) = pointer.parts.split_first() else {
            return Ok(Given::Nothing);
        };
        let mut found = self.get(first);
        for part in rest {
            let Some(value) = found else {
                return Ok(Given::Nothing);
            };
            found = match value.get().as_bytes().first() {
                Some(b'{') => Members::parse(value.get())?.get(part),
                Some(b'[') => element(value.get(), part)?,
                _ => None,
            };
        }
        found.map_or(Ok(Given::Nothing), given)
    }
}

/// Returns the element of an array whose number is given as text.
///
/// # Errors
///
/// If the text is no array.
pub fn element<'l>(text: &'l str, number: &str) -> Result<Option<&'l RawValue>, String> {
    let all: Vec<&RawValue> = serde_json::from_str(text).map_err(|error| of_json(&error))?;
    Ok(number
        .parse::<usize>()
        .ok()
        .and_then(|number| all.get(number).copied()))
}

/// What a value is.
fn given(value: &RawValue) -> Result<Given<'_>, String> {
    let text = value.get();
    Ok(match text.as_bytes().first() {
        Some(b'"') => Given::Text(string(value)?.into()),
        Some(b'{' | b'[') => Given::Tree(text.into()),
        Some(b't') => Given::Bool(true),
        Some(b'f') => Given::Bool(false),
        Some(b'n') | None => Given::Nothing,
        Some(_) => Given::Number(text.into()),
    })
}

/// Reads a string.
///
/// # Errors
///
/// If it is none, or has half of a letter.
pub fn string(value: &RawValue) -> Result<String, String> {
    serde_json::from_str(value.get()).map_err(|error| of_json(&error))
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut members = HashMap::new();
        while let Some(key) = access.next_key::<String>()? {
            let value: &RawValue = access.next_value()?;
            match members.entry(key) {
                Entry::Occupied(known) => return Err(A::Error::custom(twice(known.key()))),
                Entry::Vacant(free) => free.insert(value),
            };
        }
        Ok(Members(members))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn find(line: &str, from: &str) -> Result<String, String> {
        let members = Members::parse(line)?;
        Ok(format!("{:?}", members.find(&Pointer::parse(from))?))
    }

    #[test]
    fn a_value_is_found_by_key_and_by_pointer() {
        let line = r#"{"a": 1.10, "b": {"c/d": [null, "x", true]}, "/e": "f"}"#;
        assert_eq!(find(line, "a").unwrap(), "Number(\"1.10\")");
        assert_eq!(find(line, "/b/c~1d/1").unwrap(), "Text(\"x\")");
        assert_eq!(find(line, "/b/c~1d/2").unwrap(), "Bool(true)");
        for nothing in ["/b/c~1d/0", "/b/c~1d/9", "/b/c~1d/x", "/a/b", "z", "/z/z"] {
            assert_eq!(find(line, nothing).unwrap(), "Nothing", "{nothing}");
        }
        assert_eq!(find(line, "/~1e").unwrap(), "Text(\"f\")");
    }

    #[test]
    fn what_is_no_object_or_has_a_key_twice_is_refused() {
        for line in [
            "",
            "[]",
            "1",
            "{\"a\":1,\"a\":2}",
            "{\"a\":1} x",
            "{\"a\":",
            "{a:1}",
            "{\"a\":NaN}",
        ] {
            assert!(Members::parse(line).is_err(), "{line}");
        }
        let twice = find("{\"b\":{\"a\":1,\"a\":2}}", "/b/a").unwrap_err();
        assert!(twice.contains("the key \"a\" stands twice"), "{twice}");
        assert!(find(r#"{"a":"\ud800"}"#, "a").is_err());
    }
}
