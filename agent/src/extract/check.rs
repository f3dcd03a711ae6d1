//! Success inside a 200: what must hold of an answer before its rows are believed.

use scraper::{Html, Selector};

use super::{
    ExtractError,
    html::selector,
    jq::Filter,
    node::{Node, Shape},
    path::{self, Segment},
};

/// One check, compiled.
#[derive(Debug)]
pub(crate) struct Check {
    text: String,
    test: Test,
}

#[derive(Debug)]
enum Test {
    /// The value at a path is neither null nor false.
    True(Vec<Segment>),
    /// The value at a path is this one; or, if not wanted so, another.
    Equal(Vec<Segment>, serde_json::Value, bool),
    /// The filter gives something, and nothing of it is null or false.
    Jq(Filter),
    /// An element exists.
    Element(Selector),
}

impl Check {
    /// Compiles a check of JSON: a path, a comparison of one with a literal, or jq.
    pub(crate) fn json(source: &str, shape: &mut Shape) -> Result<Self, String> {
        let one = |part: &str| path::parse(part).filter(|path| !path.contains(&Segment::Each));
        let comparison = |sign: &str| {
            let (left, right) = source.split_once(sign)?;
            Some((one(left)?, serde_json::from_str(right.trim()).ok()?))
        };
        let test = if let Some(path) = one(source) {
            Test::True(path)
        } else if let Some((path, value)) = comparison("==") {
            Test::Equal(path, value, true)
        } else if let Some((path, value)) = comparison("!=") {
            Test::Equal(path, value, false)
        } else {
            Test::Jq(Filter::compile(source)?)
        };
        match &test {
            Test::True(path) | Test::Equal(path, _, _) => shape.keep(path),
            Test::Jq(_) | Test::Element(_) => shape.keep(&[]),
        }
        Ok(Self {
            text: source.to_owned(),
            test,
        })
    }

    /// Compiles a check of a page: a selector.
    pub(crate) fn page(text: &str) -> Result<Self, String> {
        Ok(Self {
            text: text.to_owned(),
            test: Test::Element(selector(text)?),
        })
    }

    /// Returns the error that this check fails.
    pub(crate) fn refusal(&self) -> ExtractError {
        ExtractError::Refused {
            check: self.text.clone(),
        }
    }

    /// Returns whether it holds of a JSON body.
    pub(crate) fn holds(&self, body: &Node<'_>) -> Result<bool, ExtractError> {
        match &self.test {
            Test::True(path) => Ok(body.at(path).is_true()),
            Test::Equal(path, value, wanted) => Ok(equal(body.at(path), value) == *wanted),
            Test::Jq(filter) => {
                let outputs = filter
                    .run(body)
                    .map_err(|problem| ExtractError::Selection { problem })?;
                Ok(!outputs.is_empty() && outputs.iter().all(Node::is_true))
            }
            Test::Element(_) => Ok(false),
        }
    }

    /// Returns whether it holds of a page.
    pub(crate) fn holds_of_page(&self, page: &Html) -> bool {
        match &self.test {
            Test::Element(selector) => page.select(selector).next().is_some(),
            Test::True(_) | Test::Equal(..) | Test::Jq(_) => false,
        }
    }
}

/// Compares as jq does: 1 and 1.0 are equal, 1 and "1" are not.
fn equal(node: &Node<'_>, value: &serde_json::Value) -> bool {
    match (node, value) {
        (Node::Number(a), serde_json::Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        _ => *node == Node::from(value),
    }
}
