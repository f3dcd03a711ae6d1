//! The values that a request made first gives to what comes later.

use serde_json::{Map, Value};

use super::{
    Answer, ExtractError,
    carry::Carry,
    decode::Lists,
    facts::{PageFacts, PagesPlan},
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
    pages: Option<PagesPlan>,
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
        let pages = words.pages.as_ref();
        let pages = pages.map(|words| PagesPlan::compile(words, &mut scope));
        let pages = pages.transpose().map_err(|(word, problem)| {
            error(&["pages", &word], problem, "a page tells of those after it")
        })?;
        Ok(Self {
            reader: reader.keeping(&scope.shape),
            take,
            pages,
        })
    }

    /// Reads one answer: the values, and its facts about the following pages.
    pub(crate) fn run(
        &self,
        answer: &Answer<'_>,
        given: &Given<'_>,
    ) -> Result<(Map<String, Value>, PageFacts), ExtractError> {
        self.reader.admit(answer)?;
        if self.take.is_empty() && !self.reader.needs_body() && self.pages.is_none() {
            return Ok((Map::new(), PageFacts::default()));
        }
        let body = self.reader.read(answer, given)?;
        let outside = body.outside(given);
        let values = self.take.read(0, &outside)?;
        let mut facts = match &self.pages {
            Some(pages) => pages.read(&outside)?,
            None => PageFacts::default(),
        };
        let lists = values.values().filter_map(Value::as_array);
        facts.row_count = lists.map(Vec::len).sum();
        Ok((values, facts))
    }
}
