//! What is wrong with a request, as a problem document (RFC 9457).

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};
use event_contract::{Answer, EventAnswer, NotAllowed, RequestError, limits::MAX_BODY_BYTES};
use serde::Serialize;

use crate::keys::rate::Refusal;

/// Media type of a problem document.
const MEDIA_TYPE: &str = "application/problem+json";
/// Seconds after which a request that found the receiver busy may be sent again.
const RETRY_SECONDS: u64 = 5;
/// The largest body whose key is in the body: it is read before it is known who sends it.
pub(crate) const MAX_KEYLESS_BYTES: usize = 512 << 10;

/// Why a request has no answer of its own.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    /// The body holds no events that can be distinguished.
    #[error(transparent)]
    Request(#[from] RequestError),
    #[error("there is no {0}: send events to /v1/events, or as Segment's libraries do")]
    NotFound(String),
    #[error("this address takes POST")]
    MethodNotAllowed,
    #[error(
        "the request has no key: send it as the user of Basic, as Bearer, or as writeKey in the body"
    )]
    NoKey,
    #[error("the key is unknown, expired or revoked; `coordinator event key create` makes one")]
    UnknownKey,
    #[error("{0}")]
    NotAllowed(#[from] NotAllowed),
    #[error("the body did not arrive within {0} s")]
    SlowBody(u64),
    #[error("the body is incomplete: {0}")]
    Incomplete(String),
    #[error("the body is larger than {MAX_BODY_BYTES} bytes: send fewer events at once")]
    BodyTooLarge,
    #[error(
        "the body has its key within and is larger than {MAX_KEYLESS_BYTES} bytes: send the key in the header Authorization"
    )]
    KeylessTooLarge,
    #[error("content encoding {0:?} is not supported: send one of gzip, deflate, br, zstd")]
    Coding(String),
    #[error("the body cannot be unpacked: {0}")]
    Broken(String),
    #[error("the key sent more than {} events a second; retry after {} s", .0.per_second, .0.wait_seconds)]
    TooMany(Refusal),
    #[error("the requests under way take all of receive.memory; retry after {RETRY_SECONDS} s")]
    Full,
    #[error("too many unknown keys are sent now; retry after {RETRY_SECONDS} s")]
    TooManyUnknown,
    #[error("the database does not answer; retry after {RETRY_SECONDS} s")]
    Unavailable,
    /// Events were not stored, or it is not known whether they were.
    #[error(
        "events are not stored; send the whole request again, what is stored stays stored once"
    )]
    NotStored(Answer),
    #[error("an internal error; the log of the receiver has its cause")]
    Internal,
}

/// The body of an answer that says what is wrong.
#[derive(Debug, Serialize)]
struct Document<'a> {
    /// Always `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    detail: String,
    /// A word for programs.
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<&'a str>,
    #[serde(skip_serializing_if = "<[EventAnswer]>::is_empty")]
    results: &'a [EventAnswer],
}

impl Problem {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Request(error) => {
                StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST)
            }
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NoKey | Self::UnknownKey => StatusCode::UNAUTHORIZED,
            Self::NotAllowed(_) => StatusCode::FORBIDDEN,
            Self::SlowBody(_) => StatusCode::REQUEST_TIMEOUT,
            Self::Incomplete(_) | Self::Broken(_) => StatusCode::BAD_REQUEST,
            Self::BodyTooLarge | Self::KeylessTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Coding(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Full | Self::TooManyUnknown | Self::Unavailable | Self::NotStored(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Request(error) => error.code(),
            Self::NotFound(_) => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::NoKey => "no_key",
            Self::UnknownKey => "unknown_key",
            Self::NotAllowed(_) => "not_allowed",
            Self::SlowBody(_) => "slow_body",
            Self::Incomplete(_) => "incomplete",
            Self::BodyTooLarge | Self::KeylessTooLarge => "body_too_large",
            Self::Coding(_) => "content_encoding",
            Self::Broken(_) => "broken_encoding",
            Self::TooMany(_) => "rate_limited",
            Self::Full => "busy",
            Self::TooManyUnknown => "too_many_unknown_keys",
            Self::Unavailable => "database_unavailable",
            Self::NotStored(_) => "not_stored",
            Self::Internal => "internal",
        }
    }

    pub(crate) fn response(&self) -> HttpResponse {
        let status = self.status();
        let mut response = HttpResponse::build(status);
        response.content_type(MEDIA_TYPE);
        match self {
            Self::TooMany(refusal) => {
                response.insert_header((header::RETRY_AFTER, refusal.wait_seconds));
                for (name, value) in refusal.headers() {
                    response.insert_header((name, value));
                }
            }
            _ if status == StatusCode::SERVICE_UNAVAILABLE => {
                response.insert_header((header::RETRY_AFTER, RETRY_SECONDS));
            }
            Self::NoKey | Self::UnknownKey => {
                response.insert_header((header::WWW_AUTHENTICATE, "Basic realm=\"events\""));
            }
            Self::MethodNotAllowed => {
                response.insert_header((header::ALLOW, "POST, OPTIONS"));
            }
            _ => {}
        }
        response.json(Document {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: self.to_string(),
            code: self.code(),
            pointer: match self {
                Self::Request(error) => error.pointer(),
                _ => None,
            },
            results: match self {
                Self::NotStored(answer) => &answer.results,
                _ => &[],
            },
        })
    }
}
