//! Addresses: segments of paths and queries, encoded.

use std::fmt::Write as _;

/// Encodes a text as one segment of a path, or as a value of a query.
#[must_use]
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _written = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Makes the query of an address from the values that are given: empty, or `?` and the pairs.
#[must_use]
pub fn query(pairs: &[(&str, Option<&str>)]) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            text.push(if text.is_empty() { '?' } else { '&' });
            text.push_str(name);
            text.push('=');
            text.push_str(&encode(value));
        }
    }
    text
}

/// The way to the page of a task.
#[must_use]
pub fn task_href(source: &str, step: &str, key: &str) -> String {
    format!("tasks/{}/{}/{}", encode(source), encode(step), encode(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_encoded_and_empty_ones_left_out() {
        assert_eq!(
            query(&[
                ("a", Some("x/y &z")),
                ("b", None),
                ("c", Some("")),
                ("d", Some("é"))
            ]),
            "?a=x%2Fy%20%26z&d=%C3%A9"
        );
        assert_eq!(query(&[]), "");
    }
}
