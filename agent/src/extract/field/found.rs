//! What stands where a field looks, before it has the type of the field.

use std::borrow::Cow;

use serde_json::Value;

use super::Problem;
use crate::extract::node::Node;

/// What stands where a field looks.
pub(super) enum Found<'x> {
    Nothing,
    Node(&'x Node<'x>),
    Owned(Node<'static>),
    Param(&'x Value),
    Text(Cow<'x, str>),
}

impl<'x> Found<'x> {
    pub(super) fn is_nothing(&self) -> bool {
        matches!(
            self,
            Self::Nothing
                | Self::Node(Node::Null)
                | Self::Owned(Node::Null)
                | Self::Param(Value::Null)
        )
    }

    pub(super) fn into_text(self) -> Result<Option<Cow<'x, str>>, Problem> {
        match self {
            Self::Nothing => Ok(None),
            Self::Node(node) => node.text(),
            Self::Owned(node) => Ok(node.text()?.map(|text| Cow::Owned(text.into_owned()))),
            Self::Param(value) => Ok(Node::from(value)
                .text()?
                .map(|text| Cow::Owned(text.into_owned()))),
            Self::Text(text) => Ok(Some(text)),
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
        }
    }

    pub(super) fn into_node(self) -> Node<'x> {
        match self {
            Self::Nothing => Node::Null,
            Self::Node(node) => node.clone(),
            Self::Owned(node) => node,
            Self::Param(value) => value.into(),
            Self::Text(text) => Node::Text(text),
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
