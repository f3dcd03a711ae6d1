//! Which character set a body is in.

use std::sync::LazyLock;

use encoding_rs::{Encoding, UTF_8};
use regex::bytes::Regex;

/// A body that names its own set does so near its start.
const HEAD_BYTES: usize = 1024;

/// Returns the character set that the header names, or the body itself, or UTF-8.
pub(super) fn of(body: &[u8], content_type: Option<&str>) -> &'static Encoding {
    header(content_type)
        .or_else(|| declared(body))
        .unwrap_or(UTF_8)
}

fn header(content_type: Option<&str>) -> Option<&'static Encoding> {
    let parameters = content_type?.split(';').skip(1);
    let charset = parameters.filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("charset")
            .then_some(value.trim().trim_matches('"'))
    });
    Encoding::for_label(charset.last()?.as_bytes())
}

/// Returns what an XML declaration or a `meta` of a page says.
fn declared(body: &[u8]) -> Option<&'static Encoding> {
    static DECLARED: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let pattern = r#"(?i-u)<(?:\?xml\s[^>]*encoding|meta\s[^>]*charset)\s*=\s*["']?([\w.:-]+)"#;
        Regex::new(pattern).ok()
    });
    let head = body.get(..HEAD_BYTES).unwrap_or(body);
    if head.trim_ascii_start().first() != Some(&b'<') {
        return None;
    }
    let label = DECLARED.as_ref()?.captures(head)?.get(1)?;
    let encoding = Encoding::for_label(label.as_bytes())?;
    // A declaration that can be read as bytes is not in UTF-16.
    Some(encoding.output_encoding())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_counts_more_than_the_body() {
        let page = br#"<html><meta http-equiv="x" content="text/html; charset=windows-1251">"#;
        assert_eq!(of(page, None).name(), "windows-1251");
        assert_eq!(of(page, Some("text/html;charset=utf-8")).name(), "UTF-8");
        let xml = br#"<?xml version="1.0" encoding="ISO-8859-2"?><a/>"#;
        assert_eq!(of(xml, Some("text/xml")).name(), "ISO-8859-2");
        assert_eq!(of(br#"{"charset":"koi8-r"}"#, None).name(), "UTF-8");
    }
}
