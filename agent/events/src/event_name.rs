//! The name of an event.

use serde_json::Value;

use crate::fields::Field;
use crate::limits::MAX_NAME_CHARS;
use crate::rejection::{Refusal, RejectionKind};
use crate::text::quote;

/// Names that only a defect of a program sends.
const DEFECTS: [&str; 5] = ["undefined", "null", "[object Object]", "NaN", "None"];

/// Returns the name in `field`, without blanks around it.
///
/// # Errors
///
/// Refuses what is not a text of 1 to [`MAX_NAME_CHARS`] characters without control characters, and
/// what only a defect of a program sends, such as `undefined`.
pub(crate) fn parse(field: &Field) -> Result<String, Refusal> {
    let Value::String(text) = &field.value else {
        return Err(field.refuse_type("the event's name as a text"));
    };
    let name = text.trim();
    if name.is_empty() || DEFECTS.contains(&name) {
        let reason = format!(
            "is {}, which is no name: send the event's name",
            quote(text)
        );
        return Err(field.refuse(RejectionKind::Placeholder, &reason));
    }
    if name.chars().nth(MAX_NAME_CHARS).is_some() {
        let reason = format!(
            "{} has more than {MAX_NAME_CHARS} characters: send what differs as a property",
            quote(name)
        );
        return Err(field.refuse(RejectionKind::BadText, &reason));
    }
    if name.chars().any(char::is_control) {
        let reason = format!("{} holds control characters: remove them", quote(name));
        return Err(field.refuse(RejectionKind::BadText, &reason));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn name(value: Value) -> Result<String, RejectionKind> {
        let field = Field {
            name: "event",
            value,
        };
        parse(&field).map_err(|refusal| refusal.kind)
    }

    #[test]
    fn a_name_may_be_any_text() {
        for text in [
            "ticket_bought",
            "Order Completed",
            "$pageview",
            "Überblick",
            "nulls",
        ] {
            assert_eq!(name(json!(text)), Ok(text.to_owned()));
        }
        assert_eq!(name(json!(" seat_chosen ")), Ok("seat_chosen".to_owned()));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in ["", " ", "undefined", "[object Object]"] {
            assert_eq!(name(json!(text)), Err(RejectionKind::Placeholder));
        }
        assert_eq!(name(json!(5)), Err(RejectionKind::WrongType));
        assert_eq!(name(json!("a\nb")), Err(RejectionKind::BadText));
        assert_eq!(name(json!("n".repeat(201))), Err(RejectionKind::BadText));
    }
}
