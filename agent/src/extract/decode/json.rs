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
    let malformed = |source| match bytes.trim_ascii_start().first() {
        Some(b'<') => ExtractError::Page,
        _ => ExtractError::Malformed { source },
    };
    let node = shape.deserialize(&mut reader).map_err(malformed)?;
    reader.end().map_err(malformed)?;
    Ok(node)
}

/// Reads the JSON text at `path`; a value that is no text stays as it is.
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
