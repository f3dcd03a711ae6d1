//! One field of one row: finding its value and giving it a type.

use std::borrow::Cow;

use regex::Regex;
use scraper::ElementRef;
use serde_json::{Map, Value};

use super::{html::HtmlGetter, jq::Filter, labels::Labels, node::Node, path::Segment};

/// A field, compiled.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) getter: Getter,
    pub(crate) regex: Option<Regex>,
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

/// A row, in the form in which its body came.
#[derive(Clone, Copy)]
pub(crate) enum Row<'x> {
    /// An item of a JSON body.
    Json(JsonRow<'x>),
    /// An element of a page.
    Html(ElementRef<'x>, &'x Map<String, Value>),
}

/// An item of a JSON body, and the items in which it lies.
#[derive(Clone, Copy)]
pub(crate) struct JsonRow<'x> {
    pub(crate) body: &'x Node<'x>,
    pub(crate) item: &'x Node<'x>,
    /// The items of the levels, outermost first; the last is that of the row.
    pub(crate) levels: &'x [&'x Node<'x>],
    pub(crate) places: &'x [Place<'x>],
    pub(crate) labels: Option<&'x Labels>,
    pub(crate) params: &'x Map<String, Value>,
}

/// The place of an item in a list, or its key in an object.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place<'x> {
    /// Index in a list.
    Index(usize),
    /// Key in an object.
    Key(&'x str),
}

/// What stands where a field looks.
enum Found<'x> {
    Nothing,
    Node(&'x Node<'x>),
    Owned(Node<'static>),
    Param(&'x Value),
    Text(Cow<'x, str>),
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
            map: Vec::new(),
            default: None,
            optional: false,
            scale: None,
        }
    }

    /// Returns the value as text; `None` only if the field is optional.
    pub(crate) fn text<'x>(&'x self, row: &Row<'x>) -> Result<Option<Cow<'x, str>>, Problem> {
        let mut text = self.find(row)?.into_text()?;
        if let (Some(regex), Some(found)) = (&self.regex, &text) {
            let group = regex.captures(found).and_then(|groups| groups.get(1));
            text = group.map(|group| Cow::Owned(group.as_str().to_owned()));
        }
        if let Some(found) = &text
            && let Some((_, word)) = self.map.iter().find(|(code, _)| code == found)
        {
            text = Some(Cow::Borrowed(word));
        }
        match (text, &self.default) {
            (None, Some(default)) => Ok(Some(Cow::Borrowed(default))),
            (None, None) if !self.optional => Err("has no value".to_owned()),
            (text, _) => Ok(text),
        }
    }

    /// Returns the value as text, empty where an optional field has none.
    pub(crate) fn string(&self, row: &Row<'_>) -> Result<String, Problem> {
        if let Getter::Template(pieces) = &self.getter
            && self.is_bare()
        {
            return joined(pieces, row);
        }
        Ok(self.text(row)?.map_or_else(String::new, Cow::into_owned))
    }

    /// Returns the value as text that is not empty.
    pub(crate) fn key(&self, row: &Row<'_>) -> Result<String, Problem> {
        let key = self.string(row)?;
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
        if self.regex.is_none() && self.map.is_empty() {
            let value = match self.find(row)? {
                Found::Node(node) => node.to_json(),
                Found::Owned(node) => node.to_json(),
                Found::Param(value) => value.clone(),
                Found::Nothing => Value::Null,
                Found::Text(text) => Value::String(text.into_owned()),
            };
            if !value.is_null() {
                return Ok(Some(value));
            }
        }
        Ok(self.text(row)?.map(|text| Value::String(text.into_owned())))
    }

    /// Returns whether the value is taken as it is found.
    fn is_bare(&self) -> bool {
        self.regex.is_none()
            && self.map.is_empty()
            && self.default.is_none()
            && !self.optional
            && self.scale.is_none()
    }

    fn find<'x>(&'x self, row: &Row<'x>) -> Result<Found<'x>, Problem> {
        match (&self.getter, row) {
            (Getter::Const(text), _) => Ok(Found::Text(Cow::Borrowed(text))),
            (Getter::Param(path), row) => Ok(param(path, row.params())),
            (Getter::Template(pieces), row) => match joined(pieces, row) {
                Ok(text) => Ok(Found::Text(Cow::Owned(text))),
                // Whether that may be is for the optional or the default to say.
                Err(_) if self.optional || self.default.is_some() => Ok(Found::Nothing),
                Err(problem) => Err(problem),
            },
            (Getter::Html(getter), Row::Html(element, _)) => {
                Ok(getter.find(*element).map_or(Found::Nothing, Found::Text))
            }
            (getter, Row::Json(row)) => getter.find_json(row),
            // Compiled for JSON, but the row is an element: the scope refuses this.
            (_, Row::Html(..)) => Ok(Found::Nothing),
        }
    }
}

/// Joins the pieces of a template.
fn joined(pieces: &[Field], row: &Row<'_>) -> Result<String, Problem> {
    let mut joined = String::with_capacity(24);
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

impl Getter {
    fn find_json<'x>(&'x self, row: &JsonRow<'x>) -> Result<Found<'x>, Problem> {
        Ok(match self {
            Self::Item(path) => Found::Node(row.item.at(path)),
            Self::Level(level, path) => row
                .levels
                .get(*level)
                .map_or(Found::Nothing, |node| Found::Node(node.at(path))),
            Self::Body(path) => Found::Node(row.body.at(path)),
            Self::Position(level) => match row.places.get(*level) {
                Some(Place::Index(index)) => Found::Text(index.to_string().into()),
                Some(Place::Key(key)) => Found::Text(Cow::Borrowed(key)),
                None => Found::Nothing,
            },
            Self::RowLabel => row
                .labels
                .and_then(|labels| labels.row(row.places))
                .map_or(Found::Nothing, |label| Found::Text(label.into())),
            Self::ColumnLabel => row
                .labels
                .and_then(|labels| labels.column(row.places))
                .map_or(Found::Nothing, |number| {
                    Found::Text(number.to_string().into())
                }),
            Self::Jq(filter) => match filter.run(row.item)?.into_iter().next() {
                Some(node) => Found::Owned(node),
                None => Found::Nothing,
            },
            Self::Const(_) | Self::Param(_) | Self::Template(_) | Self::Html(_) => Found::Nothing,
        })
    }
}

impl<'x> Row<'x> {
    fn params(&self) -> &'x Map<String, Value> {
        match self {
            Self::Json(row) => row.params,
            Self::Html(_, params) => params,
        }
    }
}

impl<'x> Found<'x> {
    fn into_text(self) -> Result<Option<Cow<'x, str>>, Problem> {
        match self {
            Self::Nothing => Ok(None),
            Self::Node(node) => node.text(),
            Self::Owned(node) => Ok(node.text()?.map(|text| Cow::Owned(text.into_owned()))),
            Self::Param(value) => Ok(Node::from(value)
                .text()?
                .map(|text| Cow::Owned(text.into_owned()))),
            Self::Text(text) => Ok(Some(text)),
        }
    }
}

fn param<'x>(path: &[Segment], params: &'x Map<String, Value>) -> Found<'x> {
    let mut found: Option<&Value> = None;
    for segment in path {
        found = match (segment, found) {
            (Segment::Key(name), None) => params.get(name),
            (Segment::Key(name), Some(value)) => value.get(name),
            (Segment::Index(index), Some(value)) => value.get(index),
            (Segment::Index(_) | Segment::Each, _) => None,
        };
        if found.is_none() {
            return Found::Nothing;
        }
    }
    found.map_or(Found::Nothing, Found::Param)
}
