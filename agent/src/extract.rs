//! From the bytes of one answer to typed rows.
//!
//! Takes a step, what was handed down to it and an [`Answer`]; gives [`Rows`]. Pure: no
//! clock, no network, no database, and nothing is kept. The bytes are written by
//! strangers, so everything that they can say wrong is an [`ExtractError`] that names the
//! row and the field. An answer without rows is an error unless the step expects it.
//!
//! The way of an answer: `reader` (`decode`, `check`) → `rules` (`rows_at`: `select` or
//! `page`; `reshape`, `join`) → `field` → `cinema`, `showtime`, `seat`, `price`, `item`,
//! `observation` → `merge`. `plan` compiles all of it once; `take` and `facts` read what
//! other requests need to know.

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value};

use crate::{rows::Rows, source::Source, storable};
use given::Given;

pub(crate) mod allowance;
pub(crate) mod facts;
pub(crate) mod fixed;
pub(crate) mod follow;
pub(crate) mod plan;
pub(crate) mod take;

mod carry;
mod check;
mod cinema;
mod decode;
mod error;
mod field;
mod gaps;
mod given;
mod html;
mod item;
mod join;
mod jq;
mod labels;
mod merge;
mod missing;
mod money;
mod node;
mod observation;
mod page;
mod path;
mod price;
mod reader;
mod reshape;
mod rows_at;
mod rules;
mod scope;
mod seat;
mod select;
mod showtime;
mod status;
mod text;
mod time;

#[cfg(test)]
mod formats;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod recorded;
#[cfg(test)]
mod shipped;
#[cfg(test)]
mod words;

pub use error::ExtractError;
pub use facts::{Page, PageFacts};
pub use gaps::Gaps;
pub use merge::Merged;

/// What a source answered.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// HTTP status.
    pub status: u16,
    /// The header `Content-Type`, for its character set.
    pub content_type: Option<&'a str>,
    /// The body, decompressed.
    pub body: &'a [u8],
    /// When it came; only times that are written without their year depend on it.
    pub received_at: Timestamp,
}

/// More rows than the largest auditorium or the longest listing has.
pub(crate) const MAX_ROWS: usize = 100_000;

impl Source {
    /// Reads the answer to a request of `step`, or the rows that it has as `fixed`.
    ///
    /// `params` are those with which the request was made, and under their names the values
    /// that were taken of the requests before it.
    ///
    /// # Errors
    ///
    /// [`ExtractError`] if the answer is refused, is not what the definition describes, is
    /// silently empty, or has rows that cannot be stored. Either all rows are given or none.
    pub fn extract(
        &self,
        step: &str,
        params: &Map<String, Value>,
        answer: &Answer<'_>,
    ) -> Result<Rows, ExtractError> {
        let page = self.extract_page(step, params, answer, 0)?;
        storable::check(&page.rows)?;
        Ok(page.rows)
    }

    /// Reads one page of the answer to `step`, and what it says of the pages after it.
    ///
    /// `page_index` counts from 0. Pages after the first may be empty; whether an empty
    /// first one is accepted is for the definition to say. The rows of all pages are put
    /// together by [`Source::merge`].
    ///
    /// # Errors
    ///
    /// As [`Source::extract`].
    pub fn extract_page(
        &self,
        step: &str,
        params: &Map<String, Value>,
        answer: &Answer<'_>,
        page_index: usize,
    ) -> Result<Page, ExtractError> {
        let plan = self.plan(step).ok_or_else(|| unknown(step))?;
        let zone = self.venue(params)?;
        plan.run(
            answer,
            &self.given(params, zone.as_ref(), answer),
            page_index,
        )
    }

    /// Reads the answer to the request `first` of `step`: the values that it takes.
    ///
    /// They are known to what comes later under the name of the request: the caller puts
    /// them into the `params` of the next call. Where nothing is taken and nothing checked,
    /// any body will do.
    ///
    /// # Errors
    ///
    /// [`ExtractError`] if the answer is refused, or a value is missing.
    pub fn take(
        &self,
        step: &str,
        first: &str,
        params: &Map<String, Value>,
        answer: &Answer<'_>,
    ) -> Result<Map<String, Value>, ExtractError> {
        let (values, _) = self.take_page(step, first, params, answer)?;
        Ok(values)
    }

    /// Reads one page of the answer to the request `first` of `step`, as [`Source::take`], and
    /// what it says of the pages after it; its rows are the items of the lists it gives.
    ///
    /// # Errors
    ///
    /// As [`Source::take`].
    pub(crate) fn take_page(
        &self,
        step: &str,
        first: &str,
        params: &Map<String, Value>,
        answer: &Answer<'_>,
    ) -> Result<(Map<String, Value>, PageFacts), ExtractError> {
        let plan = self.take_plan(step, first);
        let plan = plan.ok_or_else(|| unknown(&format!("{step}.first.{first}")))?;
        let zone = self.venue(params)?;
        plan.run(answer, &self.given(params, zone.as_ref(), answer))
    }

    fn given<'a>(
        &'a self,
        params: &'a Map<String, Value>,
        zone: Option<&'a TimeZone>,
        answer: &Answer<'a>,
    ) -> Given<'a> {
        Given::new(
            params,
            zone.unwrap_or(&self.timezone),
            self,
            answer.received_at,
            answer.body,
        )
    }

    /// Returns the zone of the cinema to which a task belongs, if it is not the source's.
    fn venue(&self, params: &Map<String, Value>) -> Result<Option<TimeZone>, ExtractError> {
        let zone = params
            .get("cinema")
            .and_then(|cinema| cinema.get("timezone"));
        match zone.and_then(Value::as_str) {
            Some(name) if name != self.definition().timezone => TimeZone::get(name)
                .map(Some)
                .map_err(|_| ExtractError::Selection {
                    problem: format!("the cinema's time zone `{name}` does not exist"),
                }),
            _ => Ok(None),
        }
    }
}

fn unknown(step: &str) -> ExtractError {
    ExtractError::UnknownStep {
        step: step.to_owned(),
    }
}
