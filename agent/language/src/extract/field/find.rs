//! Finds the value of a field in a row and around it.

use std::borrow::Cow;

use compact_str::CompactString;

use super::{Field, FieldProblem, Getter, Place, Row, RowItem, found::Found};
use crate::extract::{node::Node, text};

impl Field {
    /// Returns the node where the field looks, if it looks into JSON that is there.
    #[inline]
    pub(super) fn node_at<'x>(&self, row: &Row<'x>) -> Option<&'x Node<'x>> {
        let (from, path) = match (&self.getter, row.item) {
            (Getter::Item(path), RowItem::Json(item)) => (item, path),
            (Getter::Level(level, path), _) => (*row.levels.get(*level)?, path),
            (Getter::Joined(join, path), _) => (*row.joined.get(*join)?, path),
            (Getter::Body(path), _) => (row.body, path),
            _ => return None,
        };
        Some(from.at(path))
    }

    /// Returns what stands where the field looks.
    pub(super) fn find<'x>(&'x self, row: &Row<'x>) -> Result<Found<'x>, FieldProblem> {
        if let Some(node) = self.node_at(row) {
            return Ok(Found::Node(node));
        }
        Ok(match (&self.getter, row.item) {
            (Getter::Const(text), _) => Found::Text(Cow::Borrowed(text)),
            (Getter::Param(path), _) => row.param(path).map_or(Found::Nothing, Found::Param),
            // Whether a piece may be missing is for the optional or the default to say.
            (Getter::Template(pieces), _) if self.optional || self.default.is_some() => {
                joined_or_none(pieces, row).map_or(Found::Nothing, |text| {
                    Found::Text(Cow::Owned(text.into_string()))
                })
            }
            (Getter::Template(pieces), _) => {
                Found::Text(Cow::Owned(joined(pieces, row)?.into_string()))
            }
            (Getter::Html(getter), RowItem::Element(element)) => {
                let text = getter.find(element, row.given)?;
                text.map_or(Found::Nothing, Found::Text)
            }
            (Getter::Part, _) => row
                .part
                .map_or(Found::Nothing, |part| Found::Text(part.into())),
            (Getter::Position(level), _) => match row.places.get(*level) {
                Some(Place::Index(index)) => Found::Count(*index),
                Some(Place::Key(key)) => Found::Text(Cow::Borrowed(key)),
                None => Found::Nothing,
            },
            (Getter::RowLabel, _) => row
                .labels
                .and_then(|labels| labels.row(row.places))
                .map_or(Found::Nothing, |label| Found::Text(label.into())),
            (Getter::ColumnLabel, _) => row
                .labels
                .and_then(|labels| labels.column(row.places))
                .map_or(Found::Nothing, Found::Count),
            (Getter::Jq(filter), RowItem::Json(item)) => {
                let first = filter.run(item, row.given)?.into_iter().next();
                first.map_or(Found::Nothing, |first| Found::Owned(Box::new(first)))
            }
            // A level or a join that this row does not have.
            (Getter::Level(..) | Getter::Joined(..) | Getter::Body(_), _)
            // Compiled for the other kind of row: the scope refuses this.
            | (Getter::Item(_) | Getter::Jq(_), RowItem::Element(_))
            | (Getter::Html(_) | Getter::Item(_), RowItem::Json(_)) => Found::Nothing,
        })
    }
}

/// Joins the pieces of a template.
pub(super) fn joined(pieces: &[Field], row: &Row<'_>) -> Result<CompactString, FieldProblem> {
    each_joined(pieces, row, |text| Cow::Borrowed(text))
}

/// Joins the pieces of a template, of each what can be seen.
pub(super) fn joined_keys(pieces: &[Field], row: &Row<'_>) -> Result<CompactString, FieldProblem> {
    each_joined(pieces, row, text::key)
}

fn each_joined(
    pieces: &[Field],
    row: &Row<'_>,
    clean: impl Fn(&str) -> Cow<'_, str>,
) -> Result<CompactString, FieldProblem> {
    let mut joined = CompactString::default();
    for piece in pieces {
        match &piece.getter {
            Getter::Const(text) => joined.push_str(text),
            _ => match piece.text(row) {
                Ok(Some(text)) => joined.push_str(&clean(&text)),
                Ok(None) => return Err(format!("has no value for `{}`", piece.name)),
                Err(problem) => return Err(format!("needs `{}`, which {problem}", piece.name)),
            },
        }
    }
    Ok(joined)
}

/// Joins the pieces of a template; `None` if one of them is missing. Many seats have no
/// group, so no words are made of why.
pub(super) fn joined_or_none(pieces: &[Field], row: &Row<'_>) -> Option<CompactString> {
    let mut joined = CompactString::default();
    for piece in pieces {
        match &piece.getter {
            Getter::Const(text) => joined.push_str(text),
            _ => joined.push_str(&piece.text_or_none(row).ok()??),
        }
    }
    Some(joined)
}
