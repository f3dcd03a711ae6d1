//! One field of one row: finding its value and giving it a type.

use std::borrow::Cow;

use compact_str::CompactString;
use regex::Regex;
use serde_json::Value;

use super::{html::HtmlGetter, jq::Filter, node::Node, path::Segment};

mod find;
mod found;
mod row;

use find::{joined, joined_or_none};
use found::Found;

pub(crate) use row::{Item, Place, Row};

/// A field, compiled.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) getter: Getter,
    pub(crate) regex: Option<Regex>,
    pub(crate) jq: Option<Filter>,
    /// Values that mean none.
    pub(crate) null_if: Vec<String>,
    /// A handful of words: a search from the front beats a map.
    pub(crate) map: Vec<(String, String)>,
    pub(crate) default: Option<String>,
    pub(crate) optional: bool,
    pub(crate) scale: Option<f64>,
}

/// Where a value is.
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

/// What is wrong with a field, in words that follow its name.
pub(crate) type Problem = String;

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
            regex: None,
            jq: None,
            null_if: Vec::new(),
            map: Vec::new(),
            default: None,
            optional: false,
            scale: None,
        }
    }

    /// Returns the value as text; `None` only if the field is optional.
    pub(crate) fn text<'x>(&'x self, row: &Row<'x>) -> Result<Option<Cow<'x, str>>, Problem> {
        match self.text_or_none(row)? {
            None if !self.optional => Err("has no value".to_owned()),
            text => Ok(text),
        }
    }

    /// Returns the value as text, `None` where there is none.
    pub(crate) fn text_or_none<'x>(
        &'x self,
        row: &Row<'x>,
    ) -> Result<Option<Cow<'x, str>>, Problem> {
        let text = self.value(row)?.into_text()?;
        if let Some(found) = &text {
            row.given.takes_text(found.len());
            row.given.is_within_reach()?;
        }
        if let Some(found) = &text
            && let Some((_, word)) = self.map.iter().find(|(code, _)| code == found)
        {
            return Ok(Some(Cow::Borrowed(word)));
        }
        Ok(text.or(self.default.as_deref().map(Cow::Borrowed)))
    }

    /// Returns the value as text, empty where an optional field has none.
    pub(crate) fn string(&self, row: &Row<'_>) -> Result<String, Problem> {
        Ok(self.text(row)?.map_or_else(String::new, Cow::into_owned))
    }

    /// Returns the value as a short text, empty where an optional field has none.
    pub(crate) fn short(&self, row: &Row<'_>) -> Result<CompactString, Problem> {
        if let Getter::Template(pieces) = &self.getter
            && self.is_plain()
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

    /// Returns the value as text that is not empty.
    pub(crate) fn key(&self, row: &Row<'_>) -> Result<String, Problem> {
        self.short_key(row).map(CompactString::into_string)
    }

    /// Returns the value as a short text that is not empty.
    pub(crate) fn short_key(&self, row: &Row<'_>) -> Result<CompactString, Problem> {
        let key = self.short(row)?;
        if key.is_empty() {
            Err("is empty".to_owned())
        } else {
            Ok(key)
        }
    }

    /// Returns the value as a whole number, scaled and rounded.
    pub(crate) fn integer(&self, row: &Row<'_>) -> Result<Option<i64>, Problem> {
        if self.is_bare()
            && let Found::Node(Node::Number(number)) = self.find(row)?
            && let Some(integer) = number.as_i64()
        {
            return Ok(Some(integer));
        }
        let Some(number) = self.number(row)? else {
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

    /// Returns the value as a number, scaled.
    pub(crate) fn number(&self, row: &Row<'_>) -> Result<Option<f64>, Problem> {
        let Some(text) = self.text(row)? else {
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
    pub(crate) fn json(&self, row: &Row<'_>) -> Result<Option<Value>, Problem> {
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
    pub(crate) fn node<'x>(&'x self, row: &Row<'x>) -> Result<Cow<'x, Node<'x>>, Problem> {
        Ok(match self.value(row)? {
            Found::Node(node) => Cow::Borrowed(node),
            other => Cow::Owned(other.into_node()),
        })
    }

    /// Returns whether the value is taken as it is found.
    fn is_bare(&self) -> bool {
        self.is_plain()
            && self.map.is_empty()
            && self.default.is_none()
            && !self.optional
            && self.scale.is_none()
    }

    /// Returns whether nothing is made of what is found.
    fn is_plain(&self) -> bool {
        self.regex.is_none() && self.jq.is_none() && self.null_if.is_empty()
    }

    /// Finds the value, and makes of it what the words say: the group of an expression, the
    /// output of a filter, nothing.
    fn value<'x>(&'x self, row: &Row<'x>) -> Result<Found<'x>, Problem> {
        let mut found = self.find(row)?;
        if self.is_plain() {
            return Ok(found);
        }
        if let Some(regex) = &self.regex {
            found = match found.into_text()? {
                None => Found::Nothing,
                Some(Cow::Borrowed(text)) => {
                    group(regex, text).map_or(Found::Nothing, |group| Found::Text(group.into()))
                }
                Some(Cow::Owned(text)) => group(regex, &text)
                    .map_or(Found::Nothing, |group| Found::Text(group.to_owned().into())),
            };
        }
        if let Some(filter) = &self.jq
            && !found.is_nothing()
        {
            let outputs = match found {
                Found::Node(node) => filter.run(node, row.given)?,
                other => filter.run(&other.into_node(), row.given)?,
            };
            let first = outputs.into_iter().next();
            found = first.map_or(Found::Nothing, Found::Owned);
        }
        if !self.null_if.is_empty()
            && let Some(text) = found.as_text()
            && self.null_if.iter().any(|none| *none == text)
        {
            return Ok(Found::Nothing);
        }
        Ok(found)
    }
}

/// Returns the first group of an expression.
fn group<'t>(regex: &Regex, text: &'t str) -> Option<&'t str> {
    Some(regex.captures(text)?.get(1)?.as_str())
}
