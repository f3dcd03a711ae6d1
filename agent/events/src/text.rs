//! Received text in answers: shortened, quoted, as a JSON pointer.

use std::fmt::Write;

use serde_json::Value;

use crate::limits::{MAX_POINTER_CHARS, MAX_QUOTED_CHARS};

/// Returns the first `max_chars` characters of `text`, with `…` as the last one if it was cut.
pub(crate) fn shorten(text: &str, max_chars: usize) -> String {
    if text.chars().nth(max_chars).is_none() {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(max_chars.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// Returns `text` in quotes, shortened, with control characters escaped.
pub(crate) fn quote(text: &str) -> String {
    format!("{:?}", shorten(text, MAX_QUOTED_CHARS))
}

/// Returns a received value for a reason: a text quoted, a number as it is, otherwise its type.
pub(crate) fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => shorten(&number.to_string(), MAX_QUOTED_CHARS),
        Value::String(text) => quote(text),
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

/// One step of a path into a JSON document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// A member of an object.
    Name(String),
    /// An element of an array, counted from 0.
    Index(usize),
}

/// Returns the JSON pointer of `path` (RFC 6901). Names are shortened, and so is the whole.
pub(crate) fn pointer(path: &[Step]) -> String {
    let mut pointer = String::new();
    for step in path {
        match step {
            Step::Name(name) => push_name(&mut pointer, name),
            // Writing to a String does not fail.
            Step::Index(index) => drop(write!(pointer, "/{index}")),
        }
    }
    shorten(&pointer, MAX_POINTER_CHARS)
}

/// Returns the JSON pointer of the member `name` of the document itself.
pub(crate) fn member(name: &str) -> String {
    let mut pointer = String::new();
    push_name(&mut pointer, name);
    pointer
}

fn push_name(pointer: &mut String, name: &str) {
    pointer.push('/');
    let name = shorten(name, MAX_QUOTED_CHARS * 4);
    pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_escapes_slashes_and_tildes() {
        let path = [
            Step::Name("events".into()),
            Step::Index(3),
            Step::Name("a/b~c".into()),
        ];

        assert_eq!(pointer(&path), "/events/3/a~1b~0c");
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(shorten("ééééé", 3), "éé…");
        assert_eq!(shorten("abc", 3), "abc");
    }

    #[test]
    fn control_characters_are_escaped_in_a_quote() {
        assert_eq!(quote("a\u{0}\n"), "\"a\\0\\n\"");
    }
}
