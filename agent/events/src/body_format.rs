//! Which format a body has, from its content type.

use crate::request_error::RequestError;
use crate::text::quote;

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyFormat {
    /// One JSON document. Where that fails and the first line is a JSON object, NDJSON.
    Json,
    /// One JSON document a line.
    Ndjson,
}

impl BodyFormat {
    /// Returns the format that a `Content-Type` header names; without one, JSON.
    ///
    /// `text/plain` is JSON too: a page that is being left can send it without a preflight request.
    ///
    /// # Errors
    ///
    /// Fails with [`RequestError::ContentType`] (415) for any other type and for a charset that is
    /// not UTF-8.
    pub fn from_content_type(content_type: Option<&str>) -> Result<Self, RequestError> {
        let Some(received) = content_type.map(str::trim).filter(|text| !text.is_empty()) else {
            return Ok(Self::Json);
        };
        let lower = received.to_ascii_lowercase();
        let mut parts = lower.split(';').map(str::trim);
        let format = match parts.next().unwrap_or_default() {
            "application/json" | "text/json" | "text/plain" => Some(Self::Json),
            "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl"
            | "application/x-jsonlines"
            | "application/jsonlines" => Some(Self::Ndjson),
            _ => None,
        };
        let is_utf8 = parts
            .filter_map(|parameter| parameter.strip_prefix("charset="))
            .all(|charset| matches!(charset.trim_matches('"'), "utf-8" | "utf8" | "us-ascii"));
        format
            .filter(|_| is_utf8)
            .ok_or_else(|| RequestError::ContentType {
                received: quote(received),
            })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn json_is_read_under_the_types_that_clients_send() {
        for content_type in [
            None,
            Some(""),
            Some("application/json"),
            Some("Application/JSON; charset=UTF-8"),
            Some("text/plain;charset=\"utf-8\""),
        ] {
            assert_eq!(
                BodyFormat::from_content_type(content_type),
                Ok(BodyFormat::Json),
                "{content_type:?}"
            );
        }
    }

    #[test]
    fn lines_are_read_under_the_types_of_ndjson() {
        for content_type in ["application/x-ndjson", "application/jsonl; charset=utf-8"] {
            assert_eq!(
                BodyFormat::from_content_type(Some(content_type)),
                Ok(BodyFormat::Ndjson)
            );
        }
    }

    #[test]
    fn other_types_and_charsets_answer_415() {
        for content_type in [
            "application/xml",
            "multipart/form-data; boundary=x",
            "application/json; charset=utf-16",
            ";",
        ] {
            let error = BodyFormat::from_content_type(Some(content_type)).unwrap_err();
            assert_eq!(error.status(), 415, "{content_type}");
        }
    }
}
