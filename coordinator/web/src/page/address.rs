//! Queries of addresses.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but letters, digits and the marks that RFC 3986 leaves as they are.
const RESERVED: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Percent-encodes a text for an address, or for a cookie.
#[must_use]
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, &RESERVED).to_string()
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

/// The address of this page with another query: `?` alone where nothing is asked for.
#[must_use]
pub fn same_page(pairs: &[(&str, Option<&str>)]) -> String {
    let query = query(pairs);
    if query.is_empty() {
        "?".to_owned()
    } else {
        query
    }
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
