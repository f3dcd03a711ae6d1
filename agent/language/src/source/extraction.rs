//! Reads the answers to the steps of a compiled source.

use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::Source;
use crate::{
    extract::{Answer, ExtractError, Merged, Page, PageFacts, given::Given, merge::merge},
    rows::Rows,
    storable,
};

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

    /// Reads one page of the answer to `step`, and its facts about the following pages.
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
    /// its facts about the following pages; its rows are the items of the lists that it gives.
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
            zone.unwrap_or(&self.defaults.zone),
            &self.defaults,
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
            Some(name) if name != self.defaults.timezone => {
                TimeZone::get(name)
                    .map(Some)
                    .map_err(|_| ExtractError::Selection {
                        problem: format!("the cinema's time zone `{name}` does not exist"),
                    })
            }
            _ => Ok(None),
        }
    }

    /// Puts the rows of the pages of one answer together, in their order; what two rows with
    /// one key mean is for the definition to say.
    ///
    /// # Errors
    ///
    /// [`ExtractError::OnTwoPages`] if that is an error, [`ExtractError::Differing`] if two
    /// seats have one key, and [`ExtractError::Mixed`] if the pages are of different kinds or
    /// there are none.
    pub fn merge(&self, step: &str, pages: Vec<Rows>) -> Result<Merged, ExtractError> {
        let words = self.definition().steps.get(step);
        let words = words.ok_or_else(|| unknown(step))?;
        let plan = self.plan(step).ok_or_else(|| unknown(step))?;
        merge(plan, pages, words.same_key)
    }
}

fn unknown(step: &str) -> ExtractError {
    ExtractError::UnknownStep {
        step: step.to_owned(),
    }
}
