//! Stands in until the extraction reads pages and first answers.

use serde_json::{Map, Value};

use super::{Answer, ExtractError};
use crate::{rows::Rows, source::Source};

/// One page of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Its rows.
    pub rows: Rows,
    /// What it says of the pages after it.
    pub facts: PageFacts,
}

/// What one page says of the pages after it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageFacts {
    /// Number of pages.
    pub total_pages: Option<u64>,
    /// Number of rows of all pages.
    pub total_rows: Option<u64>,
    /// The cursor of the next page, never empty.
    pub cursor: Option<String>,
    /// The address of the next page as it is written, never empty.
    pub link: Option<String>,
    /// Whether there are more pages.
    pub more: Option<bool>,
    /// Rows of this page as they came.
    pub row_count: usize,
}

#[allow(missing_docs, clippy::missing_errors_doc)]
impl Source {
    #[must_use]
    pub fn fixed(&self, step: &str) -> Option<Vec<u8>> {
        self.definition().steps.get(step)?.fixed.as_ref()?;
        Some(Vec::new())
    }

    pub fn extract_page(
        &self,
        step: &str,
        params: &Map<String, Value>,
        answer: &Answer<'_>,
        _page_index: usize,
    ) -> Result<Page, ExtractError> {
        let rows = self.extract(step, params, answer)?;
        Ok(Page {
            rows,
            facts: PageFacts::default(),
        })
    }

    pub fn take(
        &self,
        _step: &str,
        _first: &str,
        _params: &Map<String, Value>,
        _answer: &Answer<'_>,
    ) -> Result<Map<String, Value>, ExtractError> {
        Ok(Map::new())
    }

    pub fn merge(&self, _step: &str, mut pages: Vec<Rows>) -> Result<Rows, ExtractError> {
        pages.pop().ok_or(ExtractError::Empty)
    }
}
