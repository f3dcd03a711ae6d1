//! Texts of sources as the history stores them.

use serde_json::Value;

/// Longer texts are cut, so that a hostile answer cannot fill the history.
const MAX_TEXT_CHARS: usize = 2000;

/// Changes every text in a value; names of members stay.
pub(super) fn with_texts(value: Value, change: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(change(&text)),
        Value::Array(items) => {
            let items = items.into_iter().map(|item| with_texts(item, change));
            Value::Array(items.collect())
        }
        Value::Object(members) => {
            let members = members.into_iter();
            Value::Object(
                members
                    .map(|(name, value)| (name, with_texts(value, change)))
                    .collect(),
            )
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

/// Cuts a long text, and removes U+0000, which the database refuses.
pub(super) fn storable(text: &str) -> String {
    text.chars()
        .filter(|&character| character != '\0')
        .take(MAX_TEXT_CHARS)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_text_of_the_fields_is_changed() {
        let fields = json!({ "a": "x", "b": [1, { "c": "x" }], "d": null });
        let changed = with_texts(fields, &|text| text.replace('x', "***"));
        assert_eq!(
            changed,
            json!({ "a": "***", "b": [1, { "c": "***" }], "d": null })
        );
    }

    #[test]
    fn a_text_of_a_source_is_cut_to_what_can_be_stored() {
        assert_eq!(storable("a\0b"), "ab");
        assert_eq!(storable(&"ä".repeat(9999)).chars().count(), MAX_TEXT_CHARS);
    }
}
