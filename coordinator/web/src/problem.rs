//! Errors of the API as problem documents (RFC 9457).

use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use schema::reading::ReadError;
use serde::Serialize;
use utoipa::ToSchema;

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
            Self::Unavailable(_) => Some(5),
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
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::TooSlow | Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
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

impl From<askama::Error> for WebError {
    fn from(error: askama::Error) -> Self {
        Self::Internal(Box::new(error))
    }
}
