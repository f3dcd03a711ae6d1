//! The members of an object and the elements of an array, as text.
//!
//! The text of a value is skipped without recursion, however deep it is.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::limits::{MAX_EVENTS, MAX_NAMES};

/// The first [`MAX_EVENTS`] elements of an array, and how many it has.
#[derive(Debug, Default)]
pub(crate) struct Elements<'b> {
    pub(crate) first: Vec<&'b RawValue>,
    pub(crate) count: usize,
}

/// The first [`MAX_NAMES`] members of an object, in their order; a name may stand twice.
#[derive(Debug, Default)]
pub(crate) struct Entries<'b> {
    pub(crate) members: Vec<(String, &'b RawValue)>,
}

impl<'b> Entries<'b> {
    /// Returns the first value of `name`, and whether there are more.
    pub(crate) fn find(&self, name: &str) -> Option<(&'b RawValue, bool)> {
        let mut values = self.members.iter().filter(|(member, _)| member == name);
        let (_, value) = values.next()?;
        Some((value, values.next().is_some()))
    }

    /// Returns the text that the first of `names` has.
    pub(crate) fn text(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| {
            let (value, _) = self.find(name)?;
            serde_json::from_str(value.get()).ok()
        })
    }
}

impl<'de> Deserialize<'de> for Elements<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ElementsVisitor)
    }
}

struct ElementsVisitor;

impl<'de> Visitor<'de> for ElementsVisitor {
    type Value = Elements<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut elements = Elements::default();
        while elements.count < MAX_EVENTS {
            let Some(element) = access.next_element()? else {
                return Ok(elements);
            };
            elements.first.push(element);
            elements.count += 1;
        }
        while access.next_element::<IgnoredAny>()?.is_some() {
            elements.count += 1;
        }
        Ok(elements)
    }
}

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut entries = Entries::default();
        while entries.members.len() < MAX_NAMES {
            let Some(entry) = access.next_entry()? else {
                return Ok(entries);
            };
            entries.members.push(entry);
        }
        while access.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(entries)
    }
}
