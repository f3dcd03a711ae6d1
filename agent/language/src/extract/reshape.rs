//! Rows that are not objects yet: lists with a header, objects of columns.

use std::borrow::Cow;

use super::{
    ExtractError, MAX_ROWS,
    field::{Field, Getter, Row, RowItem},
    node::{Node, last_of_each},
    rules::Wrong,
    scope::Scope,
};
use crate::definition::Step;

/// How a row becomes an object, or many.
#[derive(Debug)]
pub(crate) enum Reshape {
    /// It is a list, and these are the names of its values.
    Header(Box<Field>),
    /// It is an object of equally long lists.
    Columns,
}

impl Reshape {
    /// Compiles the words of `step`, if it has them.
    pub(crate) fn compile(step: &Step, scope: &mut Scope<'_>) -> Result<Option<Self>, Wrong> {
        let wrong = |word: &str, problem: &str| (word.to_owned(), problem.to_owned());
        let plan = match (&step.header, step.columns) {
            (None, false) => return Ok(None),
            (Some(_), true) => {
                return Err(wrong(
                    "columns",
                    "rows are lists or columns: keep one of both",
                ));
            }
            (None, true) => Self::Columns,
            (Some(text), false) => Self::Header(Box::new(header(text, scope)?)),
        };
        if scope.html {
            let word = if step.columns { "columns" } else { "header" };
            return Err(wrong(word, "is for JSON: `decode` is not json"));
        }
        // Which value has which name is only known when a row is read.
        scope.keep_row();
        Ok(Some(plan))
    }

    /// Shows the rows that `row` becomes to `visit`.
    ///
    /// # Errors
    ///
    /// [`ExtractError::Selection`] if it is no list, or lists are of different lengths.
    pub(crate) fn each(
        &self,
        row: &Row<'_>,
        visit: &mut dyn FnMut(&Row<'_>) -> Result<(), ExtractError>,
    ) -> Result<(), ExtractError> {
        let RowItem::Json(item) = row.item else {
            return Ok(());
        };
        match self {
            Self::Header(header) => {
                let names = header.node(row).map_err(problem)?;
                as_row(row, &zip(&names, item)?, visit)
            }
            Self::Columns => {
                let Node::Object(columns) = item else {
                    return Err(problem("a row of columns is no object"));
                };
                for index in 0..length(columns)? {
                    // What is no list is copied into each row.
                    row.given.takes_values(columns.len()).map_err(problem)?;
                    as_row(row, &line(columns, index), visit)?;
                }
                Ok(())
            }
        }
    }
}

/// Compiles the path to a header: from the body, or from a named value.
fn header(text: &str, scope: &mut Scope<'_>) -> Result<Field, Wrong> {
    let wrong = |problem| ("header".to_owned(), problem);
    if let Some(mut path) = super::path::parse(text) {
        scope.shape.keep(&mut path);
        return Ok(Field::of("header", Getter::Body(path)));
    }
    let getter = scope.short(text).map_err(wrong)?;
    Ok(Field::of("header", getter))
}

/// Shows `item` in the place of a row.
fn as_row(
    row: &Row<'_>,
    item: &Node<'_>,
    visit: &mut dyn FnMut(&Row<'_>) -> Result<(), ExtractError>,
) -> Result<(), ExtractError> {
    let mut levels = row.levels.to_vec();
    if let Some(last) = levels.last_mut() {
        *last = item;
    }
    visit(&Row {
        item: RowItem::Json(item),
        levels: &levels,
        ..*row
    })
}

fn zip<'n>(names: &Node<'n>, values: &Node<'n>) -> Result<Node<'n>, ExtractError> {
    let (Node::List(names), Node::List(values)) = (names, values) else {
        return Err(problem("a row or its header is no list"));
    };
    if names.len() != values.len() {
        return Err(problem(format!(
            "a row has {} values for {} names",
            values.len(),
            names.len()
        )));
    }
    let name = |name: &Node<'n>| match name {
        Node::Text(text) => Ok(text.clone()),
        other => match other.text() {
            Ok(Some(text)) => Ok(Cow::Owned(text.into_owned())),
            Ok(None) | Err(_) => Err(problem("a name of the header is no text")),
        },
    };
    let entries = names.iter().zip(values);
    let entries = entries.map(|(from, value)| Ok::<_, ExtractError>((name(from)?, value.clone())));
    let entries = entries.collect::<Result<Vec<_>, ExtractError>>()?;
    Ok(Node::Object(last_of_each(entries)))
}

/// Returns the length of the lists among `columns`; what is no list holds for every row.
fn length(columns: &[(Cow<'_, str>, Node<'_>)]) -> Result<usize, ExtractError> {
    let mut lengths = columns.iter().filter_map(|(name, column)| match column {
        Node::List(items) => Some((name, items.len())),
        _ => None,
    });
    let Some((first, length)) = lengths.next() else {
        return Err(problem("a row of columns has no list"));
    };
    if length > MAX_ROWS {
        return Err(ExtractError::TooMany { limit: MAX_ROWS });
    }
    match lengths.find(|(_, other)| *other != length) {
        None => Ok(length),
        Some((name, other)) => Err(problem(format!(
            "column `{first}` has {length} values, and `{name}` {other}"
        ))),
    }
}

fn line<'n>(columns: &[(Cow<'n, str>, Node<'n>)], index: usize) -> Node<'n> {
    let value = |column: &Node<'n>| match column {
        Node::List(items) => items.get(index).cloned().unwrap_or(Node::Null),
        other => other.clone(),
    };
    let entries = columns.iter();
    Node::Object(
        entries
            .map(|(name, column)| (name.clone(), value(column)))
            .collect(),
    )
}

fn problem(problem: impl AsRef<str>) -> ExtractError {
    ExtractError::Selection {
        problem: problem.as_ref().to_owned(),
    }
}
