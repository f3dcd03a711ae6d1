//! The changes of a definition: the lines that differ, and the codes with another meaning.

use std::{fmt::Write as _, io::IsTerminal as _};

use schema::{
    attribute,
    enums::{AttributeMeaning, SeatStatus},
    mapping,
};
use similar::{ChangeTag, TextDiff};
use source_language::source::Source;
use sqlx::PgPool;

/// Lines around a change that are shown.
const AROUND: usize = 3;

/// The lines that differ between two definitions, as a patch has them; coloured if the
/// output is a terminal.
pub(super) fn lines(before: &str, after: &str, name: &str) -> String {
    let is_coloured = std::io::stdout().is_terminal();
    let diff = TextDiff::from_lines(before, after);
    let mut text = format!("--- {name} in force\n+++ {name} now\n");
    for hunk in diff.unified_diff().context_radius(AROUND).iter_hunks() {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{}", hunk.header());
        for change in hunk.iter_changes() {
            let (sign, colour) = match change.tag() {
                ChangeTag::Delete => ('-', "31"),
                ChangeTag::Insert => ('+', "32"),
                ChangeTag::Equal => (' ', ""),
            };
            let line = change.value().trim_end_matches('\n');
            let _ = if is_coloured && !colour.is_empty() {
                writeln!(text, "\x1b[{colour}m{sign}{line}\x1b[0m")
            } else {
                writeln!(text, "{sign}{line}")
            };
        }
    }
    text
}

/// Known codes of the source that the definition maps differently than the database.
pub(super) async fn codes(
    db: &PgPool,
    source: &Source,
) -> Result<Vec<(String, SeatStatus)>, sqlx::Error> {
    let known = mapping::codes(db, &source.definition().name).await?;
    Ok(known
        .into_iter()
        .filter_map(|code| {
            let status = source.meaning(&code.code)?;
            (code.status != Some(status)).then_some((code.code, status))
        })
        .collect())
}

/// Known attributes of the source that the definition maps differently than the database.
pub(super) async fn attributes(
    db: &PgPool,
    source: &Source,
) -> Result<Vec<(String, AttributeMeaning)>, sqlx::Error> {
    let known = attribute::attributes(db, &source.definition().name).await?;
    Ok(known
        .into_iter()
        .filter_map(|known| {
            let meaning = source.attribute_meaning(&known.code)?;
            (known.meaning.as_ref() != Some(meaning)).then(|| (known.code, meaning.clone()))
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_shown_as_a_patch() {
        let (before, after) = ("a\nb\nc\n", "a\nB\nc\n");
        let text = lines(before, after, "bhd");
        for line in ["--- bhd in force", "+++ bhd now", "-b", "+B", " a"] {
            assert!(text.lines().any(|shown| shown == line), "{line} in {text}");
        }
    }
}
