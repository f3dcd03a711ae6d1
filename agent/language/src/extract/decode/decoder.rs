//! The words of decoders: what each takes, and what it gives.

use regex::Regex;
use scraper::Selector;

use super::Lists;
use crate::extract::{
    html::selector,
    jq::Filter,
    path::{self, Segment},
};

/// One decoder, compiled.
#[derive(Debug)]
pub(super) enum Decoder {
    Json,
    Json5,
    Html,
    Xml,
    Delimited(u8),
    Lines,
    Script(String),
    Regex(Regex),
    Css(Selector, Option<String>),
    Linked(Vec<String>),
    String(Vec<Segment>),
    JsonString(Vec<Segment>),
    Jq(Filter),
}

/// The type of the input or output of a decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Page,
    Json,
}

impl Decoder {
    pub(super) fn compile(word: &str, lists: &mut Lists) -> Result<Self, String> {
        let (name, rest) = word
            .split_once(':')
            .map_or((word, None), |(name, rest)| (name, Some(rest)));
        let one = |text: &str| {
            path::parse(text)
                .filter(|path| !path.contains(&Segment::Each))
                .ok_or_else(|| format!("`{text}` is not a path to one value"))
        };
        Ok(match (name, rest.filter(|rest| !rest.is_empty())) {
            ("json", None) => Self::Json,
            ("json5", None) => Self::Json5,
            ("html", None) => Self::Html,
            ("lines", None) => Self::Lines,
            ("xml", names) => {
                lists.add(names.into_iter().flat_map(|names| names.split(',')));
                Self::Xml
            }
            ("delimited", Some("tab" | "\t")) => Self::Delimited(b'\t'),
            ("delimited", Some(sign)) => match sign.as_bytes() {
                [sign] => Self::Delimited(*sign),
                _ => {
                    return Err(format!(
                        "`{word}`: one sign stands between values, or `tab`"
                    ));
                }
            },
            ("js", Some(name)) => Self::Script(name.trim().to_owned()),
            ("regex", Some(text)) => {
                let regex = Regex::new(text).map_err(|_| crate::wording::regex(text))?;
                if regex.captures_len() < 2 {
                    return Err(format!("`{word}` has no group: put ( ) around what counts"));
                }
                Self::Regex(regex)
            }
            ("css", Some(text)) => {
                let (css, attribute) = attribute(text);
                Self::Css(selector(css)?, attribute.map(str::to_owned))
            }
            ("json_ld", Some(names)) => Self::Linked(
                names
                    .split(',')
                    .map(|name| name.trim().to_owned())
                    .collect(),
            ),
            ("jq", Some(text)) => Self::Jq(Filter::compile(text)?),
            ("string", Some(text)) => Self::String(one(text)?),
            ("json_string", None) => Self::JsonString(Vec::new()),
            ("json_string", Some(text)) => Self::JsonString(one(text)?),
            _ => {
                return Err(format!(
                    "there is no decoder `{word}`: write charset:NAME, json, json5, html, xml, \
                     delimited:SIGN, lines, js:NAME, regex:…, css:SELECTOR, json_ld:TYPE, \
                     string:.path, json_string or jq:…"
                ));
            }
        })
    }

    /// Returns what it takes and what it gives.
    pub(super) fn kinds(&self) -> (Kind, Kind) {
        match self {
            Self::Json
            | Self::Json5
            | Self::Xml
            | Self::Delimited(_)
            | Self::Lines
            | Self::Script(_) => (Kind::Text, Kind::Json),
            Self::Html => (Kind::Text, Kind::Page),
            Self::Regex(_) => (Kind::Text, Kind::Text),
            Self::Css(..) => (Kind::Page, Kind::Text),
            Self::Linked(_) => (Kind::Page, Kind::Json),
            Self::String(_) => (Kind::Json, Kind::Text),
            Self::JsonString(_) | Self::Jq(_) => (Kind::Json, Kind::Json),
        }
    }
}

impl Kind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Page => "a page",
            Self::Json => "JSON",
        }
    }
}

/// Splits `selector@attribute`; a selector may also contain an `@` of its own.
fn attribute(text: &str) -> (&str, Option<&str>) {
    let is_name = |name: &str| {
        let mut letters = name.chars();
        letters.next().is_some_and(|c| c.is_ascii_alphabetic())
            && letters.all(|c| c.is_ascii_alphanumeric() || ['-', '_', ':'].contains(&c))
    };
    match text.rsplit_once('@') {
        Some((css, name)) if is_name(name) => (css, Some(name)),
        _ => (text, None),
    }
}
