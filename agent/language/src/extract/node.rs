//! A JSON body as far as a step needs it: a tree that borrows its texts.

use std::{borrow::Cow, sync::LazyLock};

use serde_json::{Number, Value};

use super::path::Segment;

mod members;
mod record;
mod shape;

pub(super) use members::last_of_each;
use record::Record;
pub(crate) use shape::Shape;

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    /// All members of an object, in their order.
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
    /// Those members of an object that a shape names.
    Record(Record<'a>),
}

impl<'a> Node<'a> {
    /// Returns what `path` leads to; null where it leads nowhere.
    pub(crate) fn at(&self, path: &[Segment]) -> &Node<'a> {
        let mut node = self;
        for segment in path {
            let next = match (segment, node) {
                (Segment::Key(key), Node::Record(record)) => record.get(key),
                (Segment::Key(key), Node::Object(entries)) => entries
                    .iter()
                    .find(|(name, _)| *name == *key.name)
                    .map(|(_, value)| value),
                (Segment::Index(index), Node::List(items)) => items.get(*index),
                _ => None,
            };
            match next {
                Some(next) => node = next,
                None => return &Node::Null,
            }
        }
        node
    }

    /// Returns the items of a list or the values of an object; of anything else none.
    pub(crate) fn children<'n>(&'n self) -> Vec<&'n Node<'a>> {
        match self {
            Node::List(items) => items.iter().collect(),
            Node::Object(entries) => entries.iter().map(|(_, value)| value).collect(),
            Node::Record(record) => record.members().map(|(_, value)| value).collect(),
            Node::Null | Node::Bool(_) | Node::Number(_) | Node::Text(_) => Vec::new(),
        }
    }

    /// Returns whether jq would take it for true.
    pub(crate) fn is_true(&self) -> bool {
        !matches!(self, Node::Null | Node::Bool(false))
    }

    /// Returns whether it is null, `[]`, `{}` or an empty text.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Node::Null => true,
            // What has no member at all is no record.
            Node::Bool(_) | Node::Number(_) | Node::Record(_) => false,
            Node::Text(text) => text.is_empty(),
            Node::List(items) => items.is_empty(),
            Node::Object(entries) => entries.is_empty(),
        }
    }

    /// Returns it as text; `None` if it is null, and an error if it is no single value.
    pub(crate) fn text(&self) -> Result<Option<Cow<'_, str>>, String> {
        match self {
            Node::Null => Ok(None),
            Node::Bool(true) => Ok(Some("true".into())),
            Node::Bool(false) => Ok(Some("false".into())),
            Node::Number(number) => Ok(Some(match number.as_u64() {
                Some(number) => written(number),
                None => Cow::Owned(number.to_string()),
            })),
            Node::Text(text) => Ok(Some(Cow::Borrowed(text))),
            Node::List(_) => Err("is a list, not a single value".to_owned()),
            Node::Object(_) | Node::Record(_) => Err("is an object, not a single value".to_owned()),
        }
    }

    /// Returns a copy that borrows nothing.
    pub(crate) fn into_owned(self) -> Node<'static> {
        match self {
            Node::Null => Node::Null,
            Node::Bool(value) => Node::Bool(value),
            Node::Number(number) => Node::Number(number),
            Node::Text(text) => Node::Text(Cow::Owned(text.into_owned())),
            Node::List(items) => Node::List(items.into_iter().map(Node::into_owned).collect()),
            Node::Object(entries) => Node::Object(
                entries
                    .into_iter()
                    .map(|(key, value)| (Cow::Owned(key.into_owned()), value.into_owned()))
                    .collect(),
            ),
            Node::Record(record) => Node::Object(record.into_members()),
        }
    }

    /// Returns it as a JSON value.
    pub(crate) fn to_json(&self) -> Value {
        match self {
            Node::Null => Value::Null,
            Node::Bool(value) => Value::Bool(*value),
            Node::Number(number) => Value::Number(number.clone()),
            Node::Text(text) => Value::String(text.clone().into_owned()),
            Node::List(items) => items.iter().map(Node::to_json).collect(),
            Node::Object(entries) => Value::Object(
                entries
                    .iter()
                    .map(|(key, value)| (key.to_string(), value.to_json()))
                    .collect(),
            ),
            Node::Record(record) => Value::Object(
                record
                    .members()
                    .map(|(key, value)| (key.to_owned(), value.to_json()))
                    .collect(),
            ),
        }
    }
}

/// Returns the text of a number; for a small number, such as a code, row or column, without an
/// allocation.
pub(crate) fn written(number: u64) -> Cow<'static, str> {
    static SMALL: LazyLock<Vec<String>> =
        LazyLock::new(|| (0..1_000).map(|number| number.to_string()).collect());
    let small = usize::try_from(number)
        .ok()
        .and_then(|number| SMALL.get(number));
    small.map_or_else(
        || Cow::Owned(number.to_string()),
        |text| Cow::Borrowed(text.as_str()),
    )
}

/// A value that was handed down, seen as part of a body.
impl<'a> From<&'a Value> for Node<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Node::Null,
            Value::Bool(value) => Node::Bool(*value),
            Value::Number(number) => Node::Number(number.clone()),
            Value::String(text) => Node::Text(Cow::Borrowed(text)),
            Value::Array(items) => Node::List(items.iter().map(Node::from).collect()),
            Value::Object(object) => Node::Object(
                object
                    .iter()
                    .map(|(key, value)| (Cow::Borrowed(key.as_str()), value.into()))
                    .collect(),
            ),
        }
    }
}
