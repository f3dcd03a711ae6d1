//! JSON-LD: the objects of one type, or of several, in all scripts of a page.

use scraper::{Html, Selector};
use serde::de::DeserializeSeed;

use super::json;
use crate::extract::{
    ExtractError,
    gaps::Reading,
    node::{Node, Shape},
};

/// Returns all objects of one of the types `names`, in the order of the page, also those
/// inside others; of those inside each other, the outermost.
///
/// # Errors
///
/// [`ExtractError::NoContainer`] if there is none: a page without them is not an empty
/// listing. [`ExtractError::Malformed`] if that is because a script is broken, or if a
/// broken script names one of the types; where what cannot be read is left out, such a script
/// is a gap.
pub(super) fn read(
    page: &Html,
    names: &[String],
    reading: &Reading,
) -> Result<Node<'static>, ExtractError> {
    let missing = || ExtractError::NoContainer {
        place: format!("json_ld:{}", names.join(",")),
    };
    let scripts =
        Selector::parse(r#"script[type^="application/ld+json"]"#).map_err(|_| missing())?;
    let (mut found, mut broken) = (Vec::new(), None);
    for script in page.select(&scripts) {
        let text: String = script.text().collect();
        let text = bare(&text);
        let problem = match parse(text) {
            Ok(node) => {
                collect(node, names, &mut found);
                continue;
            }
            Err(error) => json::problem(text.as_bytes(), &error),
        };
        let problem = format!("a script of JSON-LD {problem}");
        // A broken script about something else matters only if nothing is found elsewhere.
        if names.iter().any(|name| text.contains(name.as_str())) {
            if !reading.is_skipping() {
                return Err(ExtractError::Malformed { problem });
            }
            reading.note_gap(|| problem.clone());
        }
        broken = Some(problem);
    }
    match (found.is_empty(), broken) {
        (false, _) => Ok(Node::List(found)),
        (true, Some(problem)) => Err(ExtractError::Malformed { problem }),
        (true, None) => Err(missing()),
    }
}

fn parse(text: &str) -> Result<Node<'static>, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let whole = Shape::whole();
    let node = whole.deserialize(&mut reader)?;
    reader.end()?;
    Ok(node.into_owned())
}

/// Takes off the wrappers that keep old browsers from reading a script.
fn bare(text: &str) -> &str {
    let text = text.trim();
    let text = text.strip_prefix("//").map_or(text, str::trim_start);
    let text = text.strip_prefix("<![CDATA[").unwrap_or(text);
    let text = text.strip_prefix("<!--").unwrap_or(text);
    let text = text.strip_suffix("]]>").unwrap_or(text);
    let text = text.strip_suffix("-->").unwrap_or(text).trim_end();
    text.strip_suffix("//").unwrap_or(text).trim()
}

/// Collects the objects of these types; as deep as the JSON reader goes.
fn collect(node: Node<'static>, names: &[String], found: &mut Vec<Node<'static>>) {
    match node {
        Node::Object(entries) => {
            if is_of(&entries, names) {
                found.push(Node::Object(entries));
                return;
            }
            for (_, value) in entries {
                collect(value, names, found);
            }
        }
        Node::List(items) => {
            for item in items {
                collect(item, names, found);
            }
        }
        // What is kept whole has no records.
        Node::Null | Node::Bool(_) | Node::Number(_) | Node::Text(_) | Node::Record(_) => {}
    }
}

/// Returns whether `@type` is one of `names`, or a list with one; the address of a vocabulary in
/// front of it does not matter.
fn is_of(entries: &[(std::borrow::Cow<'_, str>, Node<'_>)], names: &[String]) -> bool {
    let is = |node: &Node<'_>| match node {
        Node::Text(text) => {
            let bare = text.rsplit(['/', '#', ':']).next();
            names.iter().any(|name| bare == Some(name))
        }
        _ => false,
    };
    entries.iter().any(|(key, value)| match value {
        Node::List(items) => key == "@type" && items.iter().any(is),
        value => key == "@type" && is(value),
    })
}
