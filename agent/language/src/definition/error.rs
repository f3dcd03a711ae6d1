//! What is wrong with a definition, where, and the way out.

use std::ops::Range;

use thiserror::Error;
use toml::de::{DeTable, DeValue};

use crate::wording;

/// A definition that cannot work.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{file}:{line}: {problem}; {way_out}")]
pub struct DefinitionError {
    /// The file as it was named to [`Definition::parse`](super::Definition::parse).
    pub file: String,
    /// Line of the file, from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
    /// What to write instead.
    pub way_out: String,
}

impl DefinitionError {
    /// Makes an error at the word that `path` leads to, or at the nearest one above it.
    pub(crate) fn at(
        file: &str,
        text: &str,
        path: &[&str],
        problem: impl Into<String>,
        way_out: impl Into<String>,
    ) -> Self {
        Self {
            file: file.to_owned(),
            line: locate(text, path).map_or(1, |offset| line_of(text, offset)),
            problem: problem.into(),
            way_out: way_out.into(),
        }
    }

    /// Turns an error of the TOML reader into one that names the way out.
    pub(super) fn of_toml(file: &str, text: &str, error: &toml::de::Error) -> Self {
        let Range { start, .. } = error.span().unwrap_or_default();
        let problem = wording::toml(error.message());
        let way_out = way_out(&problem);
        Self {
            file: file.to_owned(),
            line: line_of(text, start),
            problem,
            way_out,
        }
    }
}

/// Returns the line, from 1, in which `offset` lies.
fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or_default();
    1 + before
        .split(|byte| *byte == b'\n')
        .count()
        .saturating_sub(1)
}

/// Returns where the word at `path` starts, or the last word on the way that exists.
fn locate(text: &str, path: &[&str]) -> Option<usize> {
    let document = DeTable::parse(text).ok()?;
    let mut table = document.get_ref();
    let mut found = None;
    for word in path {
        let Some((key, value)) = table.iter().find(|(key, _)| key.get_ref() == word) else {
            break;
        };
        found = Some(key.span().start);
        match value.get_ref() {
            DeValue::Table(inner) => table = inner,
            _ => break,
        }
    }
    found
}

/// Says what to do about a message of the TOML reader.
fn way_out(problem: &str) -> String {
    let mut quoted = problem.split('`').skip(1).step_by(2);
    let word = quoted.next().unwrap_or_default();
    if problem.starts_with("unknown field") || problem.starts_with("unknown variant") {
        let known: Vec<&str> = quoted.collect();
        return match nearest(word, &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "use one of the words above".to_owned(),
        };
    }
    if problem.starts_with("missing field") {
        return format!("add `{word} = …` to this table");
    }
    if problem.starts_with("duplicate key") {
        return "keep one of the two".to_owned();
    }
    "see the shipped definitions for how this is written".to_owned()
}

/// Returns the known word that is at most two letters, or a third of `word`, away.
pub(super) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|candidate| (distance(word, candidate), *candidate))
        .filter(|(distance, _)| *distance <= 2.max(word.len() / 3))
        .min()
        .map(|(_, candidate)| candidate)
}

/// Counts the letters to add, drop or change to get from `a` to `b`.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut previous = std::mem::replace(&mut row[0], i + 1);
        for (j, other) in b.iter().enumerate() {
            let substituted = previous + usize::from(letter != *other);
            previous = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(previous + 1);
        }
    }
    row[b.len()]
}
