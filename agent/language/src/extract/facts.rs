//! The facts of one page about the following pages.

use super::{
    ExtractError,
    carry::at,
    check::Check,
    field::{Field, Row},
    gaps::Gaps,
    scope::{Scope, plain},
};
use crate::{
    definition::{FieldWords, PagesWords},
    rows::Rows,
};

/// One page of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Its rows.
    pub rows: Rows,
    /// Its facts about the following pages.
    pub facts: PageFacts,
    /// The parts of the page that could not be read.
    pub gaps: Gaps,
    /// Rows that `where` left out.
    pub left_out: usize,
}

/// The facts of one page about the following pages, by the definition's `pages`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageFacts {
    /// Number of pages.
    pub total_pages: Option<u64>,
    /// Number of rows of all pages.
    pub total_rows: Option<u64>,
    /// The cursor of the next page, never empty.
    pub cursor: Option<String>,
    /// The address of the next page as the answer has it, never empty.
    pub link: Option<String>,
    /// Whether there are more pages; `None` if the definition does not ask.
    pub more: Option<bool>,
    /// Rows of this page as they came, before any is left out or taken apart.
    pub row_count: usize,
}

/// The words of pages, compiled.
#[derive(Debug, Default)]
pub(crate) struct PagesPlan {
    total: Option<Field>,
    rows: Option<Field>,
    cursor: Option<Field>,
    link: Option<Field>,
    more: Vec<Check>,
}

impl PagesPlan {
    /// Compiles the words; `scope` is that of the whole body.
    pub(crate) fn compile(
        words: &PagesWords,
        scope: &mut Scope<'_>,
    ) -> Result<Self, (String, String)> {
        let mut compile = |name: &str, field: &Option<FieldWords>| {
            let Some(field) = field else { return Ok(None) };
            plain(field, false, false)
                .and_then(|()| scope.field(name, field))
                .map(Some)
                .map_err(|problem| (name.to_owned(), problem))
        };
        Ok(Self {
            total: compile("total", &words.total)?,
            rows: compile("rows", &words.rows)?,
            cursor: compile("cursor", &words.cursor)?,
            link: compile("link", &words.link)?,
            more: Check::all(&words.more.0, scope)
                .map_err(|problem| ("more".to_owned(), problem))?,
        })
    }

    /// Reads the facts; `outside` is the body as a row. The rows are for others to count.
    pub(crate) fn read(&self, outside: &Row<'_>) -> Result<PageFacts, ExtractError> {
        let count = |field: &Option<Field>| match field {
            Some(field) => at(0, field, field.integer(outside))
                .map(|count| count.and_then(|count| u64::try_from(count).ok())),
            None => Ok(None),
        };
        // The last page has no next one, so nothing is not a mistake here.
        let text = |field: &Option<Field>| match field {
            Some(field) => at(0, field, field.text_or_none(outside))
                .map(|text| text.filter(|text| !text.is_empty()).map(Into::into)),
            None => Ok(None),
        };
        let more = if self.more.is_empty() {
            None
        } else {
            let mut more = true;
            for check in &self.more {
                more &= check.holds(outside)?;
            }
            Some(more)
        };
        Ok(PageFacts {
            total_pages: count(&self.total)?,
            total_rows: count(&self.rows)?,
            cursor: text(&self.cursor)?,
            link: text(&self.link)?,
            more,
            row_count: 0,
        })
    }
}
