//! The rows of a JSON body: nested lists walked natively, or the outputs of jq.

use std::sync::Arc;

use super::{
    ExtractError, MAX_ROWS,
    field::{Place, Row, RowItem},
    jq::Filter,
    missing,
    node::{Node, Shape},
    path::{self, Segment},
};

/// How rows are found in a body.
#[derive(Debug)]
pub(crate) enum Selection {
    /// Lists in lists.
    Plain(Walk),
    /// The results of a jq filter.
    Jq(Filter),
}

/// A plain selection: one way for each level, and one from the last level to the row.
#[derive(Debug)]
pub(crate) struct Walk {
    text: String,
    ways: Vec<Vec<Segment>>,
    tail: Vec<Segment>,
    /// By level: what is no list there has no rows, because the definition says `[]?`.
    optional: Vec<bool>,
    /// Where a list inside of the rows is none, the others are read.
    goes_on: bool,
    /// A member that every row has as a single value, if one is known.
    member: Option<Arc<str>>,
}

/// Lists in lists in lists; more is a mistake.
const MAX_LEVELS: usize = 8;

type Visit<'v> = &'v mut dyn FnMut(&Row<'_>) -> Result<(), ExtractError>;

impl Selection {
    /// Compiles `text`.
    ///
    /// # Errors
    ///
    /// The problem, in a sentence.
    pub(crate) fn compile(text: &str) -> Result<Self, String> {
        let (plain, optional) = missing::without_marks(text);
        let Some(path) = path::parse(&plain) else {
            return Filter::compile(text).map(Self::Jq);
        };
        let mut groups: Vec<Vec<Segment>> = path
            .split(|segment| *segment == Segment::Each)
            .map(<[Segment]>::to_vec)
            .collect();
        let tail = groups.pop().unwrap_or_default();
        if groups.len() > MAX_LEVELS {
            return Err(format!("`{text}` has more than {MAX_LEVELS} levels"));
        }
        Ok(Self::Plain(Walk {
            text: text.to_owned(),
            ways: groups,
            tail,
            optional,
            goes_on: false,
            member: None,
        }))
    }

    /// Reads the other rows where a list inside of them is none; each such place is a gap.
    pub(crate) fn go_on(&mut self) {
        if let Self::Plain(walk) = self {
            walk.goes_on = true;
        }
    }

    /// Says that every row has this member as a single value: an object with it, in the
    /// place of the innermost list, is a row itself and not a list of rows by their keys.
    pub(crate) fn rows_have(&mut self, member: &Arc<str>) {
        if let Self::Plain(walk) = self {
            walk.member = Some(Arc::clone(member));
        }
    }

    /// Returns, for each level, the way to its items from the body; the last is that to
    /// the row. For jq the row is the only level, and needs the whole body.
    pub(crate) fn ways(&self) -> Vec<Vec<Segment>> {
        let Self::Plain(walk) = self else {
            return vec![Vec::new()];
        };
        if walk.is_single() {
            return vec![walk.tail.clone()];
        }
        let mut ways = Vec::new();
        let mut so_far: Vec<Segment> = Vec::new();
        for way in &walk.ways {
            so_far.extend(way.iter().cloned());
            so_far.push(Segment::Each);
            ways.push(so_far.clone());
        }
        if let Some(last) = ways.last_mut() {
            last.extend(walk.tail.iter().cloned());
        }
        ways
    }

    /// Keeps the members on the path to the rows, so that a missing list differs from an empty one.
    pub(crate) fn reserve(&self, shape: &mut Shape) {
        match self {
            Self::Jq(_) => shape.keep(&mut []),
            Self::Plain(_) => {
                for mut way in self.ways() {
                    let last = way.iter().rposition(|segment| *segment == Segment::Each);
                    let end = last.map_or(way.len(), |last| last + 1);
                    shape.reach(way.get_mut(..end).unwrap_or_default());
                }
            }
        }
    }

    /// Shows every row under `root` to `visit`, in order; each sees what `root` sees.
    ///
    /// # Errors
    ///
    /// [`ExtractError::NoContainer`] if a list is not there, and what `visit` gives.
    pub(crate) fn each(&self, root: &Row<'_>, visit: Visit<'_>) -> Result<(), ExtractError> {
        let RowItem::Json(from) = root.item else {
            return Ok(());
        };
        match self {
            Self::Plain(walk) if walk.is_single() => {
                let item = from.at(&walk.tail);
                walk.check_single(item)?;
                visit(&Row {
                    item: RowItem::Json(item),
                    levels: &[item],
                    places: &[Place::Index(0)],
                    ..*root
                })
            }
            Self::Plain(walk) => {
                let mut levels = Vec::with_capacity(walk.ways.len());
                let mut places = Vec::with_capacity(walk.ways.len());
                Visitor { walk, root }.descend(from, &mut levels, &mut places, &mut 0, visit)
            }
            Self::Jq(filter) => {
                let items = filter
                    .run(from, root.given)
                    .map_err(|problem| ExtractError::Selection { problem })?;
                for (index, item) in items.iter().enumerate() {
                    check_count(index)?;
                    visit(&Row {
                        item: RowItem::Json(item),
                        levels: &[item],
                        places: &[Place::Index(index)],
                        ..*root
                    })?;
                }
                Ok(())
            }
        }
    }
}

impl Walk {
    /// Returns whether the path leads to one row rather than to the items of a list.
    pub(crate) fn is_single(&self) -> bool {
        self.ways.is_empty()
    }

    /// Returns whether the definition says of every list that it may be none.
    pub(crate) fn is_optional(&self) -> bool {
        self.optional.iter().all(|optional| *optional)
    }

    /// Refuses one row that is none, or that is a list whose items were meant.
    fn check_single(&self, item: &Node<'_>) -> Result<(), ExtractError> {
        match item {
            Node::Null => Err(ExtractError::NoContainer {
                place: self.text.clone(),
            }),
            Node::List(_) => Err(ExtractError::Selection {
                problem: format!(
                    "`{0}` is a list: write `{0}[]` if its items are the rows",
                    self.text
                ),
            }),
            Node::Bool(_) | Node::Number(_) | Node::Text(_) | Node::Object(_) | Node::Record(_) => {
                Ok(())
            }
        }
    }

    /// Returns the whole way from the body to the rows.
    pub(crate) fn whole(&self) -> Vec<Segment> {
        let mut whole = Vec::new();
        for way in &self.ways {
            whole.extend(way.iter().cloned());
            whole.push(Segment::Each);
        }
        whole.extend(self.tail.iter().cloned());
        whole
    }
}

struct Visitor<'v> {
    walk: &'v Walk,
    root: &'v Row<'v>,
}

impl<'v> Visitor<'v> {
    /// Goes through the items of the next level; as deep as the definition has levels.
    fn descend(
        &self,
        from: &'v Node<'v>,
        levels: &mut Vec<&'v Node<'v>>,
        places: &mut Vec<Place<'v>>,
        count: &mut usize,
        visit: Visit<'_>,
    ) -> Result<(), ExtractError> {
        let Some(way) = self.walk.ways.get(levels.len()) else {
            check_count(*count)?;
            *count += 1;
            let item = from.at(&self.walk.tail);
            if let Some(last) = levels.last_mut() {
                *last = item;
            }
            return visit(&Row {
                item: RowItem::Json(item),
                levels,
                places,
                ..*self.root
            });
        };
        let mut enter = |item, place, levels: &mut Vec<_>, places: &mut Vec<_>| {
            levels.push(item);
            places.push(place);
            let result = self.descend(item, levels, places, count, visit);
            levels.pop();
            places.pop();
            result
        };
        let at = from.at(way);
        if levels.len() + 1 == self.walk.ways.len()
            && let Some(member) = &self.walk.member
            && missing::is_row(at, member)
        {
            return enter(at, Place::Index(0), levels, places);
        }
        match at {
            Node::List(items) => items
                .iter()
                .enumerate()
                .try_for_each(|(index, item)| enter(item, Place::Index(index), levels, places)),
            Node::Object(entries) => entries
                .iter()
                .try_for_each(|(key, item)| enter(item, Place::Key(key), levels, places)),
            Node::Record(record) => record
                .members()
                .try_for_each(|(key, item)| enter(item, Place::Key(key), levels, places)),
            Node::Null | Node::Bool(_) | Node::Number(_) | Node::Text(_) => {
                self.no_list(at, levels.len(), places)
            }
        }
    }

    /// Says what it means that there is no list at a level.
    fn no_list(
        &self,
        at: &Node<'_>,
        level: usize,
        places: &[Place<'_>],
    ) -> Result<(), ExtractError> {
        if self.walk.optional.get(level) == Some(&true) {
            return Ok(());
        }
        if level == 0 {
            return Err(ExtractError::NoContainer {
                place: self.walk.text.clone(),
            });
        }
        let error = ExtractError::NoList {
            place: missing::place(&self.walk.ways, places),
            found: missing::found(at),
        };
        if self.walk.goes_on {
            self.root.given.reading.note_gap(|| error.to_string());
            return Ok(());
        }
        Err(error)
    }
}

fn check_count(count: usize) -> Result<(), ExtractError> {
    if count >= MAX_ROWS {
        Err(ExtractError::TooMany { limit: MAX_ROWS })
    } else {
        Ok(())
    }
}
