//! Identifiers of users, groups and messages, and what programs write in place of one.
//!
//! If `undefined` were taken as a user, all users of a broken app would become one person, and no
//! later correction could distinguish them. So such an event is rejected.

use serde_json::Value;

use crate::fields::Field;
use crate::limits::MAX_IDENTIFIER_CHARS;
use crate::rejection::{Refusal, RejectionKind};
use crate::text::quote;

/// What is no identifier, in lower case. The first 20 are those that `PostHog` refuses.
const PLACEHOLDERS: [&str; 36] = [
    "0",
    "00000000-0000-0000-0000-000000000000",
    "[object object]",
    "anonymous",
    "anonymous-user",
    "backend",
    "distinct_id",
    "distinctid",
    "email",
    "false",
    "guest",
    "id",
    "nan",
    "none",
    "not_authenticated",
    "null",
    "system",
    "true",
    "undefined",
    "user",
    // Names of our fields, sent as their values.
    "user_id",
    "userid",
    "anonymous_id",
    "anonymousid",
    "message_id",
    "messageid",
    // Nothing, as other languages and systems print it.
    "nil",
    "(null)",
    "<null>",
    "<nil>",
    "[object undefined]",
    "-1",
    "unknown",
    // Identifiers that many devices share: zeros, and one of a defect of Android 2.2.
    "000000000000000",
    "9774d56d682e549c",
    "00000000000000000000000000000000",
];

/// Returns whether `text` is what programs write for no identifier.
///
/// Case, blanks around the text and quotes around it do not count.
#[must_use]
pub fn is_placeholder(text: &str) -> bool {
    let bare = text.trim().trim_matches(['"', '\'', '`']).trim();
    bare.is_empty() || PLACEHOLDERS.contains(&bare.to_lowercase().as_str())
}

/// Returns the identifier in `field`: a text as it was sent, or an integer as its digits.
///
/// # Errors
///
/// Refuses placeholders, other types, more than [`MAX_IDENTIFIER_CHARS`] characters, and control
/// characters.
pub(crate) fn parse(field: &Field) -> Result<String, Refusal> {
    parse_bounded(field, MAX_IDENTIFIER_CHARS)
}

/// Returns the identifier in `field` as [`parse`] does, up to `max_chars`.
pub(crate) fn parse_bounded(field: &Field, max_chars: usize) -> Result<String, Refusal> {
    let text = match &field.value {
        Value::String(text) => text.clone(),
        Value::Number(number) if !number.is_f64() => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            return Err(field.refuse_type("a text"));
        }
    };
    if is_placeholder(&text) {
        let reason = format!(
            "is {}, which is no identifier: send the real one, or leave {} out",
            quote(&text),
            field.name
        );
        return Err(field.refuse(RejectionKind::Placeholder, &reason));
    }
    if text.chars().nth(max_chars).is_some() {
        let reason = format!(
            "{} has more than {max_chars} characters: shorten it",
            quote(&text)
        );
        return Err(field.refuse(RejectionKind::BadText, &reason));
    }
    if text.chars().any(char::is_control) {
        let reason = format!("{} holds control characters: remove them", quote(&text));
        return Err(field.refuse(RejectionKind::BadText, &reason));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    fn field(value: Value) -> Field {
        Field {
            name: "user_id",
            value,
        }
    }

    #[test]
    fn placeholders_are_refused_in_any_case_and_quoting() {
        for text in [
            "null",
            "NULL",
            "undefined",
            "Undefined",
            "[object Object]",
            "NaN",
            "0",
            "",
            "  ",
            "anonymous",
            "Guest",
            "\"undefined\"",
            "'null'",
            " none ",
            "-1",
        ] {
            let refusal = parse(&field(json!(text))).unwrap_err();
            assert_eq!(refusal.kind, RejectionKind::Placeholder, "{text}");
            assert_eq!(refusal.pointer, "/user_id");
        }
        assert_eq!(
            parse(&field(json!(0))).unwrap_err().kind,
            RejectionKind::Placeholder
        );
    }

    #[test]
    fn the_reason_names_the_value_and_the_way_out() {
        assert_eq!(
            parse(&field(json!("undefined"))).unwrap_err().reason,
            r#"user_id is "undefined", which is no identifier: send the real one, or leave user_id out"#
        );
    }

    #[test]
    fn identifiers_that_only_contain_such_a_word_are_taken() {
        for text in [
            "nullable",
            "guest-17",
            "10",
            "anonymous@example.com",
            "a b",
            "Zoë",
        ] {
            assert_eq!(parse(&field(json!(text))).unwrap(), text);
        }
        assert_eq!(parse(&field(json!(4711))).unwrap(), "4711");
    }

    #[test]
    fn other_types_are_refused() {
        for value in [json!(true), json!(1.5), json!([1]), json!({})] {
            assert_eq!(
                parse(&field(value)).unwrap_err().kind,
                RejectionKind::WrongType
            );
        }
    }

    #[test]
    fn the_bound_of_length_counts_characters() {
        assert!(parse(&field(json!("é".repeat(MAX_IDENTIFIER_CHARS)))).is_ok());
        let refusal = parse(&field(json!("é".repeat(MAX_IDENTIFIER_CHARS + 1)))).unwrap_err();
        assert_eq!(refusal.kind, RejectionKind::BadText);
        assert!(parse(&field(json!("a\nb"))).is_err());
    }
}
