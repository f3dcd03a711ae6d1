//! Errors of the API as problem documents (RFC 9457).

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse, ResponseError,
    error::{JsonPayloadError, PayloadError, UrlencodedError},
    http::StatusCode,
};
use schema::reading::ReadError;
use serde::Serialize;
use utoipa::{
    IntoResponses, ToSchema,
    openapi::{Content, Ref, RefOr, Response, ResponseBuilder},
};

use crate::operations::OperationError;

/// Media type of a problem document.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// A problem document: the body of every error of the API.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The meaning of the status, in words.
    pub title: String,
    /// The status of the answer.
    pub status: u16,
    /// What is wrong with this request, and what to do.
    pub detail: String,
}

/// An error of a handler.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// A parameter or body cannot be used.
    #[error("{0}")]
    BadRequest(String),
    /// The request conflicts with the present state.
    #[error("{0}")]
    Conflict(String),
    /// The request needs a token.
    #[error("{0}")]
    Unauthorized(String),
    /// The token does not permit the request, or the server is read-only.
    #[error("{0}")]
    Forbidden(String),
    /// The route has other methods.
    #[error("this address does not have that method; it has {0}")]
    MethodNotAllowed(String),
    /// The body is larger than it may be.
    #[error("{0}")]
    TooLarge(String),
    /// The body is of another media type.
    #[error("{0}")]
    WrongMediaType(String),
    /// The body has the right form, and its values cannot be used.
    #[error("{0}")]
    Unprocessable(String),
    /// The request took longer than these seconds.
    #[error("the request took longer than {0} s and was ended")]
    TookTooLong(u64),
    /// The client closed the connection before it had its answer.
    #[error("the client left")]
    ClientLeft,
    /// Too many requests; retry after these seconds.
    #[error("too many requests with this token; retry after {0} s")]
    TooMany(u64),
    /// The query took longer than it may.
    #[error(
        "the query took longer than {} s and was ended; narrow it down",
        schema::reading::MAX_SECONDS
    )]
    TooSlow,
    /// The database does not answer.
    #[error("the database does not answer; retry in some seconds")]
    Unavailable(#[source] sqlx::Error),
    /// Another status, from the server itself.
    #[error("{1}")]
    Status(StatusCode, String),
    /// A defect of this program.
    #[error("an internal error; the log of the coordinator has its cause")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl WebError {
    /// Says that there is no `what`, which was asked for by `key`.
    #[must_use]
    pub fn no(what: &str, key: impl std::fmt::Display) -> Self {
        Self::NotFound(format!("there is no {what} {key}"))
    }

    /// An error with a status that the server chose.
    #[must_use]
    pub fn of_status(status: StatusCode, detail: String) -> Self {
        Self::Status(status, detail)
    }

    /// The problem document.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let status = self.status_code();
        Problem {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: self.to_string(),
        }
    }

    /// Seconds after which it can be tried again, where that helps.
    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooMany(seconds) => Some(*seconds),
            Self::Unavailable(_) | Self::TooSlow | Self::TookTooLong(_) => Some(5),
            _ => None,
        }
    }
}

impl ResponseError for WebError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::WrongMediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unprocessable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::TooSlow | Self::TookTooLong(_) | Self::Unavailable(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::ClientLeft => StatusCode::REQUEST_TIMEOUT,
            Self::Status(status, _) => *status,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        response.content_type(MEDIA_TYPE);
        if let Some(seconds) = self.retry_after() {
            response.insert_header(("Retry-After", seconds.to_string()));
        }
        if let Self::Unauthorized(_) = self {
            response.insert_header(("WWW-Authenticate", "Bearer"));
        }
        if let Self::MethodNotAllowed(allowed) = self {
            response.insert_header(("Allow", allowed.as_str()));
        }
        response.json(self.problem())
    }
}

impl From<ReadError> for WebError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::TooSlow => Self::TooSlow,
            ReadError::Database(error) if schema::connect::is_outage(&error) => {
                Self::Unavailable(error)
            }
            ReadError::Database(error) => Self::Internal(Box::new(error)),
        }
    }
}

impl From<OperationError> for WebError {
    fn from(error: OperationError) -> Self {
        match error {
            OperationError::NotFound(sentence) => Self::NotFound(sentence),
            OperationError::Invalid(sentence) => Self::Unprocessable(sentence),
            OperationError::Refused(reason) => Self::Conflict(reason),
            OperationError::Database(error) => ReadError::from(error).into(),
        }
    }
}

impl From<sqlx::Error> for WebError {
    fn from(error: sqlx::Error) -> Self {
        ReadError::from(error).into()
    }
}

impl From<JsonPayloadError> for WebError {
    fn from(error: JsonPayloadError) -> Self {
        match error {
            JsonPayloadError::OverflowKnownLength { limit, .. }
            | JsonPayloadError::Overflow { limit } => too_large(limit),
            JsonPayloadError::ContentType => {
                Self::WrongMediaType("the body must be application/json".to_owned())
            }
            JsonPayloadError::Deserialize(error) if error.is_data() => {
                Self::Unprocessable(format!("the body cannot be used: {error}"))
            }
            JsonPayloadError::Payload(PayloadError::Overflow) => too_large(0),
            error => Self::BadRequest(format!("the body is not JSON: {error}")),
        }
    }
}

impl From<UrlencodedError> for WebError {
    fn from(error: UrlencodedError) -> Self {
        match error {
            UrlencodedError::Overflow { limit, .. } => too_large(limit),
            UrlencodedError::ContentType => Self::WrongMediaType(
                "the body must be application/x-www-form-urlencoded".to_owned(),
            ),
            error => Self::BadRequest(format!("the form cannot be read: {error}")),
        }
    }
}

fn too_large(limit: usize) -> WebError {
    WebError::TooLarge(match limit {
        0 => "the body is too large".to_owned(),
        limit => format!("the body is larger than {limit} bytes"),
    })
}

/// The errors that every operation of the API may give, for its description.
#[derive(Debug, Clone, Copy)]
pub struct Problems;

impl Problems {
    /// Status, meaning, and whether only requests with a body can have it.
    const ALL: [(&'static str, &'static str, bool); 12] = [
        ("400", "The address or the body cannot be read.", false),
        ("401", "There is no token, or it is not valid.", false),
        (
            "403",
            "The token does not allow this, the server is read-only, or another site sent the request.",
            false,
        ),
        ("404", "There is no such thing.", false),
        ("405", "The address has other methods.", false),
        ("409", "The request conflicts with the present state.", true),
        ("413", "The body is too large.", true),
        ("415", "The body has another media type.", true),
        (
            "422",
            "The body has the right form, and its values cannot be used.",
            true,
        ),
        (
            "429",
            "Too many requests with this token; the header Retry-After says when to try again.",
            false,
        ),
        (
            "500",
            "A defect; the log of the coordinator has its cause.",
            false,
        ),
        (
            "503",
            "The database does not answer, or the query took too long.",
            false,
        ),
    ];

    /// The errors of operations with or without a body.
    #[must_use]
    pub fn of(has_body: bool) -> BTreeMap<String, RefOr<Response>> {
        Self::ALL
            .iter()
            .filter(|(_, _, needs_body)| has_body || !needs_body)
            .map(|&(status, meaning, _)| {
                let content = Content::new(Some(Ref::from_schema_name("Problem")));
                let response = ResponseBuilder::new()
                    .description(meaning)
                    .content(MEDIA_TYPE, content)
                    .build();
                (status.to_owned(), RefOr::T(response))
            })
            .collect()
    }
}

impl IntoResponses for Problems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        Self::of(true)
    }
}

impl From<askama::Error> for WebError {
    fn from(error: askama::Error) -> Self {
        Self::Internal(Box::new(error))
    }
}
