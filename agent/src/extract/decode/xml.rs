//! XML as a tree of JSON.
//!
//! An element is an object with its `@attributes`, its `#text`, and its children by local
//! name; without attributes and children it is its text. A child that comes several times
//! is a list. The root stands in an object of its own, under its name.

use std::borrow::Cow;

use roxmltree::{Document, ParsingOptions};

use super::Lists;
use crate::extract::node::Node;

/// As deep as the JSON reader goes.
const MAX_DEPTH: usize = 128;
/// More than any listing has.
const MAX_NODES: u32 = 4_000_000;

/// Reads a document; one with a document type is refused.
///
/// # Errors
///
/// The problem, with line and column.
pub(super) fn read(text: &str, lists: &Lists) -> Result<Node<'static>, String> {
    let text = text.trim_start();
    // The parser must not be led deeper than the tree may be.
    if depth(text) > MAX_DEPTH {
        return Err(format!("it is more than {MAX_DEPTH} levels deep"));
    }
    let options = ParsingOptions {
        nodes_limit: MAX_NODES,
        ..ParsingOptions::default()
    };
    let document =
        Document::parse_with_options(text, options).map_err(|error| error.to_string())?;
    let root = document.root_element();
    let name = owned(root.tag_name().name());
    Ok(Node::Object(vec![(name, element(root, lists))]))
}

/// Returns how deep elements are open at most; never less than they are.
fn depth(text: &str) -> usize {
    let (mut open, mut most) = (0_usize, 0);
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = rest.get(at + 1..).unwrap_or_default();
        if let Some(data) = rest.strip_prefix("![CDATA[") {
            rest = data.split_once("]]>").map_or("", |(_, after)| after);
        } else if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
        } else if rest.starts_with('/') {
            open = open.saturating_sub(1);
        } else if !rest.starts_with(['?', '!']) {
            let closes_itself;
            (closes_itself, rest) = tag(rest);
            open += usize::from(!closes_itself);
            most = most.max(open);
        }
    }
    most
}

/// Returns whether the tag that starts here is one such as `<br/>`, and what follows it.
fn tag(text: &str) -> (bool, &str) {
    let mut quote = None;
    let mut last = ' ';
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (None, '>') => return (last == '/', text.get(at..).unwrap_or_default()),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
        last = c;
    }
    (false, "")
}

fn element(of: roxmltree::Node<'_, '_>, lists: &Lists) -> Node<'static> {
    let mut entries: Vec<(Cow<'static, str>, Node<'static>)> = Vec::new();
    for attribute in of.attributes() {
        let value = Node::Text(owned(attribute.value()));
        entries.push((format!("@{}", attribute.name()).into(), value));
    }
    for child in of.children().filter(roxmltree::Node::is_element) {
        put(&mut entries, child, lists);
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
        return text;
    }
    if !text.is_empty() {
        entries.push((Cow::Borrowed("#text"), text));
    }
    Node::Object(entries)
}

/// Adds a child under its name, which may have come before.
fn put(
    entries: &mut Vec<(Cow<'static, str>, Node<'static>)>,
    child: roxmltree::Node<'_, '_>,
    lists: &Lists,
) {
    let name = child.tag_name().name();
    let value = element(child, lists);
    let known = entries.iter_mut().find(|(known, _)| known == name);
    match known {
        None if lists.contain(name) => entries.push((owned(name), Node::List(vec![value]))),
        None => entries.push((owned(name), value)),
        // A value is no list, so a list here is one of children with this name.
        Some((_, Node::List(items))) => items.push(value),
        Some((_, first)) => {
            let before = std::mem::replace(first, Node::Null);
            *first = Node::List(vec![before, value]);
        }
    }
}

fn owned(text: &str) -> Cow<'static, str> {
    Cow::Owned(text.to_owned())
}
