//! The walk through the pages of an answer: which comes next, and whether one does.

use serde_json::{Value, json};

use vocabulary::ErrorClass;

use super::Problem;
use crate::{
    definition::PagesWords,
    extract::{Gaps, Page},
};

/// The position of a walk.
#[derive(Debug, Default)]
pub(super) struct PageWalk {
    /// Pages that were read.
    read: u16,
    /// Number of the first, as the source counts.
    from: u32,
    offset: u64,
    rows: u64,
    cursor: Option<String>,
    link: Option<String>,
    is_over: bool,
    /// Number of all rows by the first page and by the last.
    totals: Option<(u64, u64)>,
    /// The rows that could not be read so far.
    gaps: Gaps,
    /// Rows that `where` left out so far.
    left_out: u64,
}

impl PageWalk {
    /// Whether all pages were read.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Ends it: what came is a page that was read before.
    pub(super) fn ends(&mut self) {
        self.is_over = true;
    }

    /// Returns the rows that could not be read.
    pub(super) fn gaps(&self) -> &Gaps {
        &self.gaps
    }

    /// Rows that came, and how many of them `where` left out.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.rows, self.left_out)
    }

    /// Takes rows for which no page was asked.
    pub(super) fn took_unasked(&mut self, page: &Page) {
        self.rows += page.facts.row_count as u64;
        self.left_out += page.left_out as u64;
        self.gaps.append(page.gaps.clone());
        self.is_over = true;
    }

    /// Says that rows came or went while the pages were read, if the pages show it.
    pub(super) fn moved(&self) -> Option<String> {
        let (first, last) = self.totals.filter(|(first, last)| first != last)?;
        Some(format!(
            "the first page said {first} and the last {last}: rows came or went between the \
             requests"
        ))
    }

    /// Takes what putting the pages together showed, and decides whether rows moved from page
    /// to page while they were read: then others may have been missed.
    pub(super) fn settle(&mut self, words: Option<&PagesWords>, gaps: Gaps, repeated: usize) {
        self.gaps.append(gaps);
        let Some(words) = words else { return };
        if let Some(moved) = self.moved() {
            self.gaps.add(|| moved);
            return;
        }
        let distinct = self.rows.saturating_sub(repeated as u64);
        match self.totals {
            Some((total, _)) if words.rows.is_some() && distinct != total => {
                let missing = usize::try_from(total.saturating_sub(distinct)).unwrap_or(usize::MAX);
                self.gaps.add_many(missing.max(1), || {
                    format!("{distinct} different rows came where the answer says {total}")
                });
            }
            Some(_) if words.rows.is_some() => {}
            _ if words.overlap => {}
            _ => self.gaps.add_many(repeated, || {
                format!(
                    "{repeated} rows came again on a later page: rows moved between the requests"
                )
            }),
        }
    }

    /// Which page is next, from 0.
    pub(super) fn page(&self) -> u16 {
        self.read
    }

    /// The address of the next page, if it has one of its own.
    pub(super) fn link(&self) -> Option<&str> {
        self.link.as_deref()
    }

    /// Sets the number with which the source begins to count pages.
    pub(super) fn counts_from(&mut self, words: Option<&PagesWords>) {
        self.from = words.map_or(0, |words| words.from);
    }

    /// Returns the value of `page` in templates.
    pub(super) fn values(&self) -> Value {
        json!({
            "number": u64::from(self.from) + u64::from(self.read),
            "offset": self.offset,
            "cursor": self.cursor.as_deref().unwrap_or_default(),
            "link": self.link.as_deref().unwrap_or_default(),
        })
    }

    /// Takes a page and decides whether there is another one. If the definition has several signs
    /// of the last page, the first one that holds ends the walk: last pages often still name a next
    /// one.
    ///
    /// # Errors
    ///
    /// [`ErrorClass::Malformed`] if pages or rows are missing.
    pub(super) fn took(&mut self, words: Option<&PagesWords>, page: &Page) -> Result<(), Problem> {
        let facts = &page.facts;
        self.read = self.read.saturating_add(1);
        self.rows += facts.row_count as u64;
        self.left_out += page.left_out as u64;
        self.gaps.append(page.gaps.clone());
        if let Some(total) = facts.total_rows.or(facts.total_pages) {
            let (first, _) = self.totals.unwrap_or((total, total));
            self.totals = Some((first, total));
        }
        let Some(words) = words else {
            self.is_over = true;
            return Ok(());
        };
        let mut ways = 0;
        let mut goes_on = true;
        let mut way = |asked: bool, more: bool| {
            if asked {
                ways += 1;
                goes_on &= more;
            }
        };
        way(
            words.total.is_some(),
            facts
                .total_pages
                .is_some_and(|total| u64::from(self.read) < total),
        );
        way(
            words.rows.is_some(),
            facts.total_rows.is_some_and(|total| self.rows < total) && facts.row_count > 0,
        );
        way(
            words.cursor.is_some(),
            facts.cursor.is_some() && facts.cursor != self.cursor,
        );
        way(
            words.link.is_some(),
            facts.link.is_some() && facts.link != self.link,
        );
        way(!words.more.0.is_empty(), facts.more == Some(true));
        way(
            words.until_empty || words.until_repeated,
            facts.row_count > 0,
        );
        if ways == 0 || !goes_on {
            self.is_over = true;
            return self.is_whole(words, page);
        }
        if self.read >= words.at_most {
            let message = format!(
                "there are more than {} pages; raise `pages.at_most` if that is true",
                words.at_most
            );
            return Err(Problem::new(ErrorClass::Malformed, message));
        }
        self.offset += words.size.map_or(facts.row_count as u64, u64::from);
        self.cursor.clone_from(&facts.cursor);
        self.link.clone_from(&facts.link);
        Ok(())
    }

    fn is_whole(&self, words: &PagesWords, page: &Page) -> Result<(), Problem> {
        let truncated = |problem: String| {
            Err(Problem::new(
                ErrorClass::Malformed,
                format!("the answer is truncated: {problem}"),
            ))
        };
        match (page.facts.total_rows, page.facts.total_pages) {
            (Some(total), _) if words.rows.is_some() && self.rows < total => {
                truncated(format!("{} rows came of {total}", self.rows))
            }
            (_, Some(total)) if words.total.is_some() && u64::from(self.read) < total => {
                truncated(format!("{} pages came of {total}", self.read))
            }
            (None, _) if words.rows.is_some() => {
                truncated("it does not say how many rows there are".to_owned())
            }
            (_, None) if words.total.is_some() => {
                truncated("it does not say how many pages there are".to_owned())
            }
            _ => Ok(()),
        }
    }
}
