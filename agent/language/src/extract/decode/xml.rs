//! XML as a tree of JSON.
//!
//! An element is an object with its `@attributes`, its `#text`, and its children by local
//! name; without attributes and children it is its text. A child that comes several times
//! is a list. The root stands in an object of its own, under its name.

use std::borrow::Cow;

use roxmltree::{Document, ParsingOptions};

use super::Lists;
use crate::extract::{allowance, node::Node};

/// Depth of elements at most, the same as for JSON.
const MAX_DEPTH: usize = 128;
/// More than any listing has.
const MAX_NODES: u32 = 4_000_000;
/// Attributes of one element, and names of children of one: each is compared with all others.
const MAX_NAMES: usize = 1_000;
/// Bytes of a tag or an attribute in both trees, about.
const NODE_BYTES: usize = 200;
/// Prefixes of a document: each element compares all that hold for it.
const MAX_PREFIXES: usize = 64;

/// Reads a document. A document type that only names a grammar is passed over; one with
/// declarations of its own, which could define entities, is refused.
///
/// # Errors
///
/// The problem, with line and column.
pub(super) fn read(text: &str, lists: &Lists) -> Result<Node<'static>, String> {
    let text = text.trim_start();
    // The parser must not be led where it would take too long to come back from.
    check(text)?;
    let declares = declares(text);
    if declares == Some(true) {
        return Err("its document type has declarations of its own".to_owned());
    }
    // The parser's own tree, and ours.
    let nodes = text
        .bytes()
        .filter(|byte| matches!(byte, b'<' | b'='))
        .count();
    allowance::take(nodes * NODE_BYTES + 2 * text.len());
    let options = ParsingOptions {
        allow_dtd: declares == Some(false),
        nodes_limit: MAX_NODES,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options).map_err(|error| {
        let at = error.pos();
        format!("it is not XML from line {}, column {}", at.row, at.col)
    })?;
    let root = document.root_element();
    let name = owned(root.tag_name().name());
    Ok(Node::Object(vec![(name, element(root, lists)?)]))
}

/// Refuses a document that is deeper than the tree may be, or has more names in one place
/// than any has; a little more is counted than there is, never less.
fn check(text: &str) -> Result<(), String> {
    let mut open = 0_usize;
    let mut prefixes: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = rest.get(at + 1..).unwrap_or_default();
        if let Some(data) = rest.strip_prefix("![CDATA[") {
            rest = data.split_once("]]>").map_or("", |(_, after)| after);
        } else if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
        } else if let Some(instruction) = rest.strip_prefix('?') {
            rest = instruction.split_once("?>").map_or("", |(_, after)| after);
        } else if rest.starts_with('/') {
            open = open.saturating_sub(1);
        } else if !rest.starts_with('!') {
            let tag = Tag::at(rest);
            rest = tag.after;
            open += usize::from(!tag.closes_itself);
            if open > MAX_DEPTH {
                return Err(format!("it is more than {MAX_DEPTH} levels deep"));
            }
            if tag.attributes > MAX_NAMES {
                return Err(format!("an element has more than {MAX_NAMES} attributes"));
            }
            for (at, _) in tag.text.match_indices("xmlns:") {
                let named = tag.text.get(at..).unwrap_or_default();
                let named = named.split('=').next().unwrap_or_default();
                if !prefixes.contains(&named) {
                    prefixes.push(named);
                }
                if prefixes.len() > MAX_PREFIXES {
                    return Err(format!("it has more than {MAX_PREFIXES} prefixes"));
                }
            }
        }
    }
    Ok(())
}

/// Returns whether the document type has an internal subset, if there is one; before it stand
/// comments and instructions only.
fn declares(text: &str) -> Option<bool> {
    let mut rest = text.trim_start();
    loop {
        let passed = if let Some(comment) = rest.strip_prefix("<!--") {
            comment.split_once("-->")
        } else if let Some(instruction) = rest.strip_prefix("<?") {
            instruction.split_once("?>")
        } else {
            break;
        };
        rest = passed?.1.trim_start();
    }
    let name = rest.strip_prefix("<!DOCTYPE")?;
    let mut quote = None;
    for c in name.chars() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (None, '[') => return Some(true),
            (None, '>') => return Some(false),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
    }
    Some(true)
}

/// A tag, without its `<`.
struct Tag<'t> {
    text: &'t str,
    /// It is one such as `<br/>`.
    closes_itself: bool,
    attributes: usize,
    after: &'t str,
}

impl<'t> Tag<'t> {
    fn at(text: &'t str) -> Self {
        let mut quote = None;
        let mut last = ' ';
        let mut attributes = 0;
        for (at, c) in text.char_indices() {
            match (quote, c) {
                (None, '"' | '\'') => quote = Some(c),
                (None, '=') => attributes += 1,
                (None, '>') => {
                    let (text, after) = text.split_at(at);
                    return Self {
                        text,
                        closes_itself: last == '/',
                        attributes,
                        after,
                    };
                }
                (Some(open), c) if open == c => quote = None,
                _ => {}
            }
            last = c;
        }
        Self {
            text,
            closes_itself: false,
            attributes,
            after: "",
        }
    }
}

fn element(of: roxmltree::Node<'_, '_>, lists: &Lists) -> Result<Node<'static>, String> {
    let mut entries: Vec<(Cow<'static, str>, Node<'static>)> = Vec::new();
    for attribute in of.attributes() {
        let value = Node::Text(owned(attribute.value()));
        entries.push((format!("@{}", attribute.name()).into(), value));
    }
    for child in of.children().filter(roxmltree::Node::is_element) {
        put(&mut entries, child, lists)?;
    }
    for list in lists.inside(of.tag_name().name()) {
        if !entries.iter().any(|(name, _)| name == list) {
            entries.push((owned(list), Node::List(Vec::new())));
        }
    }
    let texts = of.children().filter(roxmltree::Node::is_text);
    let text: String = texts.filter_map(|node| node.text()).collect();
    let text = Node::Text(owned(text.trim()));
    if entries.is_empty() {
        return Ok(text);
    }
    if !text.is_empty() {
        entries.push((Cow::Borrowed("#text"), text));
    }
    Ok(Node::Object(entries))
}

/// Adds a child under its name, which may have come before.
fn put(
    entries: &mut Vec<(Cow<'static, str>, Node<'static>)>,
    child: roxmltree::Node<'_, '_>,
    lists: &Lists,
) -> Result<(), String> {
    let name = child.tag_name().name();
    let value = element(child, lists)?;
    let is_full = entries.len() >= 2 * MAX_NAMES;
    let known = entries.iter_mut().find(|(known, _)| known == name);
    match known {
        None if is_full => {
            return Err(format!(
                "an element has more than {MAX_NAMES} children of different names"
            ));
        }
        None if lists.contain(name) => entries.push((owned(name), Node::List(vec![value]))),
        None => entries.push((owned(name), value)),
        // A value is no list, so a list here is one of children with this name.
        Some((_, Node::List(items))) => items.push(value),
        Some((_, first)) => {
            let before = std::mem::replace(first, Node::Null);
            *first = Node::List(vec![before, value]);
        }
    }
    Ok(())
}

fn owned(text: &str) -> Cow<'static, str> {
    Cow::Owned(text.to_owned())
}
