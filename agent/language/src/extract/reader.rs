//! From an answer to a body that may be believed: marks, decoders, checks.

use scraper::Html;

use super::{
    Answer, ExtractError,
    check::Check,
    decode::{Chain, Lists},
    field::{Row, RowItem},
    given::Given,
    node::{Node, Shape},
    plan::MakeError,
    scope::Scope,
};
use crate::definition::{Decode, DefinitionError, OneOrMany};

/// How the answers to one kind of request are read, compiled.
#[derive(Debug)]
pub(crate) struct Reader {
    chain: Chain,
    ok: Vec<Check>,
    fail_if: Vec<Check>,
    blocked_if: Vec<Check>,
}

/// The words of success and failure.
pub(crate) struct Marks<'a> {
    pub(crate) ok: &'a OneOrMany,
    pub(crate) fail_if: &'a OneOrMany,
    pub(crate) blocked_if: &'a OneOrMany,
}

/// A body, decoded.
pub(crate) enum Body<'a> {
    /// JSON.
    Json(Node<'a>),
    /// HTML.
    Page(Box<Html>),
}

impl Body<'_> {
    /// Returns the whole body as a row, for values that hold for all rows.
    pub(crate) fn outside<'x>(&'x self, given: &'x Given<'x>) -> Row<'x> {
        let item = match self {
            Self::Json(node) => RowItem::Json(node),
            Self::Page(page) => RowItem::Element(page.root_element()),
        };
        Row::of(item, self.node(), given)
    }

    /// Returns the JSON; null for a page.
    pub(crate) fn node(&self) -> &Node<'_> {
        match self {
            Self::Json(node) => node,
            Self::Page(_) => &Node::Null,
        }
    }
}

impl Reader {
    /// Compiles the words; `scope` is that of the whole body.
    pub(crate) fn compile(
        decode: &Decode,
        lists: Lists,
        marks: &Marks<'_>,
        scope: &mut Scope<'_>,
        error: MakeError<'_>,
    ) -> Result<Self, DefinitionError> {
        const WAY_OUT: &str = "the reference of decoders says what each takes and gives";
        let chain = Chain::compile(decode, lists)
            .map_err(|problem| error(&["decode"], problem, WAY_OUT))?;
        let mut checks = |word: &str, texts: &OneOrMany| {
            if texts.0.iter().any(|text| text.starts_with("status:")) {
                let problem = "`status:` says that there are no rows".to_owned();
                return Err(error(&[word], problem, "write it in `empty_if`"));
            }
            Check::all(&texts.0, scope).map_err(|problem| {
                error(
                    &[word],
                    problem,
                    "write a path, a comparison, jq, a selector, or text:…",
                )
            })
        };
        Ok(Self {
            chain,
            ok: checks("ok", marks.ok)?,
            fail_if: checks("fail_if", marks.fail_if)?,
            blocked_if: checks("blocked_if", marks.blocked_if)?,
        })
    }

    /// Sets the parts of a body that are kept, after everything that reads it is compiled.
    pub(crate) fn keeping(mut self, shape: &Shape) -> Self {
        self.chain = self.chain.keeping(shape);
        self
    }

    /// Returns whether any check looks at the decoded body.
    pub(crate) fn needs_body(&self) -> bool {
        let mut all = self.ok.iter().chain(&self.fail_if).chain(&self.blocked_if);
        all.any(|check| !check.is_raw())
    }

    /// Returns whether the decoded body of a true answer has a mark.
    pub(crate) fn looks_inside(&self) -> bool {
        self.ok.iter().any(|check| !check.is_raw())
    }

    /// Judges an answer before it is decoded.
    ///
    /// # Errors
    ///
    /// [`ExtractError::Blocked`], [`ExtractError::Refused`] and [`ExtractError::Status`].
    pub(crate) fn admit(&self, answer: &Answer<'_>) -> Result<(), ExtractError> {
        let holds = |check: &&Check| check.holds_raw(answer.body);
        if let Some(mark) = self.blocked_if.iter().find(holds) {
            return Err(mark.blocked());
        }
        if !(200..300).contains(&answer.status) {
            return Err(ExtractError::Status {
                status: answer.status,
            });
        }
        if let Some(check) = self.fail_if.iter().find(holds) {
            return Err(check.refusal());
        }
        let mut ok = self.ok.iter().filter(|check| check.is_raw());
        match ok.find(|check| !check.holds_raw(answer.body)) {
            Some(check) => Err(check.refusal()),
            None => Ok(()),
        }
    }

    /// Decodes an answer that was admitted, and checks it.
    ///
    /// # Errors
    ///
    /// [`ExtractError`] if it cannot be decoded or fails a check.
    pub(crate) fn read<'a>(
        &'a self,
        answer: &Answer<'a>,
        given: &Given<'_>,
    ) -> Result<Body<'a>, ExtractError> {
        let body = self.chain.read(answer.body, answer.content_type, given)?;
        let row = body.outside(given);
        for check in &self.blocked_if {
            if check.holds(&row)? {
                return Err(check.blocked());
            }
        }
        for check in &self.ok {
            if !check.holds(&row)? {
                return Err(check.refusal());
            }
        }
        for check in &self.fail_if {
            if check.holds(&row)? {
                return Err(check.refusal());
            }
        }
        Ok(body)
    }
}
