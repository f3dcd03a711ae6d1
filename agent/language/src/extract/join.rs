//! Rows of another list that belong to a row, found by key.

use std::collections::HashMap;

use compact_str::CompactString;
use indexmap::IndexMap;

use super::{
    ExtractError,
    field::{Field, Row, RowItem},
    given::Given,
    missing,
    node::Node,
    path,
    path::Segment,
    price::UNNAMED,
    scope::Scope,
    select::Selection,
};
use crate::definition::JoinWords;

/// One join, compiled.
#[derive(Debug)]
pub(crate) struct JoinPlan {
    name: String,
    rows: Vec<Segment>,
    in_body: bool,
    /// Every list on the way is marked with `[]?`: none has no rows, and that is all.
    may_be_none: bool,
    /// The key of a row of the other list.
    key: Field,
    /// The same key in a row of the step.
    on: Field,
    optional: bool,
}

/// The rows of another list by their keys.
pub(crate) type Index<'n> = HashMap<CompactString, &'n Node<'n>>;

impl JoinPlan {
    /// Compiles the words, and makes their names known to `scope`; a join may be `on` a value
    /// of one before it.
    ///
    /// # Errors
    ///
    /// The word and the problem.
    pub(crate) fn compile(
        words: &IndexMap<String, JoinWords>,
        scope: &mut Scope<'_>,
    ) -> Result<Vec<Self>, (String, String)> {
        let mut plans = Vec::new();
        for (name, words) in words {
            let error = |word: &str| {
                let place = format!("join.{name}.{word}");
                move |problem: String| (place, problem)
            };
            let (text, in_body) = rooted(&words.rows, scope.known);
            if scope.html && in_body {
                let problem = "rows of a page are joined with a list that was asked `first` or \
                               handed down, such as `sold.seats[]`";
                return Err(error("rows")(problem.to_owned()));
            }
            let selection = Selection::compile(&text).map_err(error("rows"))?;
            let Selection::Plain(walk) = &selection else {
                let problem = format!("`{}` is no plain path such as `.films[]`", words.rows);
                return Err(error("rows")(problem));
            };
            if walk.is_single() {
                let problem = format!("`{}` gives one value: end it with []", words.rows);
                return Err(error("rows")(problem));
            }
            let rows = walk.whole();
            let mut inner = Scope {
                ways: if in_body {
                    vec![rows.clone()]
                } else {
                    Vec::new()
                },
                shape: std::mem::take(&mut scope.shape),
                levels: vec![UNNAMED.to_owned()],
                ..Scope::of_body(false, scope.known, scope.named)
            };
            if in_body {
                selection.reserve(&mut inner.shape);
            }
            let key = inner.field("key", &words.key);
            scope.shape = inner.shape;
            plans.push(Self {
                name: name.clone(),
                key: key.map_err(error("key"))?,
                on: scope.field("on", &words.on).map_err(error("on"))?,
                optional: words.optional,
                in_body,
                may_be_none: walk.is_optional(),
                rows: rows.clone(),
            });
            scope.joins.push((name.clone(), in_body.then_some(rows)));
        }
        Ok(plans)
    }

    /// Returns whether the list is in what was handed down.
    pub(crate) fn needs_handed_down(&self) -> bool {
        !self.in_body
    }

    /// Indexes the other list. A row without a key belongs to nothing.
    ///
    /// # Errors
    ///
    /// [`ExtractError::Selection`] if two rows have one key and are not the same.
    pub(crate) fn index<'n>(
        &'n self,
        body: &'n Node<'n>,
        handed_down: &'n Node<'n>,
        given: &'n Given<'n>,
    ) -> Result<Index<'n>, ExtractError> {
        let root = if self.in_body { body } else { handed_down };
        let mut index = Index::new();
        if !self.may_be_none
            && let Some(found) = missing::no_list(root, &self.rows)
        {
            given.reading.note_gap(|| {
                format!(
                    "the list of join `{}` is {found}; write `[]?` if that means that it has no \
                     rows",
                    self.name
                )
            });
        }
        for (place, node) in path::placed(root, &self.rows) {
            let row = Row {
                levels: &[node],
                places: &[place],
                ..Row::of(RowItem::Json(node), body, given)
            };
            let key = self.key.text_or_none(&row);
            let key = key.map_err(|problem| self.problem("key", &problem))?;
            let Some(key) = key.map(CompactString::from) else {
                continue;
            };
            match index.get(&key) {
                Some(known) if **known != *node => {
                    let problem = format!("is `{key}` in two rows that differ");
                    return Err(self.problem("key", &problem));
                }
                Some(_) => {}
                None => {
                    index.insert(key, node);
                }
            }
        }
        Ok(index)
    }

    /// Returns the partner of a row; null where an optional one is missing.
    pub(crate) fn partner<'n>(
        &self,
        index: &Index<'n>,
        at: usize,
        row: &Row<'_>,
    ) -> Result<&'n Node<'n>, ExtractError> {
        let failed = |problem: String| ExtractError::Field {
            row: at,
            field: format!("join.{}", self.name),
            problem,
        };
        let key = self.on.text_or_none(row).map_err(failed)?;
        match key.as_deref().and_then(|key| index.get(key)) {
            Some(partner) => Ok(partner),
            None if self.optional => Ok(&Node::Null),
            None => Err(failed(match key {
                Some(key) => format!("has no row `{key}`"),
                None => "has no value to look for".to_owned(),
            })),
        }
    }

    fn problem(&self, word: &str, problem: &str) -> ExtractError {
        ExtractError::Selection {
            problem: format!("the {word} of join `{}` {problem}", self.name),
        }
    }
}

/// Returns whether a path starts at a value that was handed down, and the path: such a path becomes
/// a path into the object of all values that were handed down, any other is one into the body.
pub(crate) fn rooted(text: &str, known: &[String]) -> (String, bool) {
    let (plain, _) = missing::without_marks(text);
    match path::parse_rooted(&plain) {
        Some((first, path))
            if path.contains(&Segment::Each) && known.iter().any(|k| k == first) =>
        {
            (format!(".{}", text.trim()), false)
        }
        _ => (text.to_owned(), true),
    }
}
