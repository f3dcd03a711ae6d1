//! Texts that are tables: delimited values, lines.

use std::borrow::Cow;

use csv::ReaderBuilder;

use crate::extract::{
    MAX_ROWS, allowance,
    node::{Node, last_of_each},
};

/// Longest name of a column: it is copied into each row.
const MAX_NAME_BYTES: usize = 256;
/// Bytes of a text in addition to its characters, and of the place of its value.
const VALUE_BYTES: usize = 64;

/// Reads a header line, then one object a line.
///
/// # Errors
///
/// The problem: a line with another number of values than the header, or too many lines.
pub(super) fn delimited(text: &str, sign: u8) -> Result<Node<'static>, String> {
    let mut reader = ReaderBuilder::new()
        .delimiter(sign)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let names = reader.headers().map_err(|error| message(&error))?.clone();
    if let Some(name) = names.iter().find(|name| name.len() > MAX_NAME_BYTES) {
        let start: String = name.chars().take(20).collect();
        return Err(format!(
            "the column `{start}…` has a name of more than {MAX_NAME_BYTES} bytes"
        ));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| message(&error))?;
        if rows.len() == MAX_ROWS {
            return Err(format!("there are more than {MAX_ROWS} lines"));
        }
        let entries = names.iter().zip(&record);
        let entry = |(name, value): (&str, &str)| (owned(name), Node::Text(owned(value)));
        // Of two columns with one name the last counts, as of two members of an object.
        rows.push(Node::Object(last_of_each(entries.map(entry).collect())));
    }
    Ok(Node::List(rows))
}

/// Says what is wrong with a line.
fn message(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths {
            pos,
            expected_len,
            len,
        } => {
            let line = pos.as_ref().map_or(0, csv::Position::line);
            format!("line {line} has {len} values where the header has {expected_len}")
        }
        _ => "it is no list of values with one sign between them".to_owned(),
    }
}

/// Returns the lines that are not empty, as texts.
pub(super) fn lines(text: &str) -> Node<'static> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    Node::List(lines.map(|line| Node::Text(owned(line))).collect())
}

fn owned(text: &str) -> Cow<'static, str> {
    allowance::take(VALUE_BYTES + text.len());
    Cow::Owned(text.to_owned())
}
