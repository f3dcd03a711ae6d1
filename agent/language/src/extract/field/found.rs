//! The value at the place of a field, before it has the type of the field.

use std::borrow::Cow;

use serde_json::Value;

use super::FieldProblem;
use crate::extract::node::{Node, written};

/// The value at the place of a field.
pub(super) enum Found<'x> {
    Nothing,
    Node(&'x Node<'x>),
    Owned(Box<Node<'static>>),
    Param(&'x Value),
    Text(Cow<'x, str>),
    /// A place in a list, or the number of a column.
    Count(usize),
}

impl<'x> Found<'x> {
    pub(super) fn is_nothing(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Node(node) => **node == Node::Null,
            Self::Owned(node) => **node == Node::Null,
            Self::Param(value) => value.is_null(),
            Self::Text(_) | Self::Count(_) => false,
        }
    }

    /// Returns whether it is a text.
    pub(super) fn is_text(&self) -> bool {
        match self {
            Self::Node(node) => matches!(node, Node::Text(_)),
            Self::Owned(node) => matches!(**node, Node::Text(_)),
            Self::Param(value) => value.is_string(),
            Self::Text(_) => true,
            Self::Nothing | Self::Count(_) => false,
        }
    }

    /// Returns whether it came as a number of JSON.
    pub(super) fn is_number(&self) -> bool {
        match self {
            Self::Node(node) => matches!(node, Node::Number(_)),
            Self::Owned(node) => matches!(**node, Node::Number(_)),
            Self::Param(value) => value.is_number(),
            Self::Nothing | Self::Text(_) | Self::Count(_) => false,
        }
    }

    pub(super) fn into_text(self) -> Result<Option<Cow<'x, str>>, FieldProblem> {
        match self {
            Self::Nothing => Ok(None),
            Self::Node(node) => node.text(),
            Self::Owned(node) => Ok(node.text()?.map(|text| Cow::Owned(text.into_owned()))),
            Self::Param(value) => Ok(Node::from(value)
                .text()?
                .map(|text| Cow::Owned(text.into_owned()))),
            Self::Text(text) => Ok(Some(text)),
            Self::Count(count) => Ok(Some(written(count as u64))),
        }
    }

    /// Returns it as text; `None` also where it is no single value.
    pub(super) fn as_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Nothing => None,
            Self::Node(node) => node.text().ok().flatten(),
            Self::Owned(node) => node.text().ok().flatten(),
            Self::Param(Value::String(text)) => Some(Cow::Borrowed(text)),
            Self::Param(value) => {
                let text = Node::from(*value).text().ok().flatten()?.into_owned();
                Some(Cow::Owned(text))
            }
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Count(count) => Some(written(*count as u64)),
        }
    }

    /// Returns it as a whole number, where it is written as one.
    pub(super) fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Node(Node::Number(number)) => number.as_i64(),
            Self::Node(Node::Text(text)) | Self::Text(text) => digits(text),
            Self::Count(count) => i64::try_from(*count).ok(),
            Self::Owned(node) => Found::Node(node).as_integer(),
            Self::Nothing | Self::Node(_) | Self::Param(_) => None,
        }
    }

    pub(super) fn into_node(self) -> Node<'x> {
        match self {
            Self::Nothing => Node::Null,
            Self::Node(node) => node.clone(),
            Self::Owned(node) => *node,
            Self::Param(value) => value.into(),
            Self::Text(text) => Node::Text(text),
            Self::Count(count) => Node::Text(written(count as u64)),
        }
    }

    pub(super) fn into_json(self) -> Value {
        match self {
            Self::Param(value) => value.clone(),
            Self::Text(text) => Value::String(text.into_owned()),
            other => other.into_node().to_json(),
        }
    }
}

/// Reads a short text of digits; of more than fit into an `f64` one by one, and of what is
/// long, others think.
fn digits(text: &str) -> Option<i64> {
    const MAX_LENGTH: usize = 15;
    if text.len() > MAX_LENGTH {
        return None;
    }
    text.trim().parse().ok()
}
