//! The literal that a script assigns to a name.
//!
//! A script is not run: the literal is cut out by its brackets, what JSON5 does not know
//! (`new Date(…)`, template strings, `undefined`, `!0`) is rewritten, and the rest is read
//! as JSON or JSON5.

use std::ops::Range;

use serde::de::DeserializeSeed;

use crate::extract::{
    ExtractError, allowance,
    node::{Node, Shape},
};

mod cut;
mod tokens;

#[cfg(test)]
mod tests;

use cut::Cutter;
use tokens::Inert;

/// Places where the name stands that are tried; more is no script but an attack.
const MAX_PLACES: usize = 32;
/// Bytes of a value in the tree of the reader, about.
const VALUE_BYTES: usize = 200;

/// Reads the literal after `name =` or `name:` in `text`.
///
/// # Errors
///
/// [`ExtractError::NoContainer`] if there is none, and [`ExtractError::Undecodable`] if there are
/// some and none can be read.
pub(super) fn read(text: &str, name: &str) -> Result<Node<'static>, ExtractError> {
    let decoder = || format!("js:{name}");
    let mut problem = None;
    for literal in places(text, name).take(MAX_PLACES) {
        match value(literal) {
            Ok(node) => return Ok(node),
            Err(found) => problem = problem.or(Some(found)),
        }
    }
    Err(match problem {
        Some(problem) => ExtractError::Undecodable {
            decoder: decoder(),
            problem,
        },
        None => ExtractError::NoContainer { place: decoder() },
    })
}

/// Returns what follows each `name =` and `name:` that is code.
fn places<'t>(text: &'t str, name: &'t str) -> impl Iterator<Item = &'t str> {
    let inert = if text.contains(name) {
        tokens::inert(text)
    } else {
        Vec::new()
    };
    text.match_indices(name).filter_map(move |(at, _)| {
        if !is_code(&inert, at..at + name.len()) {
            return None;
        }
        let before = text.get(..at)?.chars().next_back();
        if before.is_some_and(is_word) {
            return None;
        }
        let after = text.get(at + name.len()..)?;
        // The key of an object may be quoted.
        let after = match before {
            Some(quote @ ('"' | '\'')) => after.strip_prefix(quote)?,
            _ => after,
        };
        let after = after.trim_start();
        let literal = after
            .strip_prefix('=')
            .or_else(|| after.strip_prefix(':'))?;
        (!literal.starts_with('=')).then(|| literal.trim_start())
    })
}

/// Returns whether a name at `at` is code: not inside of a comment, a string, a template or a
/// regular expression, unless it is all of a string, as the name of a member.
fn is_code(inert: &[Inert], at: Range<usize>) -> bool {
    let after = inert.partition_point(|part| part.at.start <= at.start);
    let part = after.checked_sub(1).and_then(|before| inert.get(before));
    part.is_none_or(|part| {
        let is_all = part.at.start + 1 == at.start && part.at.end == at.end + 1;
        part.at.end <= at.start || part.is_string && is_all
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// Reads a text that is one literal: JSON with the additions of scripts, such as comments, `NaN`
/// and names without quotes. `NaN` and the like become null.
pub(super) fn whole(text: &str) -> Result<Node<'static>, String> {
    let text = text.trim().trim_start_matches('\u{FEFF}');
    strict(text).or_else(|_| parse(&Cutter::cut_all(text)?))
}

/// Reads the literal at the start of `text`.
fn value(text: &str) -> Result<Node<'static>, String> {
    if let Some(inside) = text.strip_prefix("JSON.parse(") {
        let Node::Text(json) = parse(&Cutter::cut(inside.trim_start())?)? else {
            return Err("`JSON.parse` is not given a text".to_owned());
        };
        return strict(&json).map_err(|error| {
            format!(
                "the text in `JSON.parse` {}",
                super::json::problem(json.as_bytes(), &error)
            )
        });
    }
    parse(&Cutter::cut(text)?)
}

/// Most scripts hold plain JSON, which is read much faster than JSON5.
fn parse(literal: &str) -> Result<Node<'static>, String> {
    strict(literal).or_else(|_| {
        // The reader makes a tree of its own first.
        let values = literal
            .bytes()
            .filter(|byte| b",:[{".contains(byte))
            .count();
        allowance::take(values * VALUE_BYTES + literal.len());
        let mut reader = json5::Deserializer::from_str(literal);
        let whole = Shape::whole();
        let node = whole.deserialize(&mut reader).map_err(|error| {
            let at = error.position().map_or_else(String::new, |at| {
                format!(" at line {}, column {}", at.line + 1, at.column + 1)
            });
            format!(
                "the literal is no value of a script{at}: `{}`",
                crate::wording::shown(literal)
            )
        })?;
        Ok(node.into_owned())
    })
}

fn strict(text: &str) -> Result<Node<'static>, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let whole = Shape::whole();
    let node = whole.deserialize(&mut reader)?;
    reader.end()?;
    Ok(node.into_owned())
}
