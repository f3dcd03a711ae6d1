//! Which parts of a body a step needs.
//!
//! A [`Shape`] says which keys any path of the step touches. Everything else is skipped
//! while parsing, which is most of a seat map, and costs neither time nor memory.

use std::{borrow::Cow, fmt};

use serde::{
    Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Number;

use super::Node;
use crate::extract::path::Segment;

/// Which parts of a body are kept.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shape {
    /// Everything from here on.
    whole: bool,
    /// These keys of an object.
    keys: Vec<(String, Shape)>,
    /// Every item of a list, or value of an object.
    each: Option<Box<Shape>>,
}

impl Shape {
    /// Returns the shape that keeps everything.
    pub(crate) fn whole() -> Self {
        Self {
            whole: true,
            ..Self::default()
        }
    }

    /// Returns the shape that keeps only what `path` leads to.
    pub(crate) fn of(path: &[Segment]) -> Self {
        let mut shape = Self::default();
        shape.keep(path);
        shape
    }

    /// Keeps what `path` leads to, as a whole.
    pub(crate) fn keep(&mut self, path: &[Segment]) {
        self.reach(path).whole = true;
    }

    /// Keeps the way along `path`, but not all that is at its end.
    pub(crate) fn reach(&mut self, path: &[Segment]) -> &mut Self {
        let Some((first, rest)) = path.split_first() else {
            return self;
        };
        let next = match first {
            Segment::Index(_) | Segment::Each => self.each.get_or_insert_default().as_mut(),
            Segment::Key(name) => {
                let known = self.keys.iter().position(|(key, _)| key == name);
                let index = known.unwrap_or_else(|| {
                    self.keys.push((name.clone(), Self::default()));
                    self.keys.len() - 1
                });
                &mut self.keys[index].1
            }
        };
        // Keys beside "each" on one object would have to be merged for every key; such a
        // step is rare, and keeping all is right.
        next.reach(rest)
    }

    fn keeps_all(&self) -> bool {
        self.whole || (!self.keys.is_empty() && self.each.is_some())
    }

    /// Returns what to keep of the value under `key`; `None` to skip it.
    fn of_key(&self, key: &str) -> Option<&Shape> {
        if let Some(each) = &self.each {
            return Some(each);
        }
        self.keys
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, shape)| shape)
    }
}

impl<'de> DeserializeSeed<'de> for &Shape {
    type Value = Node<'de>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Node<'de>, D::Error> {
        from.deserialize_any(self)
    }
}

/// A key, borrowed from the body unless it has escapes.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

impl<'de> Visitor<'de> for &Shape {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node<'de>, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node<'de>, E> {
        Ok(Node::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node<'de>, E> {
        Ok(Node::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node<'de>, E> {
        Ok(Number::from_f64(value).map_or(Node::Null, Node::Number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Node<'de>, A::Error> {
        let mut items = Vec::new();
        let each = if self.keeps_all() {
            Some(self)
        } else {
            self.each.as_deref()
        };
        if let Some(each) = each {
            while let Some(item) = from.next_element_seed(each)? {
                items.push(item);
            }
        } else {
            // Nothing inside is needed, but a list with items is not an empty one.
            while from.next_element::<IgnoredAny>()?.is_some() {
                if items.is_empty() {
                    items.push(Node::Null);
                }
            }
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Node<'de>, A::Error> {
        let mut entries = Vec::with_capacity(self.keys.len());
        let mut skipped = false;
        while let Some(key) = from.next_key_seed(Key)? {
            let shape = if self.keeps_all() {
                Some(self)
            } else {
                self.of_key(&key)
            };
            if let Some(shape) = shape {
                let value = from.next_value_seed(shape)?;
                entries.push((key, value));
            } else {
                from.next_value::<IgnoredAny>()?;
                skipped = true;
            }
        }
        if entries.is_empty() && skipped {
            // An object with other keys is not an empty one.
            entries.push((Cow::Borrowed(""), Node::Null));
        }
        Ok(Node::Object(entries))
    }
}
