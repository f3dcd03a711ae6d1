//! The values that jq works with: values of its library, with each operation counted.
//!
//! The depth of a value is bounded, since dropping and comparing it takes stack for each level. The
//! same value may occur in many places of another one, so an operation over a whole value counts
//! each of its steps.

use std::{cmp::Ordering, fmt, ops::Range};

use jaq_json::{Rc, Val};

use super::{
    MAX_DEPTH,
    meter::{Stopped, spend, spend_text, stop},
};
use crate::extract::allowance;

/// Signs of a text that a message shows.
const SHOWN: usize = 150;

/// A value of jq.
#[derive(Debug, Clone)]
pub(super) struct Metered {
    val: Val,
    /// Levels that it has at most.
    depth: usize,
}

impl Metered {
    /// A value that has at most so many levels.
    pub(super) fn with_depth(val: Val, depth: usize) -> Self {
        Self { val, depth }
    }

    /// A value without others in it.
    pub(super) fn plain(val: Val) -> Self {
        Self { val, depth: 0 }
    }

    /// A list or object of values with at most so many levels.
    pub(super) fn around(val: Val, depth: usize) -> Self {
        if depth >= MAX_DEPTH {
            stop(Stopped::Depth);
        }
        Self {
            val,
            depth: depth + 1,
        }
    }

    /// A value that stands in this one.
    pub(super) fn inside(&self, val: Val) -> Self {
        Self {
            val,
            depth: self.depth.saturating_sub(1),
        }
    }

    pub(super) fn val(&self) -> &Val {
        &self.val
    }

    pub(super) fn into_val(self) -> Val {
        self.val
    }

    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// What kind of value it is.
    pub(super) fn kind(&self) -> &'static str {
        match self.val {
            Val::Null => "null",
            Val::Bool(_) => "a boolean",
            Val::Num(_) => "a number",
            Val::BStr(_) | Val::TStr(_) => "a text",
            Val::Arr(_) => "a list",
            Val::Obj(_) => "an object",
        }
    }

    /// Counts all that is in it.
    pub(super) fn weigh(&self) {
        weigh(&self.val);
    }

    /// The values in it; none if it is neither list nor object.
    pub(super) fn len(&self) -> usize {
        match &self.val {
            Val::Arr(items) => items.len(),
            Val::Obj(object) => object.len(),
            _ => 0,
        }
    }

    /// Counts what it takes to change it: where others hold it too, a copy.
    pub(super) fn spend_to_change(&self) {
        match &self.val {
            Val::Arr(items) if Rc::strong_count(items) > 1 => spend(items.len()),
            Val::Obj(object) if Rc::strong_count(object) > 1 => spend(2 * object.len()),
            _ => {}
        }
    }
}

fn weigh(val: &Val) {
    spend(1);
    match val {
        Val::Arr(items) => items.iter().for_each(weigh),
        Val::Obj(object) => object.iter().for_each(|(key, item)| {
            weigh(key);
            weigh(item);
        }),
        Val::BStr(bytes) | Val::TStr(bytes) => spend_text(bytes.len()),
        Val::Null | Val::Bool(_) | Val::Num(_) => {}
    }
}

/// Compares as the library does, and counts what is looked at.
pub(super) fn equal(left: &Val, right: &Val) -> bool {
    spend(1);
    match (left, right) {
        (Val::Arr(x), Val::Arr(y)) => {
            x.len() == y.len() && x.iter().zip(y.iter()).all(|(x, y)| equal(x, y))
        }
        (Val::Obj(x), Val::Obj(y)) => {
            let same = |(key, x)| y.get(key).is_some_and(|y| equal(x, y));
            x.len() == y.len() && x.iter().all(same)
        }
        (Val::BStr(x) | Val::TStr(x), Val::BStr(y) | Val::TStr(y)) => {
            spend_text(x.len().min(y.len()));
            x == y
        }
        (x, y) => x == y,
    }
}

fn order(left: &Val, right: &Val) -> Ordering {
    match (left, right) {
        (Val::Arr(x), Val::Arr(y)) => {
            let pairs = x.iter().zip(y.iter());
            let mut different = pairs.map(|(x, y)| {
                spend(1);
                order(x, y)
            });
            let first = different.find(|order| order.is_ne());
            first.unwrap_or_else(|| x.len().cmp(&y.len()))
        }
        (Val::Obj(_), Val::Obj(_)) => {
            weigh(left);
            weigh(right);
            left.cmp(right)
        }
        (Val::BStr(x) | Val::TStr(x), Val::BStr(y) | Val::TStr(y)) => {
            spend_text(x.len().min(y.len()));
            x.cmp(y)
        }
        (x, y) => x.cmp(y),
    }
}

impl PartialEq for Metered {
    fn eq(&self, other: &Self) -> bool {
        equal(&self.val, &other.val)
    }
}

impl Eq for Metered {}

impl PartialOrd for Metered {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Metered {
    fn cmp(&self, other: &Self) -> Ordering {
        order(&self.val, &other.val)
    }
}

/// For messages: a list or object by its kind, a long text by its start.
impl fmt::Display for Metered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.val {
            Val::Arr(_) | Val::Obj(_) => f.write_str(self.kind()),
            Val::BStr(bytes) | Val::TStr(bytes) => {
                let start = bytes.get(..4 * SHOWN).unwrap_or(bytes);
                let text = String::from_utf8_lossy(start);
                let mut signs = text.chars();
                let shown: String = signs.by_ref().take(SHOWN).collect();
                let cut = if signs.next().is_some() { "…" } else { "" };
                write!(f, "{shown}{cut}")
            }
            scalar => scalar.fmt(f),
        }
    }
}

impl From<bool> for Metered {
    fn from(value: bool) -> Self {
        Self::plain(value.into())
    }
}

impl From<isize> for Metered {
    fn from(value: isize) -> Self {
        Self::plain(value.into())
    }
}

impl From<usize> for Metered {
    fn from(value: usize) -> Self {
        Self::plain(value.into())
    }
}

impl From<f64> for Metered {
    fn from(value: f64) -> Self {
        Self::plain(value.into())
    }
}

impl From<String> for Metered {
    fn from(text: String) -> Self {
        spend_text(text.len());
        Self::plain(text.into())
    }
}

impl From<Range<Option<Self>>> for Metered {
    fn from(range: Range<Option<Self>>) -> Self {
        let bound = |bound: Option<Self>| bound.map(|bound| bound.val);
        Self::around((bound(range.start)..bound(range.end)).into(), 0)
    }
}

impl FromIterator<Self> for Metered {
    fn from_iter<I: IntoIterator<Item = Self>>(items: I) -> Self {
        let mut depth = 0;
        let items = items.into_iter().map(|item| {
            spend(1);
            allowance::take(size_of::<Val>());
            depth = depth.max(item.depth);
            item.val
        });
        let list = Val::Arr(Rc::new(items.collect()));
        Self::around(list, depth)
    }
}
