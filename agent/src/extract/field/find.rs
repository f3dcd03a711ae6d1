//! Finds the value of a field in a row and around it.

use std::borrow::Cow;

use compact_str::CompactString;

use super::{Field, Getter, Item, Place, Problem, Row, found::Found};
use crate::extract::node::small;

impl Field {
    /// Returns what stands where the field looks.
    pub(super) fn find<'x>(&'x self, row: &Row<'x>) -> Result<Found<'x>, Problem> {
        Ok(match (&self.getter, row.item) {
            (Getter::Item(path), Item::Json(item)) => Found::Node(item.at(path)),
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
            (Getter::Html(getter), Item::Element(element)) => {
                let text = getter.find(element, row.given)?;
                text.map_or(Found::Nothing, Found::Text)
            }
            (Getter::Level(level, path), _) => row
                .levels
                .get(*level)
                .map_or(Found::Nothing, |node| Found::Node(node.at(path))),
            (Getter::Joined(join, path), _) => row
                .joined
                .get(*join)
                .map_or(Found::Nothing, |node| Found::Node(node.at(path))),
            (Getter::Body(path), _) => Found::Node(row.body.at(path)),
            (Getter::Part, _) => row
                .part
                .map_or(Found::Nothing, |part| Found::Text(part.into())),
            (Getter::Position(level), _) => match row.places.get(*level) {
                Some(Place::Index(index)) => Found::Text(number(*index)),
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
                .map_or(Found::Nothing, |column| Found::Text(number(column))),
            (Getter::Jq(filter), Item::Json(item)) => {
                let first = filter.run(item, row.given)?.into_iter().next();
                first.map_or(Found::Nothing, Found::Owned)
            }
            // Compiled for the other kind of row: the scope refuses this.
            (Getter::Item(_) | Getter::Jq(_), Item::Element(_))
            | (Getter::Html(_), Item::Json(_)) => Found::Nothing,
        })
    }
}

/// Returns a number as text.
fn number(number: usize) -> Cow<'static, str> {
    let known = u64::try_from(number).ok().and_then(small);
    known.map_or_else(|| Cow::Owned(number.to_string()), Cow::Borrowed)
}

/// Joins the pieces of a template.
pub(super) fn joined(pieces: &[Field], row: &Row<'_>) -> Result<CompactString, Problem> {
    let mut joined = CompactString::default();
    for piece in pieces {
        match &piece.getter {
            Getter::Const(text) => joined.push_str(text),
            _ => match piece.text(row) {
                Ok(Some(text)) => joined.push_str(&text),
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
