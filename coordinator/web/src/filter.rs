//! The filters of lists, as the query of an address has them: the same for pages and the API.

use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use schema::{
    enums::{ErrorClass, Outcome},
    reading::{
        job_list::JobListFilter,
        task::{TaskFilter, TaskState},
    },
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::problem::WebError;

/// Rows of a page, if the request does not say.
pub const DEFAULT_ROWS: i64 = 50;
/// Rows of a page at most.
pub const MAX_ROWS: i64 = 500;
/// The window of a list of jobs, if the request does not say.
pub const DEFAULT_WINDOW: &str = "1h";

/// The words for outcomes in an address.
pub const OUTCOMES: [(&str, &[Outcome]); 7] = [
    ("succeeded", &[Outcome::Succeeded]),
    ("failed", &[Outcome::Failed]),
    ("lost", &[Outcome::Lost]),
    ("failed-or-lost", &[Outcome::Failed, Outcome::Lost]),
    ("returned", &[Outcome::Returned]),
    ("continued", &[Outcome::Continued]),
    ("cancelled", &[Outcome::Cancelled]),
];

/// All classes of errors.
pub const CLASSES: [ErrorClass; 13] = [
    ErrorClass::Timeout,
    ErrorClass::Unreachable,
    ErrorClass::Throttled,
    ErrorClass::Unavailable,
    ErrorClass::Refused,
    ErrorClass::Missing,
    ErrorClass::Rejected,
    ErrorClass::Redirected,
    ErrorClass::Oversized,
    ErrorClass::Malformed,
    ErrorClass::Unexpected,
    ErrorClass::Forbidden,
    ErrorClass::Definition,
];

/// Rows of a list that a request wants.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Rows at most, from 1 to 500; 50 if it is absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 500)]
    pub limit: Option<String>,
}

impl PageQuery {
    /// The number of rows.
    ///
    /// # Errors
    ///
    /// If it is no number from 1 to [`MAX_ROWS`].
    pub fn rows(&self) -> Result<i64, WebError> {
        rows(self.limit.as_deref())
    }

    /// The cursor as what the list has, such as an instant.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn cursor<C: std::str::FromStr>(&self) -> Result<Option<C>, WebError> {
        given(self.cursor.as_deref())
            .map(|text| {
                text.parse()
                    .map_err(|_| WebError::BadRequest("cursor is not one of this list".to_owned()))
            })
            .transpose()
    }
}

/// Filters of a list of jobs.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct JobQuery {
    /// Name of the source.
    pub source: Option<String>,
    /// Name of the step.
    pub step: Option<String>,
    /// Number of the task.
    #[param(value_type = Option<i64>)]
    pub task: Option<String>,
    /// How they ended: `succeeded`, `failed`, `lost`, `failed-or-lost`, `returned`, `continued` or
    /// `cancelled`.
    pub outcome: Option<String>,
    /// Class of the error, such as `timeout`.
    pub class: Option<String>,
    /// Name of the pod.
    pub pod: Option<String>,
    /// They ended at this time or later: an instant such as `2026-11-30T05:00:00Z`, or a span back
    /// from now such as `15m`, `6h` or `7d`; the last hour if it is absent.
    pub since: Option<String>,
    /// They ended before this instant.
    pub until: Option<String>,
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Rows at most, from 1 to 500; 50 if it is absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 500)]
    pub limit: Option<String>,
}

impl JobQuery {
    /// Checks the filter; spans of time count back from `now`.
    ///
    /// # Errors
    ///
    /// If a value cannot be understood.
    pub fn filter(&self, now: DateTime<Utc>) -> Result<JobListFilter, WebError> {
        let outcomes = match given(self.outcome.as_deref()) {
            None => Vec::new(),
            Some(word) => OUTCOMES
                .iter()
                .find(|(known, _)| *known == word)
                .map(|(_, outcomes)| outcomes.to_vec())
                .ok_or_else(|| unknown("outcome", word, OUTCOMES.map(|(word, _)| word)))?,
        };
        let error_class = given(self.class.as_deref())
            .map(|word| {
                CLASSES
                    .into_iter()
                    .find(|class| class.label() == word)
                    .ok_or_else(|| unknown("class", word, CLASSES.map(ErrorClass::label)))
            })
            .transpose()?;
        Ok(JobListFilter {
            source: given(self.source.as_deref()).map(str::to_owned),
            step: given(self.step.as_deref()).map(str::to_owned),
            task_id: number(self.task.as_deref(), "task")?,
            outcomes,
            error_class,
            pod: given(self.pod.as_deref()).map(str::to_owned),
            since: instant(
                given(self.since.as_deref()).unwrap_or(DEFAULT_WINDOW),
                now,
                "since",
            )?,
            until: given(self.until.as_deref())
                .map(|text| instant(text, now, "until"))
                .transpose()?,
            before_seq: number(self.cursor.as_deref(), "cursor")?,
        })
    }

    /// The number of rows.
    ///
    /// # Errors
    ///
    /// If it is no number from 1 to [`MAX_ROWS`].
    pub fn rows(&self) -> Result<i64, WebError> {
        rows(self.limit.as_deref())
    }
}

/// Filters of a list of tasks.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct TaskQuery {
    /// Name of the source.
    pub source: Option<String>,
    /// Name of the step.
    pub step: Option<String>,
    /// How the key begins.
    pub key: Option<String>,
    /// `active` (the default), `due`, `failing`, `isolated` or `retired`.
    pub state: Option<String>,
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Rows at most, from 1 to 500; 50 if it is absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 500)]
    pub limit: Option<String>,
}

impl TaskQuery {
    /// Checks the filter.
    ///
    /// # Errors
    ///
    /// If a value cannot be understood.
    pub fn filter(&self) -> Result<TaskFilter, WebError> {
        let state = match given(self.state.as_deref()) {
            None => TaskState::default(),
            Some(word) => TaskState::ALL
                .into_iter()
                .find(|state| state.word() == word)
                .ok_or_else(|| unknown("state", word, TaskState::ALL.map(TaskState::word)))?,
        };
        let after = given(self.cursor.as_deref())
            .map(|cursor| {
                let (step, key) = cursor.split_once(':').unwrap_or_default();
                let step = step.parse().map_err(|_| {
                    WebError::BadRequest("cursor is not one of this list".to_owned())
                })?;
                Ok::<_, WebError>((step, key.to_owned()))
            })
            .transpose()?;
        Ok(TaskFilter {
            source: given(self.source.as_deref()).map(str::to_owned),
            step: given(self.step.as_deref()).map(str::to_owned),
            key_prefix: given(self.key.as_deref()).map(str::to_owned),
            state,
            after,
        })
    }

    /// The number of rows.
    ///
    /// # Errors
    ///
    /// If it is no number from 1 to [`MAX_ROWS`].
    pub fn rows(&self) -> Result<i64, WebError> {
        rows(self.limit.as_deref())
    }
}

/// A value that a form was given; an empty field is none. A text with a zero byte is none either:
/// no text of the database has one.
#[must_use]
pub fn given(value: Option<&str>) -> Option<&str> {
    value
        .map(str::trim)
        .filter(|text| !text.is_empty() && !text.contains('\0'))
}

fn number<N: std::str::FromStr>(text: Option<&str>, name: &str) -> Result<Option<N>, WebError> {
    given(text)
        .map(|text| {
            text.parse()
                .map_err(|_| WebError::BadRequest(format!("{name} `{text}` is not a number")))
        })
        .transpose()
}

/// Reads how many rows of a list a request wants.
///
/// # Errors
///
/// If it is no number from 1 to [`MAX_ROWS`].
pub fn rows(limit: Option<&str>) -> Result<i64, WebError> {
    let rows: i64 = number(limit, "limit")?.unwrap_or(DEFAULT_ROWS);
    if (1..=MAX_ROWS).contains(&rows) {
        Ok(rows)
    } else {
        Err(WebError::BadRequest(format!(
            "limit is {rows}; it may be from 1 to {MAX_ROWS}"
        )))
    }
}

fn unknown<const N: usize>(name: &str, word: &str, known: [&str; N]) -> WebError {
    WebError::BadRequest(format!(
        "{name} `{word}` is not one of {}",
        known.join(", ")
    ))
}

/// Reads an instant: RFC 3339, the same without a zone (UTC), or a span back from `now`.
fn instant(text: &str, now: DateTime<Utc>, name: &str) -> Result<DateTime<Utc>, WebError> {
    let of_span = || {
        let count: i64 = text.get(..text.len() - 1)?.parse().ok()?;
        let span = match text.as_bytes().last()? {
            b's' => Duration::try_seconds(count),
            b'm' => Duration::try_minutes(count),
            b'h' => Duration::try_hours(count),
            b'd' => Duration::try_days(count),
            _ => None,
        }?;
        (count >= 0).then(|| now.checked_sub_signed(span)).flatten()
    };
    let of_form = || {
        ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
            .map(|at| at.and_utc())
    };
    let at = text
        .parse::<DateTime<Utc>>()
        .ok()
        .or_else(of_form)
        .or_else(|| {
            text.is_char_boundary(text.len() - 1)
                .then(of_span)
                .flatten()
        });
    // Postgres has no times beyond these years.
    at.filter(|at| (0..9_000).contains(&chrono::Datelike::year(at)))
        .ok_or_else(|| {
            WebError::BadRequest(format!(
                "{name} `{text}` is no time: give one such as 2026-11-30T05:00:00Z, or 15m, 6h, 7d"
            ))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_is_an_instant_or_a_span_back() {
        let now = at("2026-11-30T05:00:00Z");
        let read = |text| instant(text, now, "since").ok();
        assert_eq!(read("90m"), Some(at("2026-11-30T03:30:00Z")));
        assert_eq!(read("2026-11-29T05:00"), Some(at("2026-11-29T05:00:00Z")));
        assert_eq!(
            read("2026-11-29T05:00:00+01:00"),
            Some(at("2026-11-29T04:00:00Z"))
        );
        for wrong in [
            "-1h",
            "h",
            "1ä",
            "999999999999d",
            "yesterday",
            "99999-01-01T00:00:00Z",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_filter_is_checked_and_empty_fields_are_none() {
        let now = at("2026-11-30T05:00:00Z");
        let query = JobQuery {
            outcome: Some("failed-or-lost".to_owned()),
            class: Some(String::new()),
            ..JobQuery::default()
        };
        let filter = query.filter(now).unwrap();
        assert_eq!(filter.outcomes, [Outcome::Failed, Outcome::Lost]);
        assert_eq!(
            (filter.error_class, filter.since),
            (None, at("2026-11-30T04:00:00Z"))
        );
        let wrong = JobQuery {
            class: Some("slow".to_owned()),
            ..JobQuery::default()
        };
        assert!(matches!(wrong.filter(now), Err(WebError::BadRequest(_))));
        assert!(rows(Some("501")).is_err() && rows(Some("0")).is_err());
    }
}
