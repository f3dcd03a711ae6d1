//! Plain paths: the part of jq that most definitions need, run without jq.

use std::sync::Arc;

use super::{field::Place, node::Node};

/// One part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Segment {
    /// `.name` or `.["name"]`
    Key(PathKey),
    /// `[3]`
    Index(usize),
    /// `[]`
    Each,
}

/// The name of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PathKey {
    pub(crate) name: Arc<str>,
    /// Where a record has the member, if its shape has this very name there.
    pub(crate) slot: usize,
}

impl From<&str> for PathKey {
    fn from(name: &str) -> Self {
        Self {
            name: name.into(),
            slot: 0,
        }
    }
}

/// Reads a path such as `.a.b[].c`, `.a[0]["x y"]` or `.`.
///
/// `None` means that it is more than a path, and for jq.
pub(crate) fn parse(text: &str) -> Option<Vec<Segment>> {
    let text = text.trim();
    if text == "." {
        return Some(Vec::new());
    }
    let mut rest = text;
    let mut segments = Vec::new();
    while !rest.is_empty() {
        let segment;
        (segment, rest) = match rest.strip_prefix('.') {
            Some(after) if after.starts_with('[') => bracket(after)?,
            Some(after) => name(after)?,
            // A path starts with a dot: `[0]` alone makes a list in jq.
            None if segments.is_empty() => return None,
            None => bracket(rest)?,
        };
        segments.push(segment);
    }
    (!segments.is_empty()).then_some(segments)
}

/// Reads `first.rest` or `first[…]`, where `first` is a word and the rest a path.
pub(crate) fn parse_rooted(text: &str) -> Option<(&str, Vec<Segment>)> {
    let text = text.trim();
    let end = text.find(|c: char| !is_word(c)).unwrap_or(text.len());
    let (first, rest) = text.split_at(end);
    if first.is_empty() || first.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if rest.is_empty() {
        return Some((first, Vec::new()));
    }
    let dotted = if rest.starts_with('[') {
        format!(".{rest}")
    } else {
        rest.to_owned()
    };
    parse(&dotted).map(|path| (first, path))
}

/// Returns every node that `path` leads to; a list that is not there has no items.
pub(crate) fn every<'n, 'a>(from: &'n Node<'a>, path: &[Segment]) -> Vec<&'n Node<'a>> {
    let mut found = vec![from];
    for group in path.split_inclusive(|segment| *segment == Segment::Each) {
        let (way, each) = match group.split_last() {
            Some((Segment::Each, way)) => (way, true),
            _ => (group, false),
        };
        let ends = found.into_iter().map(|node| node.at(way));
        found = if each {
            ends.flat_map(Node::children).collect()
        } else {
            ends.collect()
        };
    }
    found
}

/// Returns every node that `path` leads to, with its place in the innermost list or object.
pub(crate) fn placed<'n, 'a>(
    from: &'n Node<'a>,
    path: &[Segment],
) -> Vec<(Place<'n>, &'n Node<'a>)> {
    let last = path.iter().rposition(|segment| *segment == Segment::Each);
    let (lists, tail) = path.split_at(last.unwrap_or(0));
    let tail = tail.get(1..).unwrap_or_default();
    let mut found = Vec::new();
    for list in every(from, lists) {
        match list {
            Node::List(items) => found.extend(
                items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| (Place::Index(index), item.at(tail))),
            ),
            Node::Object(entries) => found.extend(
                entries
                    .iter()
                    .map(|(key, item)| (Place::Key(key.as_ref()), item.at(tail))),
            ),
            Node::Record(record) => found.extend(
                record
                    .members()
                    .map(|(key, item)| (Place::Key(key), item.at(tail))),
            ),
            Node::Null | Node::Bool(_) | Node::Number(_) | Node::Text(_) => {}
        }
    }
    found
}

/// Names are written as they are in any script: `.ціна` is a path, although not to jq.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn name(text: &str) -> Option<(Segment, &str)> {
    if text.starts_with('"') {
        let (name, rest) = quoted(text)?;
        return Some((Segment::Key(name.as_str().into()), rest));
    }
    let end = text.find(|c: char| !is_word(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let fits = !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit());
    fits.then(|| (Segment::Key(name.into()), rest))
}

fn bracket(text: &str) -> Option<(Segment, &str)> {
    let inside = text.strip_prefix('[')?;
    if let Some(rest) = inside.strip_prefix(']') {
        return Some((Segment::Each, rest));
    }
    if inside.starts_with('"') {
        let (name, rest) = quoted(inside)?;
        return Some((Segment::Key(name.as_str().into()), rest.strip_prefix(']')?));
    }
    let (index, rest) = inside.split_once(']')?;
    Some((Segment::Index(index.parse().ok()?), rest))
}

/// Reads a JSON string at the start of `text`; jq's interpolation is left to jq.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut strings = serde_json::Deserializer::from_str(text).into_iter::<String>();
    let name = strings.next()?.ok()?;
    let rest = text.get(strings.byte_offset()..)?;
    Some((name, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_told_from_jq() {
        let key = |name: &str| Segment::Key(name.into());
        assert_eq!(parse(".").unwrap_or_default(), []);
        assert_eq!(
            parse(".a.b[].c[0]"),
            Some(vec![
                key("a"),
                key("b"),
                Segment::Each,
                key("c"),
                Segment::Index(0),
            ])
        );
        assert_eq!(parse(r#".["x y"].z"#), Some(vec![key("x y"), key("z")]));
        assert_eq!(parse(".[][]"), Some(vec![Segment::Each, Segment::Each]));
        for jq in [
            "", "a", ".a | .b", ".a?", ".[-1]", "..", ".a,.b", "[.a]", ".a == 1", ".1",
        ] {
            assert_eq!(parse(jq), None, "{jq}");
        }
    }

    #[test]
    fn a_rooted_path_starts_with_a_word() {
        assert_eq!(
            parse_rooted("area.Name"),
            Some(("area", vec![Segment::Key("Name".into())]))
        );
        assert_eq!(
            parse_rooted("row[0]"),
            Some(("row", vec![Segment::Index(0)]))
        );
        assert_eq!(parse_rooted("row"), Some(("row", vec![])));
        assert_eq!(parse_rooted(".row"), None);
        assert_eq!(parse_rooted("length - 1"), None);
    }
}
