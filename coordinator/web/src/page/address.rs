//! Queries of addresses.

use std::fmt::Write as _;

/// Percent-encodes a text for the query of an address.
#[must_use]
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").ok();
        }
    }
    encoded
}

/// Writes a query from names and values; those without a value are left out.
#[must_use]
pub fn query(pairs: &[(&str, Option<&str>)]) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        let Some(value) = value.filter(|value| !value.is_empty()) else {
            continue;
        };
        let separator = if text.is_empty() { '?' } else { '&' };
        write!(text, "{separator}{name}={}", encode(value)).ok();
    }
    text
}

/// The way to the page of a task.
#[must_use]
pub fn task_href(source: &str, step: &str, key: &str) -> String {
    format!("tasks/{}/{}/{}", encode(source), encode(step), encode(key))
}

/// A filter of a form: an empty field is no filter.
#[must_use]
pub fn given(field: Option<&String>) -> Option<String> {
    field
        .map(|text| text.trim())
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_has_what_is_given_and_encodes_it() {
        assert_eq!(
            query(&[
                ("film", Some("a&b=c")),
                ("source", None),
                ("after", Some("é"))
            ]),
            "?film=a%26b%3Dc&after=%C3%A9"
        );
        assert_eq!(query(&[("film", Some(""))]), "");
    }
}
