//! What stands where a list belongs and is none: how the definition accepts it, where it
//! is, and whether it is a row by itself.

use std::fmt::Write as _;

use super::{field::Place, node::Node, path::Segment};

/// Removes the marks of a path such as `.films[].shows[]?`, and returns for each `[]` whether it
/// had one.
pub(super) fn without_marks(text: &str) -> (String, Vec<bool>) {
    let (mut plain, mut marks) = (String::with_capacity(text.len()), Vec::new());
    let (mut in_name, mut is_escaped) = (false, false);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let (false, Some(after)) = (in_name, rest.strip_prefix("[]")) {
            plain.push_str("[]");
            let marked = after.strip_prefix('?');
            marks.push(marked.is_some());
            rest = marked.unwrap_or(after);
            continue;
        }
        in_name ^= c == '"' && !is_escaped;
        is_escaped = in_name && c == '\\' && !is_escaped;
        plain.push(c);
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    (plain, marks)
}

/// Returns whether `node`, in the place of a list of rows, is a row itself: it has `member`
/// and no lists or objects, so that none of its values could be a row with that member.
pub(super) fn is_row(node: &Node<'_>, member: &str) -> bool {
    let is_single =
        |value: &Node<'_>| !matches!(value, Node::List(_) | Node::Object(_) | Node::Record(_));
    let has = |(name, value): (&str, &Node<'_>)| name == member && *value != Node::Null;
    match node {
        Node::Object(entries) => {
            let entries = || entries.iter().map(|(name, value)| (name.as_ref(), value));
            entries().any(has) && entries().all(|(_, value)| is_single(value))
        }
        Node::Record(record) => {
            record.members().any(has) && record.members().all(|(_, value)| is_single(value))
        }
        Node::Null | Node::Bool(_) | Node::Number(_) | Node::Text(_) | Node::List(_) => false,
    }
}

/// Returns what stands where one of the lists along `path` belongs, if one is none.
pub(super) fn no_list(root: &Node<'_>, path: &[Segment]) -> Option<&'static str> {
    let each = |index: &usize| path.get(*index) == Some(&Segment::Each);
    (0..path.len()).filter(each).find_map(|index| {
        let lists = super::path::every(root, path.get(..index)?);
        let none = lists
            .into_iter()
            .find(|node| !matches!(node, Node::List(_) | Node::Object(_) | Node::Record(_)));
        none.map(found)
    })
}

/// Returns where the walk stands: `.films[3].shows`.
pub(super) fn place(ways: &[Vec<Segment>], places: &[Place<'_>]) -> String {
    let mut text = String::new();
    for (level, way) in ways.iter().take(places.len() + 1).enumerate() {
        for segment in way {
            match segment {
                Segment::Key(key) => {
                    text.push('.');
                    text.push_str(&key.name);
                }
                Segment::Index(index) => write_index(&mut text, *index),
                Segment::Each => text.push_str("[]"),
            }
        }
        match places.get(level) {
            Some(Place::Index(index)) => write_index(&mut text, *index),
            Some(Place::Key(key)) => {
                let _ = write!(text, "[{key:?}]");
            }
            None => {}
        }
    }
    if text.is_empty() {
        ".".to_owned()
    } else {
        text
    }
}

fn write_index(text: &mut String, index: usize) {
    let _ = write!(text, "[{index}]");
}

/// Returns what `node` is, in a word.
pub(super) fn found(node: &Node<'_>) -> &'static str {
    match node {
        Node::Null => "null or missing",
        Node::Bool(true) => "true",
        Node::Bool(false) => "false",
        Node::Number(_) => "a number",
        Node::Text(_) => "a text",
        Node::List(_) => "a list",
        Node::Object(_) | Node::Record(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_belongs_to_the_list_before_it() {
        let read = |text: &str| without_marks(text);
        assert_eq!(
            read(".films[].shows[]?"),
            (".films[].shows[]".to_owned(), vec![false, true])
        );
        assert_eq!(
            read(".[]?.a[][]?"),
            (".[].a[][]".to_owned(), vec![true, false, true])
        );
        let quoted = r#".["a[]?"][]"#;
        assert_eq!(read(quoted), (quoted.to_owned(), vec![false]));
    }
}
