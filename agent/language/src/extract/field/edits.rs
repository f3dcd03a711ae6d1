//! Edits of a value that was found: a part of it, the output of a filter, nothing.

use std::borrow::Cow;

use regex::Regex;
use regex_syntax::hir::{Hir, HirKind};

use super::{FieldProblem, Row, found::Found, unescape};
use crate::{
    definition::{FieldTable, Unescape},
    extract::jq::Filter,
};

/// The words that make something of a value, in the order in which they are applied.
#[derive(Debug)]
pub(crate) struct Edits {
    unescapes_html: bool,
    trims: bool,
    regex: Option<Group>,
    jq: Option<Filter>,
    /// Values that mean none.
    null_if: Vec<String>,
}

impl Edits {
    /// Compiles the words of a field; `None` if it has none of them.
    ///
    /// # Errors
    ///
    /// The problem, in a sentence.
    pub(crate) fn compile(words: &FieldTable) -> Result<Option<Box<Self>>, String> {
        let edits = Self {
            unescapes_html: words.unescape == Some(Unescape::Html),
            trims: words.trim,
            regex: words.regex.as_deref().map(Group::compile).transpose()?,
            jq: words.jq.as_deref().map(Filter::compile).transpose()?,
            null_if: words.null_if.0.clone(),
        };
        let any = edits.unescapes_html
            || edits.trims
            || edits.regex.is_some()
            || edits.jq.is_some()
            || !edits.null_if.is_empty();
        Ok(any.then(|| Box::new(edits)))
    }

    /// Makes of `found` what the words say.
    pub(super) fn apply<'x>(
        &'x self,
        mut found: Found<'x>,
        row: &Row<'x>,
    ) -> Result<Found<'x>, FieldProblem> {
        if self.unescapes_html || self.trims {
            found = self.reread(found, row)?;
        }
        if let Some(regex) = &self.regex {
            found = match found.into_text()? {
                None => Found::Nothing,
                Some(Cow::Borrowed(text)) => regex
                    .of(text)
                    .map_or(Found::Nothing, |group| Found::Text(group.into())),
                Some(Cow::Owned(text)) => regex
                    .of(&text)
                    .map_or(Found::Nothing, |group| Found::Text(group.to_owned().into())),
            };
        }
        if let Some(filter) = &self.jq
            && !found.is_nothing()
        {
            let outputs = match found {
                Found::Node(node) => filter.run(node, row.given)?,
                other => filter.run(&other.into_node(), row.given)?,
            };
            let first = outputs.into_iter().next();
            found = first.map_or(Found::Nothing, |first| Found::Owned(Box::new(first)));
        }
        if !self.null_if.is_empty()
            && let Some(text) = found.as_text()
            && self.null_if.iter().any(|none| *none == text)
        {
            return Ok(Found::Nothing);
        }
        Ok(found)
    }
}

impl Edits {
    /// Decodes references and trims blanks in a text; a value that is not a text is unchanged.
    fn reread<'x>(&self, found: Found<'x>, row: &Row<'x>) -> Result<Found<'x>, FieldProblem> {
        if !found.is_text() {
            return Ok(found);
        }
        let Some(mut text) = found.into_text()? else {
            return Ok(Found::Nothing);
        };
        row.given.takes_text(text.len());
        row.given.is_within_reach()?;
        if self.unescapes_html {
            text = unescape::html(text);
        }
        if self.trims {
            text = match text {
                Cow::Borrowed(text) => text.trim().into(),
                Cow::Owned(text) => text.trim().to_owned().into(),
            };
            if text.is_empty() {
                return Ok(Found::Nothing);
            }
        }
        Ok(Found::Text(text))
    }
}

/// The first group of an expression.
#[derive(Debug)]
struct Group {
    regex: Regex,
    /// Whether the group is all that the expression matches. Then there is no need to ask
    /// what its groups are, which is far slower.
    is_all: bool,
}

impl Group {
    fn compile(text: &str) -> Result<Self, String> {
        let regex = Regex::new(text).map_err(|_| crate::wording::regex(text))?;
        if regex.captures_len() < 2 {
            return Err(
                "the regular expression has no group: put ( ) around what counts".to_owned(),
            );
        }
        let hir = regex_syntax::parse(text).map_err(|_| crate::wording::regex(text))?;
        Ok(Self {
            regex,
            is_all: is_group(&hir),
        })
    }

    /// Returns what the group is in `text`.
    fn of<'t>(&self, text: &'t str) -> Option<&'t str> {
        if self.is_all {
            return self.regex.find(text).map(|found| found.as_str());
        }
        Some(self.regex.captures(text)?.get(1)?.as_str())
    }
}

/// Returns whether an expression is one group, apart from parts that match no text, such as `^` and
/// `$`.
fn is_group(hir: &Hir) -> bool {
    let parts = match hir.kind() {
        HirKind::Concat(parts) => parts.as_slice(),
        _ => std::slice::from_ref(hir),
    };
    let mut parts = parts
        .iter()
        .filter(|part| !matches!(part.kind(), HirKind::Look(_)));
    let first = parts.next().map(Hir::kind);
    matches!(first, Some(HirKind::Capture(_))) && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_group_is_found_whether_it_is_all_or_a_part() {
        for (expression, is_all, text, found) in [
            ("^([A-Z]+)", true, "AB12", Some("AB")),
            (r"(\d+)$", true, "AB12", Some("12")),
            ("^((a)|b)$", true, "b", Some("b")),
            ("(a|ab)", true, "ab", Some("a")),
            ("^(a)b?", false, "ab", Some("a")),
            ("(a)|b", false, "b", None),
            ("(a)?", false, "b", None),
            ("(x)(y)", false, "xy", Some("x")),
        ] {
            let group = Group::compile(expression).unwrap();
            assert_eq!(
                (group.is_all, group.of(text)),
                (is_all, found),
                "{expression}"
            );
        }
    }
}
