//! From bytes to a tree: character sets, JSON, JSON in a string.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};
use serde::de::DeserializeSeed;

use super::{
    ExtractError,
    node::{Node, Shape},
    path::{self, Segment},
    reader::Body,
};
use crate::definition::Decode;

/// The decoders of a step.
#[derive(Debug)]
pub(crate) struct Chain {
    /// Paths at which JSON text stands in a string, in turn.
    strings: Vec<Vec<Segment>>,
    page: bool,
}

impl Chain {
    /// Compiles the words.
    pub(crate) fn compile(words: &Decode, _lists: &[&str]) -> Result<Self, String> {
        let strings = words
            .0
            .iter()
            .filter_map(|word| word.strip_prefix("json_string"));
        let paths = strings.map(|rest| match rest.strip_prefix(':') {
            Some(text) => path::parse(text)
                .filter(|path| !path.contains(&Segment::Each))
                .ok_or_else(|| format!("`{text}` is not a path to one value")),
            None if rest.is_empty() => Ok(Vec::new()),
            None => Err(format!("unknown decoder `json_string{rest}`")),
        });
        Ok(Self {
            strings: paths.collect::<Result<_, _>>()?,
            page: words.is_html(),
        })
    }

    /// Reads `body` as far as `shape` needs it.
    pub(crate) fn read<'a>(
        &self,
        body: &'a [u8],
        content_type: Option<&str>,
        shape: &Shape,
    ) -> Result<Body<'a>, ExtractError> {
        if self.page {
            let text = text(body, content_type);
            return Ok(Body::Page(Box::new(scraper::Html::parse_document(&text))));
        }
        let text = match encoding(content_type) {
            // The reader checks UTF-8 itself where it matters.
            encoding if encoding == UTF_8 => {
                Cow::Borrowed(body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body))
            }
            encoding => match encoding.decode(body).0 {
                Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                Cow::Owned(text) => Cow::Owned(text.into_bytes()),
            },
        };
        // Only what a string leads to is needed of what stands around it.
        let first = match self.strings.first() {
            Some(path) if path.is_empty() => shape.clone(),
            Some(path) => {
                let mut around = Shape::default();
                around.keep(path);
                around
            }
            None => Shape::default(),
        };
        let first = if self.strings.is_empty() {
            shape
        } else {
            &first
        };
        let mut node = match text {
            Cow::Borrowed(bytes) => json(bytes, first)?,
            Cow::Owned(bytes) => json(&bytes, first)?.into_owned(),
        };
        for (index, path) in self.strings.iter().enumerate() {
            let last = index + 1 == self.strings.len();
            let whole = Shape::whole();
            node = unwrap(node, path, if last { shape } else { &whole })?;
        }
        Ok(Body::Json(node))
    }
}

/// Reads the JSON text at `path`; a value that is no text stays as it is.
fn unwrap<'a>(node: Node<'a>, path: &[Segment], shape: &Shape) -> Result<Node<'a>, ExtractError> {
    match node.at(path) {
        Node::Text(text) => json(text.as_bytes(), shape).map(Node::into_owned),
        _ if path.is_empty() => Ok(node),
        other => Ok(other.clone()),
    }
}

fn json<'a>(bytes: &'a [u8], shape: &Shape) -> Result<Node<'a>, ExtractError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let malformed = |source| match bytes.trim_ascii_start().first() {
        Some(b'<') => ExtractError::Page,
        _ => ExtractError::Malformed { source },
    };
    let node = shape.deserialize(&mut reader).map_err(malformed)?;
    reader.end().map_err(malformed)?;
    Ok(node)
}

/// Returns the text of a page; what its character set does not know reads U+FFFD.
pub(crate) fn text<'a>(body: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    encoding(content_type).decode(body).0
}

/// Returns the character set that the header names, or UTF-8.
fn encoding(content_type: Option<&str>) -> &'static Encoding {
    let parameters = content_type.unwrap_or_default().split(';').skip(1);
    let charset = parameters.filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("charset")
            .then_some(value.trim().trim_matches('"'))
    });
    charset
        .last()
        .and_then(|label| Encoding::for_label(label.as_bytes()))
        .unwrap_or(UTF_8)
}
