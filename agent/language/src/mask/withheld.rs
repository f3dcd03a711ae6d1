//! Keeps only the shape of an answer whose token was not found in it.

use serde_json::Value;

use super::stand_in;

/// Words of a sentence are not longer.
const MAX_WORD_CHARS: usize = 15;
/// Numbers with fewer digits are no tokens.
const MIN_DIGITS: usize = 6;

/// Returns JSON with another text in place of each text and each long number, but for
/// sentences; of anything else, that it was not kept.
#[must_use]
pub fn withheld(body: &[u8]) -> Vec<u8> {
    if let Ok(value) = serde_json::from_slice::<Value>(body) {
        return shape(value).to_string().into_bytes();
    }
    let message = format!(
        "{} bytes that are no JSON were not kept: they may hold a token that the definition did \
         not find\n",
        body.len()
    );
    message.into_bytes()
}

fn shape(value: Value) -> Value {
    match value {
        Value::String(text) if is_sentence(&text) => Value::String(text),
        Value::String(text) => Value::String(stand_in(&text)),
        Value::Number(number) if number.to_string().len() >= MIN_DIGITS => {
            let text = stand_in(&number.to_string());
            text.parse().map_or(Value::Null, Value::Number)
        }
        Value::Array(items) => items.into_iter().map(shape).collect(),
        Value::Object(object) => object
            .into_iter()
            .map(|(name, value)| (name, shape(value)))
            .collect(),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => other,
    }
}

fn is_sentence(text: &str) -> bool {
    let is_word = |word: &str| {
        word.chars().count() <= MAX_WORD_CHARS && !word.contains(|c: char| c.is_numeric())
    };
    text.contains(' ') && text.split(' ').all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_nobody_took_is_not_kept_and_the_reason_is() {
        let body = br#"{"ok":false,"why":"Site is down, sorry","t":"s3cr3t-abc","n":[1,12345678]}"#;
        let kept = withheld(body);
        let expected =
            r#"{"ok":false,"why":"Site is down, sorry","t":"x7x7x7-x7x","n":[1,77777777]}"#;
        let same = |text: &[u8]| serde_json::from_slice::<Value>(text).ok();
        assert_eq!(same(&kept), same(expected.as_bytes()));
        let page = withheld(b"<input name=csrf value=s3cr3t-abc>");
        assert!(String::from_utf8_lossy(&page).starts_with("34 bytes"));
    }
}
