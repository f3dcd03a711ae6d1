//! From the bytes of one answer to typed rows.
//!
//! Takes a step, what was handed down to it and an [`Answer`]; gives [`Rows`]. Pure: no
//! clock, no network, no database, and nothing is kept. The bytes are written by
//! strangers, so everything that they can say wrong is an [`ExtractError`] that names the
//! row and the field. An answer without rows is an error unless the step expects it.
//!
//! The way of an answer: `decode` → `check` → `select` (JSON) or `page` (HTML) → `field`
//! → `cinema`, `showtime`, `seat`. `plan` compiles all of it once.

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value};
use thiserror::Error;

use crate::{rows::Rows, source::Source};

pub(crate) mod plan;

mod bridge;
mod check;
mod cinema;
mod decode;
mod field;
mod html;
mod jq;
mod labels;
mod money;
mod node;
mod page;
mod path;
mod price;
mod scope;
mod seat;
mod select;
mod showtime;
mod status;
mod time;

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod recorded;
#[cfg(test)]
mod shipped;

pub use bridge::{Page, PageFacts};

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

/// An answer that gives no rows.
#[derive(Debug, Error)]
pub enum ExtractError {
    /// The task names a step that this version of the definition does not have.
    #[error("there is no step `{step}` in the definition")]
    UnknownStep {
        /// The step.
        step: String,
    },
    /// The status says that this is no answer.
    #[error("the source answered with status {status}")]
    Status {
        /// HTTP status.
        status: u16,
    },
    /// The body is not JSON.
    #[error("the body is not the JSON that was expected")]
    Malformed {
        /// What the reader says, with line and column.
        #[source]
        source: serde_json::Error,
    },
    /// The source says, in a 200, that it failed.
    #[error("the answer fails the check `{check}`")]
    Refused {
        /// The check as it is written in the definition.
        check: String,
    },
    /// The answer bears a mark of a challenge, a login page or a refusal: the source is to be
    /// left alone until a person decides.
    #[error("the source does not want to be asked: the answer bears the mark `{mark}`")]
    Blocked {
        /// The mark as it is written in the definition.
        mark: String,
    },
    /// The place where rows should be does not exist.
    #[error("there is no `{place}` in the answer; did the source change its format?")]
    NoContainer {
        /// The path or selector.
        place: String,
    },
    /// The place exists and is empty.
    #[error("there are no rows in the answer; if that can be, say `may_be_empty = true`")]
    Empty,
    /// More rows than any cinema has.
    #[error("there are more than {limit} rows in the answer")]
    TooMany {
        /// The most that is accepted.
        limit: usize,
    },
    /// A selection fails on this body.
    #[error("{problem}")]
    Selection {
        /// What is wrong.
        problem: String,
    },
    /// A row does not have what it must.
    #[error("row {row}: field `{field}` {problem}")]
    Field {
        /// Index of the row, from 0.
        row: usize,
        /// Name of the field.
        field: String,
        /// What is wrong.
        problem: String,
    },
    /// Two rows have the same key.
    #[error("rows {first} and {second} have the same key `{key}`")]
    DuplicateKey {
        /// The key.
        key: String,
        /// Index of one row.
        first: usize,
        /// Index of the other.
        second: usize,
    },
    /// A code is not mapped, and the definition says that this is an error.
    #[error("row {row}: the status code `{code}` is not mapped")]
    UnmappedCode {
        /// Index of the row, from 0.
        row: usize,
        /// The code as it came.
        code: String,
    },
}

/// More rows than the largest auditorium or the longest listing has.
pub(crate) const MAX_ROWS: usize = 100_000;

/// What a step knows beside the body.
#[derive(Clone, Copy)]
pub(crate) struct Given<'a> {
    /// What the rows above handed down.
    pub(crate) params: &'a Map<String, Value>,
    /// The cinema's zone.
    pub(crate) timezone: &'a TimeZone,
    /// The source's defaults.
    pub(crate) source: &'a Source,
}

impl Source {
    /// Reads the answer to a request of `step`.
    ///
    /// `params` are those with which the request was made.
    ///
    /// # Errors
    ///
    /// [`ExtractError`] if the answer is refused, is not what the definition describes, or
    /// is silently empty. Either all rows are given or none.
    pub fn extract(
        &self,
        step: &str,
        params: &Map<String, Value>,
        answer: &Answer<'_>,
    ) -> Result<Rows, ExtractError> {
        let plan = self.plan(step).ok_or_else(|| ExtractError::UnknownStep {
            step: step.to_owned(),
        })?;
        if !(200..300).contains(&answer.status) {
            return Err(ExtractError::Status {
                status: answer.status,
            });
        }
        let zone = self.venue(params)?;
        let timezone = zone.as_ref().unwrap_or(&self.timezone);
        plan.run(
            answer,
            Given {
                params,
                timezone,
                source: self,
            },
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
