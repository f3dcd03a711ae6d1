//! Which parts of a body a step needs.
//!
//! A [`Shape`] says which keys any path of the step touches. Everything else is skipped
//! while parsing, which is most of a seat map, and costs neither time nor memory.

use std::{borrow::Cow, fmt, sync::Arc};

use serde::{
    Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Number;

use super::{Node, Record, last_of_each};
use crate::extract::{
    allowance,
    path::{PathKey, Segment},
    text::without_nul,
};

/// Bytes of an item of a list: a list has room for up to twice as many.
const ITEM_BYTES: usize = 3 * size_of::<Node<'_>>() / 2;
/// Bytes of a member of an object with its name.
const MEMBER_BYTES: usize = ITEM_BYTES + 3 * size_of::<Cow<'_, str>>() / 2;

/// Which parts of a body are kept.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shape {
    /// Everything from here on.
    whole: bool,
    /// These keys of an object.
    keys: Vec<(Arc<str>, Shape)>,
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
        shape.keep(&mut path.to_vec());
        shape
    }

    /// Keeps what `path` leads to, as a whole; its keys learn where records have them.
    pub(crate) fn keep(&mut self, path: &mut [Segment]) {
        self.reach(path).whole = true;
    }

    /// Keeps the way along `path`, but not all that is at its end.
    pub(crate) fn reach(&mut self, path: &mut [Segment]) -> &mut Self {
        path.iter_mut().fold(self, |shape, segment| match segment {
            Segment::Index(_) | Segment::Each => shape.each.get_or_insert_default(),
            Segment::Key(key) => shape.member(key),
        })
    }

    /// Keeps the member that `key` names. A key together with "each" on one object would have to be
    /// merged for every key; such a step is rare, and keeping all members is correct.
    fn member(&mut self, key: &mut PathKey) -> &mut Self {
        let known = self.keys.iter().position(|(name, _)| *name == key.name);
        key.slot = known.unwrap_or_else(|| {
            self.keys.push((Arc::clone(&key.name), Self::default()));
            self.keys.len() - 1
        });
        let (name, shape) = &mut self.keys[key.slot];
        key.name = Arc::clone(name);
        shape
    }

    fn keeps_all(&self) -> bool {
        self.whole || (!self.keys.is_empty() && self.each.is_some())
    }

    /// Returns the names of a record's members, in their order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|(name, _)| &**name)
    }

    /// Returns where a record has the member that `key` names.
    pub(super) fn slot(&self, key: &PathKey) -> Option<usize> {
        match self.keys.get(key.slot) {
            // One and the same name was kept here.
            Some((name, _)) if Arc::ptr_eq(name, &key.name) => Some(key.slot),
            _ => self.slot_of(&key.name),
        }
    }

    fn slot_of(&self, name: &str) -> Option<usize> {
        self.keys.iter().position(|(known, _)| **known == *name)
    }
}

impl<'de> DeserializeSeed<'de> for &'de Shape {
    type Value = Node<'de>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Node<'de>, D::Error> {
        from.deserialize_any(self)
    }
}

/// A key, borrowed from the body unless it has escapes.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    // Only a text with escapes is not borrowed, and only an escape can be U+0000.
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        allowance::take(text.len());
        Ok(Cow::Owned(without_nul(text.into()).into_owned()))
    }
}

/// A key of a record, read as where the record has it; `None` if it does not.
struct Slot<'s>(&'s Shape);

impl<'de> DeserializeSeed<'de> for Slot<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for Slot<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(self.0.slot_of(&without_nul(text.into())))
    }
}

impl<'de> Visitor<'de> for &'de Shape {
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
        allowance::take(text.len());
        Ok(Node::Text(Cow::Owned(
            without_nul(text.into()).into_owned(),
        )))
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
                allowance::take(ITEM_BYTES);
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

    fn visit_map<A: MapAccess<'de>>(self, from: A) -> Result<Node<'de>, A::Error> {
        match &self.each {
            _ if self.keeps_all() => self.object(from),
            Some(each) => each.object(from),
            None => self.record(from),
        }
    }
}

impl<'de> Shape {
    /// Reads all members of an object, each in this shape.
    fn object<A: MapAccess<'de>>(&'de self, mut from: A) -> Result<Node<'de>, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = from.next_key_seed(Name)? {
            allowance::take(MEMBER_BYTES);
            entries.push((key, from.next_value_seed(self)?));
        }
        Ok(Node::Object(last_of_each(entries)))
    }

    /// Reads those members of an object that have a name here.
    fn record<A: MapAccess<'de>>(&'de self, mut from: A) -> Result<Node<'de>, A::Error> {
        let Some(mut next) = from.next_key_seed(Slot(self))? else {
            return Ok(Node::Object(Vec::new()));
        };
        allowance::take(self.keys.len() * ITEM_BYTES);
        let mut record = Record::new(self);
        loop {
            match next.and_then(|slot| Some((slot, self.keys.get(slot)?))) {
                Some((slot, (_, shape))) => record.put(slot, from.next_value_seed(shape)?),
                None => {
                    from.next_value::<IgnoredAny>()?;
                }
            }
            match from.next_key_seed(Slot(self))? {
                Some(slot) => next = slot,
                None => return Ok(Node::Record(record)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::extract::path::every;

    /// JSON as text, in which a key may come twice.
    fn json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            Just("[]".to_owned()),
            Just("{}".to_owned()),
            any::<i8>().prop_map(|number| number.to_string()),
            "[a-c]{0,2}".prop_map(|text| format!("\"{text}\"")),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            let list = prop::collection::vec(inner.clone(), 0..4);
            let member = ("[a-d]", inner).prop_map(|(key, value)| format!("\"{key}\": {value}"));
            prop_oneof![
                list.prop_map(|items| format!("[{}]", items.join(","))),
                prop::collection::vec(member, 0..5)
                    .prop_map(|members| format!("{{{}}}", members.join(","))),
            ]
        })
    }

    fn path() -> impl Strategy<Value = Vec<Segment>> {
        let segment = prop_oneof![
            6 => "[a-d]".prop_map(|name| Segment::Key(name.as_str().into())),
            1 => (0..3_usize).prop_map(Segment::Index),
            1 => Just(Segment::Each),
        ];
        prop::collection::vec(segment, 0..4)
    }

    fn read<'a>(text: &'a str, shape: &'a Shape) -> Node<'a> {
        let mut reader = serde_json::Deserializer::from_str(text);
        shape.deserialize(&mut reader).unwrap()
    }

    proptest! {
        /// What is skipped while parsing is nothing that any path leads to.
        #[test]
        fn a_path_leads_to_the_same_in_a_part_as_in_the_whole(
            text in json(),
            mut paths in prop::collection::vec(path(), 1..5),
        ) {
            let mut shape = Shape::default();
            for path in &mut paths {
                shape.keep(path);
            }
            let all = Shape::whole();
            let (part, whole) = (read(&text, &shape), read(&text, &all));
            let owned = part.clone().into_owned();
            for path in &paths {
                prop_assert_eq!(every(&part, path), every(&whole, path));
                prop_assert_eq!(every(&owned, path), every(&whole, path));
            }
            prop_assert_eq!(part.is_empty(), whole.is_empty());
            prop_assert_eq!(owned.is_empty(), whole.is_empty());
        }
    }

    #[test]
    fn a_record_knows_its_members_by_any_name() {
        let path = crate::extract::path::parse;
        let (mut kept, foreign) = (path(".b").unwrap(), path(".b").unwrap());
        let mut shape = Shape::default();
        shape.keep(&mut path(".a").unwrap());
        shape.keep(&mut kept);
        let node = read(r#"{"x": 0, "b": 1, "b": 2}"#, &shape);
        assert!(matches!(node, Node::Record(_)));
        assert_eq!(node.at(&kept), &Node::Number(2.into()));
        assert_eq!(node.at(&foreign), node.at(&kept));
        assert_eq!(node.at(&path(".a").unwrap()), &Node::Null);
        assert_eq!(node.to_json(), serde_json::json!({ "b": 2 }));
    }
}
