//! Checks of an answer before its rows are used, and of a row before it counts.

use regex::bytes::Regex;
use scraper::Selector;
use serde_json::Value;

use super::{
    ExtractError,
    field::{Field, Row, RowItem},
    html::{inside, selector},
    jq::Filter,
    node::Node,
    path::{self, Segment},
    scope::Scope,
};

/// One check, compiled.
#[derive(Debug)]
pub(crate) struct Check {
    text: String,
    test: Test,
}

#[derive(Debug)]
enum Test {
    /// The body as it came has this text.
    Raw(Regex),
    /// The body as it came is nothing but blanks.
    NoBody,
    /// The answer has this HTTP status.
    Status(u16),
    /// A value is neither null nor false.
    True(Field),
    /// A value is this one; or, if not wanted so, another.
    Equal(Field, Value, bool),
    /// The filter gives something, and nothing of it is null or false.
    Jq(Filter),
    /// The filter does so for a value.
    Of(Field, Filter),
    /// The element matches, or has one inside that does.
    Element(Selector),
}

impl Check {
    /// Compiles every check of a list.
    ///
    /// # Errors
    ///
    /// The problem of the first that is broken, in a sentence.
    pub(crate) fn all(texts: &[String], scope: &mut Scope<'_>) -> Result<Vec<Self>, String> {
        texts
            .iter()
            .map(|text| Self::compile(text, scope))
            .collect()
    }

    /// Compiles a check: `text:…`, a path, a comparison of one with a literal, jq, or in a
    /// page a selector.
    fn compile(text: &str, scope: &mut Scope<'_>) -> Result<Self, String> {
        Ok(Self {
            text: text.to_owned(),
            test: Self::test(text, scope)?,
        })
    }

    fn test(text: &str, scope: &mut Scope<'_>) -> Result<Test, String> {
        if let Some(mark) = text.strip_prefix("text:") {
            if mark.is_empty() {
                return Err("`text:` looks for nothing: write the text after it".to_owned());
            }
            let regex = Regex::new(&regex::escape(mark));
            return regex.map(Test::Raw).map_err(|error| error.to_string());
        }
        if let Some(what) = text.strip_prefix("body:") {
            return match what.trim() {
                "empty" => Ok(Test::NoBody),
                _ => Err(format!("`{text}` is no check: write body:empty")),
            };
        }
        if let Some(status) = text.strip_prefix("status:") {
            let status = status.trim().parse().ok();
            let status = status.filter(|status| (200..600).contains(status));
            return status
                .map(Test::Status)
                .ok_or_else(|| format!("`{text}` is no HTTP status: write such as status:404"));
        }
        for (sign, wanted) in [("==", true), ("!=", false)] {
            let Some((left, right)) = text.split_once(sign) else {
                continue;
            };
            if let (true, Ok(value)) = (one(left, scope), serde_json::from_str(right.trim())) {
                let field = Field::of(left.trim(), scope.short(left.trim())?);
                return Ok(Test::Equal(field, value, wanted));
            }
        }
        if one(text, scope) {
            return Ok(Test::True(Field::of(text, scope.short(text)?)));
        }
        if let Some((value, rest)) = rooted(text, scope) {
            let field = Field::of(value, scope.short(value)?);
            return Ok(Test::Of(field, Filter::compile(&format!(". {rest}"))?));
        }
        if scope.html {
            return selector(text).map(Test::Element);
        }
        scope.keep_row();
        Filter::compile(text).map(Test::Jq)
    }

    /// Returns whether it asks for a value, or compares one with another.
    pub(crate) fn is_native(&self) -> bool {
        matches!(self.test, Test::True(_) | Test::Equal(..))
    }

    /// Returns it as it is written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Returns whether it looks at the body as it came.
    pub(crate) fn is_raw(&self) -> bool {
        matches!(self.test, Test::Raw(_) | Test::NoBody)
    }

    /// Returns the HTTP status that it looks for.
    pub(crate) fn status(&self) -> Option<u16> {
        match self.test {
            Test::Status(status) => Some(status),
            _ => None,
        }
    }

    /// Returns the error that an answer fails this check.
    pub(crate) fn refusal(&self) -> ExtractError {
        ExtractError::Refused {
            check: self.text.clone(),
        }
    }

    /// Returns the error that an answer bears this mark.
    pub(crate) fn blocked(&self) -> ExtractError {
        ExtractError::Blocked {
            mark: self.text.clone(),
        }
    }

    /// Returns whether it holds of the body as it came; a check that needs more does not.
    pub(crate) fn holds_raw(&self, raw: &[u8]) -> bool {
        match &self.test {
            Test::Raw(mark) => mark.is_match(raw),
            Test::NoBody => is_blank(raw),
            _ => false,
        }
    }

    /// Returns whether it holds of a row, or of the body seen as one.
    pub(crate) fn holds(&self, row: &Row<'_>) -> Result<bool, ExtractError> {
        let failed = |problem| ExtractError::Selection {
            problem: format!("the check `{}` {problem}", self.text),
        };
        match (&self.test, row.item) {
            (Test::Raw(_) | Test::NoBody, _) => Ok(self.holds_raw(row.given.raw)),
            (Test::Of(field, filter), _) => {
                let node = field.node(row).map_err(failed)?;
                let outputs = filter.run(&node, row.given).map_err(failed)?;
                Ok(!outputs.is_empty() && outputs.iter().all(Node::is_true))
            }
            (Test::True(field), _) => field.node(row).map(|node| node.is_true()).map_err(failed),
            (Test::Equal(field, value, wanted), _) => {
                let node = field.node(row).map_err(failed)?;
                Ok(equal(&node, value) == *wanted)
            }
            (Test::Jq(filter), RowItem::Json(node)) => {
                let outputs = filter
                    .run(node, row.given)
                    .map_err(|problem| ExtractError::Selection { problem })?;
                Ok(!outputs.is_empty() && outputs.iter().all(Node::is_true))
            }
            (Test::Element(selector), RowItem::Element(element)) => {
                let is_here = selector.matches(&element);
                let found = || inside(element, selector, row.given).map(|found| found.is_some());
                if is_here {
                    Ok(true)
                } else {
                    found().map_err(failed)
                }
            }
            // Looked at before there are rows.
            (Test::Status(_), _)
            // Compiled for the other kind of row: the scope refuses this.
            | (Test::Jq(_), RowItem::Element(_)) | (Test::Element(_), RowItem::Json(_)) => Ok(false),
        }
    }
}

/// Parts a check such as `film.seats > 0` or `film.genre | test("x")` into the value of a level,
/// or of what is handed down, and what is asked of it.
fn rooted<'t>(text: &'t str, scope: &Scope<'_>) -> Option<(&'t str, &'t str)> {
    const OPERATORS: [char; 4] = ['|', '<', '>', '='];
    let text = text.trim();
    let end = text.find(|c: char| c.is_whitespace() || OPERATORS.contains(&c) || c == '!')?;
    let (value, rest) = text.split_at(end);
    let rest = rest.trim_start();
    let (first, path) = path::parse_rooted(value)?;
    let is_asked = rest.starts_with(OPERATORS) || rest.starts_with("!=");
    let is_one = scope.knows(first) && !path.contains(&Segment::Each);
    (is_asked && is_one).then_some((value, rest))
}

/// Returns whether a body is nothing but blanks and a byte order mark.
fn is_blank(raw: &[u8]) -> bool {
    let raw = raw.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(raw);
    raw.trim_ascii().is_empty()
}

/// Returns whether `text` leads to one value, natively.
fn one(text: &str, scope: &Scope<'_>) -> bool {
    let single = |path: Vec<Segment>| !path.contains(&Segment::Each);
    let rooted =
        path::parse_rooted(text).is_some_and(|(first, path)| scope.knows(first) && single(path));
    rooted || !scope.html && path::parse(text).is_some_and(single)
}

/// Compares as jq does: 1 and 1.0 are equal, 1 and "1" are not.
fn equal(node: &Node<'_>, value: &Value) -> bool {
    match (node, value) {
        (Node::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        _ => *node == Node::from(value),
    }
}
