//! The head of a response: the class of its status, its headers, the pause that it asks for.

use std::time::Duration;

use http::{
    StatusCode,
    header::{self, HeaderMap, HeaderName},
};
use vocabulary::ErrorClass;

mod retry_after;

/// A request that gave no body to extract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchError {
    /// The class of the error.
    pub class: ErrorClass,
    /// The status, if there was an answer.
    pub http_status: Option<u16>,
    /// The wait that the source asked for, at most an hour.
    pub retry_after: Option<Duration>,
    /// The message for people.
    pub message: String,
}

impl FetchError {
    /// An error without an answer.
    #[must_use]
    pub fn new(class: ErrorClass, message: impl Into<String>) -> Self {
        Self {
            class,
            http_status: None,
            retry_after: None,
            message: message.into(),
        }
    }

    /// The same, with the status of its answer.
    #[must_use]
    pub fn at_status(self, status: u16) -> Self {
        Self {
            http_status: Some(status),
            ..self
        }
    }

    /// The refusal that a status is. A pause that it asks for is cut to `at_most`.
    #[must_use]
    pub fn of_status(
        class: ErrorClass,
        status: u16,
        headers: &HeaderMap,
        at_most: Option<Duration>,
    ) -> Self {
        let may_wait = matches!(status, 429 | 503);
        let wait = header_of(headers, header::RETRY_AFTER).filter(|_| may_wait);
        let wait = wait.and_then(|value| {
            retry_after::parse(&value, header_of(headers, header::DATE).as_deref())
        });
        let shown = StatusCode::from_u16(status)
            .map_or_else(|_| status.to_string(), |status| status.to_string());
        Self {
            class,
            http_status: Some(status),
            retry_after: wait.map(|wait| at_most.map_or(wait, |most| wait.min(most))),
            message: format!("status {shown}"),
        }
    }
}

/// Returns a header as text.
#[must_use]
pub fn header_of(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let value = headers.get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// The class of a status; `None` for those whose body is the answer.
#[must_use]
pub fn class_of(status: u16) -> Option<ErrorClass> {
    match status {
        200 | 201 | 203 => None,
        300..=399 => Some(ErrorClass::Redirected),
        401 | 403 | 451 => Some(ErrorClass::Refused),
        404 | 410 => Some(ErrorClass::Missing),
        429 => Some(ErrorClass::Throttled),
        400..=499 => Some(ErrorClass::Rejected),
        500..=599 => Some(ErrorClass::Unavailable),
        // Another 1xx or 2xx, or a number that is none.
        _ => Some(ErrorClass::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_its_class() {
        let expected = [
            (200, None),
            (204, Some(ErrorClass::Malformed)),
            (301, Some(ErrorClass::Redirected)),
            (304, Some(ErrorClass::Redirected)),
            (400, Some(ErrorClass::Rejected)),
            (403, Some(ErrorClass::Refused)),
            (404, Some(ErrorClass::Missing)),
            (410, Some(ErrorClass::Missing)),
            (429, Some(ErrorClass::Throttled)),
            (451, Some(ErrorClass::Refused)),
            (500, Some(ErrorClass::Unavailable)),
            (503, Some(ErrorClass::Unavailable)),
            (999, Some(ErrorClass::Malformed)),
        ];
        for (status, class) in expected {
            assert_eq!(class_of(status), class, "{status}");
        }
    }
}
