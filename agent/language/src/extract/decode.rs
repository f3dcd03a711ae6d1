//! From bytes to a tree or a page: decoders in a chain, each fed by the one before.
//!
//! Takes the words of `decode` and gives a [`Body`]. Which decoders may be neighbours is
//! known when the chain is compiled: each takes text, a page or JSON, and gives one of them.

use std::borrow::Cow;

use encoding_rs::Encoding;
use scraper::Html;

use super::{
    ExtractError, allowance,
    given::Given,
    node::{Node, Shape},
    reader::Body,
    text::without_nul,
};
use crate::definition::Decode;

mod charset;
mod decoder;
mod json;
mod linked;
mod lists;
mod page;
mod script;
mod table;
mod xml;

use decoder::{Decoder, Kind};
pub(crate) use lists::Lists;

/// The decoders of a step.
#[derive(Debug)]
pub(crate) struct Chain {
    links: Vec<Link>,
    /// A character set that counts more than what the answer says of itself.
    charset: Option<&'static Encoding>,
    lists: Lists,
}

/// One decoder, and the part of its JSON that the next one or the step needs.
#[derive(Debug)]
struct Link {
    word: String,
    decoder: Decoder,
    shape: Shape,
}

/// A body on its way.
enum Stage<'a> {
    /// As it came: the parts of a JSON text that are not read need not be valid UTF-8.
    Raw(&'a [u8]),
    Text(Cow<'a, str>),
    Page(Box<Html>),
    Json(Node<'a>),
}

impl Chain {
    /// Compiles the words; `lists` are the elements of XML that are lists even when they come
    /// once.
    ///
    /// # Errors
    ///
    /// The problem, in a sentence that names the chain.
    pub(crate) fn compile(words: &Decode, lists: Lists) -> Result<Self, String> {
        let mut chain = Self {
            links: Vec::new(),
            charset: None,
            lists,
        };
        let mut kind = Kind::Text;
        let whole = words.0.join(" → ");
        for (index, word) in words.0.iter().enumerate() {
            if let Some(label) = word.strip_prefix("charset:") {
                if index > 0 {
                    return Err(format!("in `{whole}`, `{word}` must come first"));
                }
                let known = Encoding::for_label(label.trim().as_bytes());
                chain.charset =
                    Some(known.ok_or_else(|| format!("no charset is called `{label}`"))?);
                continue;
            }
            let decoder = Decoder::compile(word, &mut chain.lists)?;
            let (takes, gives) = decoder.kinds();
            if takes != kind {
                return Err(format!(
                    "in `{whole}`, `{word}` takes {}, but is given {}",
                    takes.word(),
                    kind.word()
                ));
            }
            kind = gives;
            chain.links.push(Link {
                word: word.clone(),
                decoder,
                shape: Shape::default(),
            });
        }
        match (chain.links.is_empty(), kind, words.is_html()) {
            (true, ..) => Err("the chain is empty: write such as \"json\"".to_owned()),
            (_, Kind::Page, true) | (_, Kind::Text | Kind::Json, _) => Ok(chain),
            (_, Kind::Page, false) => Err(format!("`{whole}` ends in a page that is not `html`")),
        }
    }

    /// Keeps these parts of the body at the end of the chain; before it, what leads there.
    pub(crate) fn keeping(mut self, shape: &Shape) -> Self {
        let mut needed = shape.clone();
        for link in self.links.iter_mut().rev() {
            link.shape.clone_from(&needed);
            needed = match &link.decoder {
                // A value that is not a text is unchanged, so all needed parts of it must be kept.
                Decoder::JsonString(path) if path.is_empty() => needed,
                Decoder::JsonString(path) | Decoder::String(path) => Shape::of(path),
                _ => Shape::whole(),
            };
        }
        self
    }

    /// Reads the needed parts of `body`.
    ///
    /// # Errors
    ///
    /// [`ExtractError`] that names the decoder that could not read it.
    pub(crate) fn read<'a>(
        &'a self,
        body: &'a [u8],
        content_type: Option<&str>,
        given: &Given<'_>,
    ) -> Result<Body<'a>, ExtractError> {
        let encoding = self
            .charset
            .unwrap_or_else(|| charset::of(body, content_type));
        let mut stage = if encoding == encoding_rs::UTF_8 {
            Stage::Raw(body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body))
        } else {
            allowance::take(2 * body.len());
            Stage::Text(without_nul(encoding.decode(body).0))
        };
        for link in &self.links {
            stage = link.run(stage, &self.lists, given)?;
        }
        Ok(match stage {
            Stage::Raw(bytes) => {
                Body::Json(Node::Text(without_nul(String::from_utf8_lossy(bytes))))
            }
            Stage::Text(text) => Body::Json(Node::Text(text)),
            Stage::Page(page) => Body::Page(page),
            Stage::Json(node) => Body::Json(node),
        })
    }
}

impl Link {
    fn run<'a>(
        &'a self,
        stage: Stage<'a>,
        lists: &Lists,
        given: &Given<'_>,
    ) -> Result<Stage<'a>, ExtractError> {
        let undecodable = |problem: String| ExtractError::Undecodable {
            decoder: self.word.clone(),
            problem,
        };
        let missing = || ExtractError::NoContainer {
            place: self.word.clone(),
        };
        Ok(match (&self.decoder, stage) {
            (Decoder::Json, Stage::Raw(bytes)) => Stage::Json(json::read(bytes, &self.shape)?),
            (Decoder::String(path), Stage::Json(node)) => match node.at(path) {
                Node::Text(text) => Stage::Text(Cow::Owned(text.clone().into_owned())),
                Node::Null => return Err(missing()),
                _ => {
                    return Err(undecodable(
                        "there is no text, but another value".to_owned(),
                    ));
                }
            },
            (Decoder::JsonString(path), Stage::Json(node)) => {
                Stage::Json(json::unwrap(node, path, &self.shape)?)
            }
            (Decoder::Jq(filter), Stage::Json(node)) => {
                let mut made = filter.run(&node, given).map_err(undecodable)?;
                match (made.pop(), made.len()) {
                    (Some(node), 0) => Stage::Json(node),
                    (None, _) => return Err(missing()),
                    (Some(_), more) => {
                        let count = more + 1;
                        let problem = format!("it gives {count} values: put [ ] around it");
                        return Err(undecodable(problem));
                    }
                }
            }
            (Decoder::Css(selector, attribute), Stage::Page(page)) => {
                let element = page.select(selector).next().ok_or_else(missing)?;
                let text: String = match attribute {
                    Some(name) => element.attr(name).ok_or_else(missing)?.to_owned(),
                    None => element.text().collect(),
                };
                Stage::Text(text.into())
            }
            (Decoder::Linked(names), Stage::Page(page)) => {
                Stage::Json(linked::read(&page, names, &given.reading)?)
            }
            (_, stage) => {
                let text = stage.into_text();
                match (&self.decoder, &*text) {
                    (Decoder::Html, text) => {
                        Stage::Page(Box::new(page::read(text).map_err(undecodable)?))
                    }
                    (Decoder::Regex(regex), text) => {
                        let group = regex.captures(text).and_then(|groups| groups.get(1));
                        Stage::Text(group.ok_or_else(missing)?.as_str().to_owned().into())
                    }
                    (Decoder::Json, text) => {
                        allowance::take(text.len());
                        Stage::Json(json::read(text.as_bytes(), &self.shape)?.into_owned())
                    }
                    (Decoder::Xml, text) => {
                        Stage::Json(xml::read(text, lists).map_err(undecodable)?)
                    }
                    (Decoder::Delimited(sign), text) => {
                        Stage::Json(table::delimited(text, *sign).map_err(undecodable)?)
                    }
                    (Decoder::Lines, text) => Stage::Json(table::lines(text)),
                    (Decoder::Script(name), text) => Stage::Json(script::read(text, name)?),
                    (Decoder::Json5, text) => {
                        Stage::Json(script::whole(text).map_err(undecodable)?)
                    }
                    // Neighbours were checked when the chain was compiled.
                    (
                        Decoder::Css(..)
                        | Decoder::Linked(_)
                        | Decoder::String(_)
                        | Decoder::JsonString(_)
                        | Decoder::Jq(_),
                        _,
                    ) => return Err(undecodable("it is given what it does not take".to_owned())),
                }
            }
        })
    }
}

impl<'a> Stage<'a> {
    /// Returns it as text; what is not UTF-8 reads U+FFFD, and U+0000 is left out.
    fn into_text(self) -> Cow<'a, str> {
        match self {
            Self::Raw(bytes) => without_nul(String::from_utf8_lossy(bytes)),
            Self::Text(text) => text,
            Self::Page(_) | Self::Json(_) => Cow::Borrowed(""),
        }
    }
}
