//! The values that a request made first gives to what comes later.

use serde_json::{Map, Value};

use super::{
    Answer, ExtractError,
    carry::Carry,
    decode::Lists,
    given::Given,
    plan::MakeError,
    reader::{Marks, Reader},
    scope::Scope,
};
use crate::definition::{DefinitionError, FirstWords};

/// The answer to a first request, compiled.
#[derive(Debug)]
pub(crate) struct TakePlan {
    reader: Reader,
    take: Carry,
}

impl TakePlan {
    /// Compiles the words; `known` are the names that it may use.
    pub(crate) fn compile(
        words: &FirstWords,
        known: &[String],
        error: MakeError<'_>,
    ) -> Result<Self, DefinitionError> {
        let named = std::collections::BTreeMap::new();
        let mut scope = Scope::of_body(words.decode.is_html(), known, &named);
        let marks = Marks {
            ok: &words.ok,
            fail_if: &words.fail_if,
            blocked_if: &words.blocked_if,
        };
        let reader = Reader::compile(&words.decode, Lists::default(), &marks, &mut scope, error)?;
        let take =
            Carry::compile("take", &words.take, &mut scope).map_err(|(place, problem)| {
                let place: Vec<&str> = place.split('.').collect();
                error(
                    &place,
                    problem,
                    "values stand in the answer to this request",
                )
            })?;
        Ok(Self {
            reader: reader.keeping(&scope.shape),
            take,
        })
    }

    /// Reads one answer.
    pub(crate) fn run(
        &self,
        answer: &Answer<'_>,
        given: &Given<'_>,
    ) -> Result<Map<String, Value>, ExtractError> {
        self.reader.admit(answer)?;
        if self.take.is_empty() && !self.reader.needs_body() {
            return Ok(Map::new());
        }
        let body = self.reader.read(answer, given)?;
        self.take.read(0, &body.outside(given))
    }
}
