//! One field of one row: finding its value and giving it a type.

use std::borrow::Cow;

use compact_str::CompactString;
use serde_json::Value;

use super::{html::HtmlGetter, jq::Filter, node::Node, path::Segment, text};

mod edits;
mod find;
mod found;
mod row;
mod texts;
mod unescape;

use find::{joined, joined_keys, joined_or_none};
use found::Found;

pub(crate) use edits::Edits;
pub(crate) use row::{Place, Row, RowItem};

/// A field, compiled.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) getter: Getter,
    /// The edits of the value that is found; most fields have none.
    pub(crate) edits: Option<Box<Edits>>,
    /// A handful of words: a search from the front beats a map.
    pub(crate) map: Vec<(String, String)>,
    pub(crate) default: Option<String>,
    pub(crate) optional: bool,
    pub(crate) scale: Option<f64>,
}

/// The place of a value.
#[derive(Debug)]
pub(crate) enum Getter {
    /// Nowhere: this is it.
    Const(String),
    /// In what was handed down.
    Param(Vec<Segment>),
    /// Anywhere in the body.
    Body(Vec<Segment>),
    /// In the row.
    Item(Vec<Segment>),
    /// In an outer level of the row.
    Level(usize, Vec<Segment>),
    /// In the row of another list that belongs to this one.
    Joined(usize, Vec<Segment>),
    /// The part that a split made a row.
    Part,
    /// The place of a level's item.
    Position(usize),
    /// The derived letter of the row.
    RowLabel,
    /// The derived number of the column.
    ColumnLabel,
    /// The first output of a filter over the row.
    Jq(Filter),
    /// Several fields in one text; missing if one of them is.
    Template(Vec<Field>),
    /// In or around an element.
    Html(HtmlGetter),
}

/// The problem of a field, in words that follow its name.
pub(crate) type FieldProblem = String;

impl Field {
    /// Makes a piece of a template that is always the same.
    pub(crate) fn constant(text: &str) -> Self {
        Self::of("", Getter::Const(text.to_owned()))
    }

    /// Makes a field that only finds.
    pub(crate) fn of(name: &str, getter: Getter) -> Self {
        Self {
            name: name.to_owned(),
            getter,
            edits: None,
            map: Vec::new(),
            default: None,
            optional: false,
            scale: None,
        }
    }

    /// Returns the value as text; `None` only if the field is optional.
    pub(crate) fn text<'x>(&'x self, row: &Row<'x>) -> Result<Option<Cow<'x, str>>, FieldProblem> {
        self.present(self.text_or_none(row)?)
    }

    /// Refuses that there is none, unless the field is optional.
    fn present<T>(&self, value: Option<T>) -> Result<Option<T>, FieldProblem> {
        match value {
            None if !self.optional => Err("has no value".to_owned()),
            value => Ok(value),
        }
    }

    /// Returns the value as text, `None` where there is none.
    pub(crate) fn text_or_none<'x>(
        &'x self,
        row: &Row<'x>,
    ) -> Result<Option<Cow<'x, str>>, FieldProblem> {
        // Most fields are a value of JSON, taken as it is.
        match self.node_at(row) {
            Some(node) if self.edits.is_none() => self.word(node.text()?, row),
            _ => self.word(self.value(row)?.into_text()?, row),
        }
    }

    /// Returns the value as text, and whether it is a number of JSON; `None` only if the
    /// field is optional.
    pub(crate) fn number_or_text<'x>(
        &'x self,
        row: &Row<'x>,
    ) -> Result<Option<(Cow<'x, str>, bool)>, FieldProblem> {
        let found = self.value(row)?;
        let is_number = found.is_number();
        let text = found.into_text()?;
        let is_own = text
            .as_ref()
            .is_none_or(|text| self.map.iter().any(|(code, _)| *code == *text));
        let text = self.present(self.word(text, row)?)?;
        Ok(text.map(|text| (text, is_number && !is_own)))
    }

    /// Returns what the map and the default make of the text that was found.
    fn word<'x>(
        &'x self,
        text: Option<Cow<'x, str>>,
        row: &Row<'x>,
    ) -> Result<Option<Cow<'x, str>>, FieldProblem> {
        let Some(text) = text else {
            return Ok(self.default.as_deref().map(Cow::Borrowed));
        };
        row.given.takes_text(text.len());
        row.given.is_within_reach()?;
        let word = self.map.iter().find(|(code, _)| *code == text);
        Ok(Some(word.map_or(text, |(_, word)| Cow::Borrowed(word))))
    }

    /// Returns the value as a short text, empty where an optional field has none.
    pub(crate) fn short(&self, row: &Row<'_>) -> Result<CompactString, FieldProblem> {
        if let Getter::Template(pieces) = &self.getter
            && self.edits.is_none()
            && self.map.is_empty()
        {
            return match &self.default {
                None if !self.optional => joined(pieces, row),
                default => Ok(joined_or_none(pieces, row)
                    .unwrap_or_else(|| default.as_deref().unwrap_or_default().into())),
            };
        }
        Ok(self
            .text(row)?
            .map_or_else(CompactString::default, CompactString::from))
    }

    /// Returns the value as a key: what can be seen of it, which is not empty.
    pub(crate) fn key(&self, row: &Row<'_>) -> Result<String, FieldProblem> {
        self.short_key(row).map(CompactString::into_string)
    }

    /// Returns the value as a short key.
    pub(crate) fn short_key(&self, row: &Row<'_>) -> Result<CompactString, FieldProblem> {
        let found = match &self.getter {
            // A blank behind a part would stay inside of the key.
            Getter::Template(pieces)
                if self.edits.is_none() && self.map.is_empty() && self.default.is_none() =>
            {
                joined_keys(pieces, row)?
            }
            _ => self.short(row)?,
        };
        let key = match text::key(&found) {
            // Most keys are clean.
            Cow::Borrowed(key) if key.len() == found.len() => found,
            key => key.into(),
        };
        if key.is_empty() {
            Err("is empty".to_owned())
        } else {
            Ok(key)
        }
    }

    /// Returns the value as a name: what can be seen of it. One without a letter is none, and
    /// then the default holds.
    pub(crate) fn name(&self, row: &Row<'_>) -> Result<String, FieldProblem> {
        let name = self.label(row)?;
        if name.is_empty() && !self.optional {
            return Err("is empty; if that can be, say `default` or `optional = true`".to_owned());
        }
        Ok(name.into_string())
    }

    /// Returns the value as a short text of which all can be seen, empty where there is none.
    pub(crate) fn label(&self, row: &Row<'_>) -> Result<CompactString, FieldProblem> {
        let found = self.short(row)?;
        let name = match text::name(&found) {
            Cow::Borrowed(name) if name.len() == found.len() => found,
            name => name.into(),
        };
        match &self.default {
            Some(default) if name.is_empty() => Ok(default.as_str().into()),
            _ => Ok(name),
        }
    }

    /// Returns the value as a whole number, scaled and rounded.
    pub(crate) fn integer(&self, row: &Row<'_>) -> Result<Option<i64>, FieldProblem> {
        let found = self.value(row)?;
        if self.map.is_empty()
            && self.scale.is_none()
            && let Some(integer) = found.as_integer()
        {
            return Ok(Some(integer));
        }
        let text = self.word(found.into_text()?, row)?;
        let Some(number) = self.scaled(text)? else {
            return Ok(None);
        };
        // Within this range every whole number has its own f64.
        if number.abs() > 9e15 {
            return Err(format!("is {number}, which is out of all bounds"));
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "rounded, and bounded above"
        )]
        Ok(Some(number.round() as i64))
    }

    /// Returns the value as yes or no: `true` or `false`, `yes` or `no`, `1` or `0`. `None` only
    /// if the field is optional.
    pub(crate) fn flag(&self, row: &Row<'_>) -> Result<Option<bool>, FieldProblem> {
        let Some(text) = self.text(row)? else {
            return Ok(None);
        };
        let says = |words: [&str; 3]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
        match () {
            () if says(["true", "yes", "1"]) => Ok(Some(true)),
            () if says(["false", "no", "0"]) => Ok(Some(false)),
            () => Err(format!(
                "is `{text}`, neither `true` nor `false`: add a `map`"
            )),
        }
    }

    /// Returns the value as a number, scaled.
    pub(crate) fn number(&self, row: &Row<'_>) -> Result<Option<f64>, FieldProblem> {
        self.scaled(self.text_or_none(row)?)
    }

    /// Reads a number; `None` only if the field is optional.
    fn scaled(&self, text: Option<Cow<'_, str>>) -> Result<Option<f64>, FieldProblem> {
        let Some(text) = self.present(text)? else {
            return Ok(None);
        };
        let number: f64 = text
            .trim()
            .parse()
            .map_err(|_| format!("is no number: `{text}`"))?;
        if !number.is_finite() {
            return Err(format!("is no number: `{text}`"));
        }
        Ok(Some(number * self.scale.unwrap_or(1.0)))
    }

    /// Returns the value with its own type, for the templates of the steps below.
    pub(crate) fn json(&self, row: &Row<'_>) -> Result<Option<Value>, FieldProblem> {
        if self.map.is_empty() {
            let found = self.value(row)?;
            if let Found::Node(node) = &found {
                row.given.takes(node)?;
            }
            let value = found.into_json();
            if !value.is_null() {
                return Ok(Some(value));
            }
        }
        Ok(self.text(row)?.map(|text| Value::String(text.into_owned())))
    }

    /// Returns the value with its own type, null where there is none.
    pub(crate) fn node<'x>(&'x self, row: &Row<'x>) -> Result<Cow<'x, Node<'x>>, FieldProblem> {
        Ok(match self.value(row)? {
            Found::Node(node) => Cow::Borrowed(node),
            other => Cow::Owned(other.into_node()),
        })
    }

    /// Finds the value, and makes of it what the words say.
    fn value<'x>(&'x self, row: &Row<'x>) -> Result<Found<'x>, FieldProblem> {
        let found = self.find(row)?;
        match &self.edits {
            None => Ok(found),
            Some(edits) => edits.apply(found, row),
        }
    }
}
