//! A row, and all that a field may see from it.

use scraper::ElementRef;
use serde_json::Value;

use crate::extract::{given::Given, labels::Labels, node::Node, path::Segment};

/// A row, in the form in which its body came.
#[derive(Clone, Copy)]
pub(crate) struct Row<'x> {
    pub(crate) item: RowItem<'x>,
    /// The whole body; null where it is a page.
    pub(crate) body: &'x Node<'x>,
    /// The items of the levels, outermost first; the last is that of the row.
    pub(crate) levels: &'x [&'x Node<'x>],
    pub(crate) places: &'x [Place<'x>],
    /// The rows of other lists that belong to this one; null where there is none.
    pub(crate) joined: &'x [&'x Node<'x>],
    /// The part of a row that was taken apart.
    pub(crate) part: Option<&'x str>,
    pub(crate) labels: Option<&'x Labels>,
    pub(crate) given: &'x Given<'x>,
}

/// What a row is made of.
#[derive(Clone, Copy)]
pub(crate) enum RowItem<'x> {
    /// A JSON value.
    Json(&'x Node<'x>),
    /// An element of a page.
    Element(ElementRef<'x>),
}

/// The place of an item in a list, or its key in an object.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place<'x> {
    /// Index in a list.
    Index(usize),
    /// Key in an object.
    Key(&'x str),
}

impl<'x> Row<'x> {
    /// Makes a row of an item alone.
    pub(crate) fn of(item: RowItem<'x>, body: &'x Node<'x>, given: &'x Given<'x>) -> Self {
        Self {
            item,
            body,
            levels: &[],
            places: &[],
            joined: &[],
            part: None,
            labels: None,
            given,
        }
    }

    /// Returns what was handed down at `path`.
    pub(crate) fn param(&self, path: &[Segment]) -> Option<&'x Value> {
        let (first, rest) = path.split_first()?;
        let Segment::Key(key) = first else {
            return None;
        };
        rest.iter().try_fold(
            self.given.params.get(&*key.name)?,
            |value, segment| match segment {
                Segment::Key(key) => value.get(&*key.name),
                Segment::Index(index) => value.get(index),
                Segment::Each => None,
            },
        )
    }
}
