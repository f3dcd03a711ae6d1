//! Pages of the answer to a request that is made first.

use serde_json::{Map, Value, map::Entry};
use vocabulary::ErrorClass;

use super::{Conversation, Problem, hop};
use crate::{
    definition::PagesWords,
    extract::{Gaps, MAX_ROWS, Page, PageFacts},
    rows::Rows,
    source::{Request, request::RequestPlan},
};

impl Conversation {
    /// Fills in the request for the page whose turn it is; says whether that is the first.
    pub(super) fn page_of_first(
        &mut self,
        plan: &RequestPlan,
        words: Option<&PagesWords>,
    ) -> Result<(Request, bool), Problem> {
        if words.is_none() {
            let request = self.fill(plan)?;
            self.asks_host(&request.url);
            return Ok((request, true));
        }
        self.firsts.walk.counts_from(words);
        let page = self.firsts.walk.values();
        self.known.insert("page".to_owned(), page);
        let mut request = self.fill(plan)?;
        self.asks_host(&request.url);
        if let Some(link) = self.firsts.walk.link() {
            request = hop::led_to(&request, link)?;
            self.may_be_led_to(&request.url, "the link to the next page")?;
        }
        Ok((request, self.firsts.walk.page() == 0))
    }

    /// Takes what a page gave; gives what all gave together when there is no other.
    pub(super) fn pages_of_first(
        &mut self,
        words: Option<&PagesWords>,
        values: Map<String, Value>,
        facts: PageFacts,
    ) -> Result<Option<Map<String, Value>>, Problem> {
        let Some(words) = words else {
            return Ok(Some(values));
        };
        if words.until_repeated && self.firsts.pages.contains(&values) {
            self.firsts.walk.ends();
        } else {
            let rows = Rows::Items(Vec::new());
            let page = Page {
                rows,
                facts,
                gaps: Gaps::default(),
                left_out: 0,
            };
            self.firsts.walk.took(Some(words), &page)?;
            self.firsts.pages.push(values);
        }
        if !self.firsts.walk.is_over() {
            return Ok(None);
        }
        if let Some(moved) = self.firsts.walk.moved() {
            // What hangs on such a list takes its absent rows for a statement.
            return Err(Problem::new(ErrorClass::Malformed, moved));
        }
        self.known.remove("page");
        together(std::mem::take(&mut self.firsts.pages)).map(Some)
    }
}

/// Puts the lists of all pages together; other values are those of the first page.
fn together(pages: Vec<Map<String, Value>>) -> Result<Map<String, Value>, Problem> {
    let mut pages = pages.into_iter();
    let mut all = pages.next().unwrap_or_default();
    for page in pages {
        for (name, value) in page {
            match (all.entry(name), value) {
                (Entry::Occupied(mut known), Value::Array(more)) => {
                    if let Value::Array(items) = known.get_mut() {
                        items.extend(more);
                        if items.len() > MAX_ROWS {
                            let message =
                                format!("the pages have more than {MAX_ROWS} rows together");
                            return Err(Problem::new(ErrorClass::Malformed, message));
                        }
                    }
                }
                (Entry::Occupied(_), _) => {}
                (Entry::Vacant(place), value) => {
                    place.insert(value);
                }
            }
        }
    }
    Ok(all)
}
