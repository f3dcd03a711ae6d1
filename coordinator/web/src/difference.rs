//! The lines in which two texts differ.

use similar::{ChangeTag, TextDiff};

/// Lines around a change that are shown.
const AROUND: usize = 3;
/// Lines of a difference that are shown at most.
const MAX_LINES: usize = 2_000;

/// A line of a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// `add`, `del`, `at` for the head of a hunk, or empty.
    pub class: &'static str,
    /// `+`, `-`, or a space.
    pub sign: char,
    /// The line, without its end.
    pub text: String,
}

/// Compares two texts line by line, as a patch does.
#[must_use]
pub fn lines(before: &str, after: &str) -> Vec<Line> {
    let diff = TextDiff::from_lines(before, after);
    let mut lines = Vec::new();
    for hunk in diff.unified_diff().context_radius(AROUND).iter_hunks() {
        lines.push(Line {
            class: "at",
            sign: ' ',
            text: hunk.header().to_string(),
        });
        for change in hunk.iter_changes() {
            let (class, sign) = match change.tag() {
                ChangeTag::Delete => ("del", '-'),
                ChangeTag::Insert => ("add", '+'),
                ChangeTag::Equal => ("", ' '),
            };
            let text = change.value().trim_end_matches(['\n', '\r']).to_owned();
            lines.push(Line { class, sign, text });
        }
        if lines.len() > MAX_LINES {
            lines.truncate(MAX_LINES);
            break;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_line_is_taken_away_and_added() {
        let lines = lines("a\nb\nc\n", "a\nB\nc\n");
        let shown: Vec<_> = lines
            .iter()
            .map(|line| (line.class, line.text.as_str()))
            .collect();
        assert_eq!(
            shown[1..],
            [("", "a"), ("del", "b"), ("add", "B"), ("", "c")]
        );
    }
}
