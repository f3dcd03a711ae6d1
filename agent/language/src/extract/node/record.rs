//! Objects of which only some members are needed: values without their names.

use std::borrow::Cow;

use super::{Node, Shape};
use crate::extract::path::PathKey;

/// The members of an object that its shape names, in the order of the shape.
///
/// Rows are many and alike: the names are in the shape alone, and a path that was kept in it
/// knows where its members are.
#[derive(Debug, Clone)]
pub(crate) struct Record<'a> {
    shape: &'a Shape,
    /// One for each key of the shape; `None` where the object does not have it.
    values: Box<[Option<Node<'a>>]>,
}

impl<'a> Record<'a> {
    /// Returns a record that has no members yet.
    pub(super) fn new(shape: &'a Shape) -> Self {
        Self {
            shape,
            values: shape.names().map(|_| None).collect(),
        }
    }

    /// Adds the member at `slot`; of two with one name the last counts.
    pub(super) fn put(&mut self, slot: usize, value: Node<'a>) {
        if let Some(place) = self.values.get_mut(slot) {
            *place = Some(value);
        }
    }

    /// Returns the member that `key` names.
    pub(super) fn get(&self, key: &PathKey) -> Option<&Node<'a>> {
        self.values.get(self.shape.slot(key)?)?.as_ref()
    }

    /// Returns its members, with their names.
    pub(in crate::extract) fn members(&self) -> impl Iterator<Item = (&'a str, &Node<'a>)> {
        let members = self.shape.names().zip(&self.values);
        members.filter_map(|(name, value)| Some((name, value.as_ref()?)))
    }

    /// Returns its members as those of an object that borrows nothing.
    pub(super) fn into_members(self) -> Vec<(Cow<'static, str>, Node<'static>)> {
        let members = self.shape.names().zip(self.values);
        let owned = |(name, value): (&str, Option<Node<'_>>)| {
            Some((Cow::Owned(name.to_owned()), value?.into_owned()))
        };
        let mut members: Vec<_> = members.filter_map(owned).collect();
        if members.is_empty() {
            // An object with other keys is not an empty one.
            members.push((Cow::Borrowed(""), Node::Null));
        }
        members
    }
}

impl PartialEq for Record<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.members().eq(other.members())
    }
}
