//! JSON, and JSON text in a string.

use serde::de::DeserializeSeed;

use crate::extract::{
    ExtractError,
    node::{Node, Shape},
    path::Segment,
};

/// Reads JSON as far as `shape` needs it; it may be 128 levels deep.
pub(super) fn read<'a>(bytes: &'a [u8], shape: &'a Shape) -> Result<Node<'a>, ExtractError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let malformed = |error: serde_json::Error| match bytes.trim_ascii_start().first() {
        Some(b'<') => ExtractError::Page,
        _ => ExtractError::Malformed {
            problem: format!("the body {}{}", problem(bytes, &error), hint(&error)),
        },
    };
    let node = shape.deserialize(&mut reader).map_err(malformed)?;
    reader.end().map_err(malformed)?;
    Ok(node)
}

/// Reads the JSON text at `path`; a value that is not a text is unchanged.
pub(super) fn unwrap<'a>(
    node: Node<'a>,
    path: &[Segment],
    shape: &Shape,
) -> Result<Node<'a>, ExtractError> {
    match node.at(path) {
        Node::Text(text) => read(text.as_bytes(), shape).map(Node::into_owned),
        _ if path.is_empty() => Ok(node),
        other => Ok(other.clone()),
    }
}

/// Names the way out where a body is nearly JSON.
fn hint(error: &serde_json::Error) -> &'static str {
    let said = error.to_string();
    let nearly = ["expected value", "key must be a string"];
    if error.is_syntax() && nearly.iter().any(|start| said.starts_with(start)) {
        "; if it has NaN, comments or names without quotes, say `decode = \"json5\"`"
    } else {
        ""
    }
}

/// Letters of a body that are shown before and after the place of an error.
const SHOWN_CHARS: usize = 24;

/// Says what is wrong with JSON, where, and what stands there; follows a noun.
pub(super) fn problem(bytes: &[u8], error: &serde_json::Error) -> String {
    if bytes.trim_ascii().is_empty() {
        return "is not JSON: it is empty".to_owned();
    }
    let at = offset(bytes, error.line(), error.column());
    let (before, after) = bytes.split_at(at);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let before = text(before);
    let skipped = before.chars().count().saturating_sub(SHOWN_CHARS);
    let before: String = before.chars().skip(skipped).collect();
    let place = format!("line {}, column {}", error.line(), error.column());
    if error.is_eof() {
        return format!("is not JSON: it ends in the middle, at {place}, after `{before}`");
    }
    let after: String = text(after).chars().take(SHOWN_CHARS).collect();
    if error.is_data() {
        return format!(
            "cannot be read at {place}: it is more than 128 levels deep, or a number in it is too large, at `{before}{after}`"
        );
    }
    format!("is not JSON at {place}: `{before}` is followed by `{after}`")
}

/// Returns where a line and a column, both from 1, are in `bytes`: at the letter that cannot be
/// there.
fn offset(bytes: &[u8], line: usize, column: usize) -> usize {
    let start = if line <= 1 {
        0
    } else {
        let mut ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        ends.nth(line - 2).map_or(bytes.len(), |(at, _)| at + 1)
    };
    (start + column.saturating_sub(1)).min(bytes.len())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn message(text: &str) -> String {
        let error = read(text.as_bytes(), &Shape::whole()).unwrap_err();
        error.to_string()
    }

    #[test]
    fn what_is_no_json_is_shown_where_it_ends_to_be_some() {
        assert_eq!(
            message("{\"a\": 1,\n \"price\": NaN}"),
            "the body is not JSON at line 2, column 11: `{\"a\": 1,\n \"price\": ` is followed by `NaN}`; if it has NaN, comments or names without quotes, say `decode = \"json5\"`"
        );
        assert_eq!(
            message("{\"a\": [1, 2"),
            "the body is not JSON: it ends in the middle, at line 1, column 11, after `{\"a\": [1, `"
        );
        assert_eq!(message("  "), "the body is not JSON: it is empty");
        assert!(!message(&"[".repeat(200)).contains("recursion"));
    }
}
