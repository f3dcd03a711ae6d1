//! The types that a conversation exchanges with its caller, which sends the requests.

use std::{fmt, sync::Arc};

use http::header::{CONTENT_TYPE, HeaderMap, SET_COOKIE};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use vocabulary::RequestKind;

use crate::{
    extract::Answer,
    rows::Rows,
    source::{
        Request,
        memory::{AnswerKey, Kept},
        robots::MAX_ROBOTS_BYTES,
    },
};

/// The next step of a conversation.
#[derive(Debug)]
pub enum Next {
    /// This is to be sent, and its answer given to [`Conversation::answer`](super::Conversation::answer).
    Send(Box<NextRequest>),
    /// The conversation has ended.
    Done(Rows),
}

/// A request with its purpose.
#[derive(Debug, Clone)]
pub struct NextRequest {
    /// Its purpose.
    pub purpose: Purpose,
    /// The request to send.
    pub request: Request,
    /// Redirects that led here.
    pub hops: u8,
    pub(super) key: Option<AnswerKey>,
    pub(super) kept: Option<Arc<Kept>>,
}

impl NextRequest {
    /// Returns the purpose of the request as the history has it.
    #[must_use]
    pub fn kind(&self) -> RequestKind {
        match &self.purpose {
            _ if self.hops > 0 => RequestKind::Redirect,
            Purpose::Robots => RequestKind::Robots,
            Purpose::First { .. } => RequestKind::First,
            Purpose::Own { page: 0 } => RequestKind::Step,
            Purpose::Own { .. } => RequestKind::Page,
        }
    }

    /// Whether its answer may be used again, for another request or another conversation.
    #[must_use]
    pub fn is_cacheable(&self) -> bool {
        self.key.is_some()
    }

    /// After how many bytes the body of the answer may be cut; none if all of it counts.
    #[must_use]
    pub fn cut_at(&self) -> Option<usize> {
        // One byte more shows that the last line is cut.
        (self.purpose == Purpose::Robots).then_some(MAX_ROBOTS_BYTES + 1)
    }
}

/// The purpose of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// Whether the host lets us ask.
    Robots,
    /// One of the requests to be made first.
    First {
        /// Its name.
        name: String,
        /// Which item of `one_of`, from 0.
        candidate: usize,
    },
    /// The step's own.
    Own {
        /// Which page, from 0.
        page: u16,
    },
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Robots => f.write_str("robots.txt"),
            Self::First { name, candidate: 0 } => write!(f, "first `{name}`"),
            Self::First { name, candidate } => write!(f, "first `{name}`, candidate {candidate}"),
            Self::Own { page: 0 } => f.write_str("the step's own request"),
            Self::Own { page } => write!(f, "page {page}"),
        }
    }
}

/// A whole answer of any status.
#[derive(Clone)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The body, decompressed; empty where the status says that it is no answer.
    pub body: Vec<u8>,
    /// When it was complete.
    pub received_at: Timestamp,
}

/// Shows the size of the body, and none of its content.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .field("received_at", &self.received_at)
            .finish_non_exhaustive()
    }
}

impl Response {
    /// Returns what fields know as `answer`: the status, the headers by their names in small
    /// letters, and the cookies that it sets.
    pub(super) fn as_answer(&self) -> Value {
        let mut headers = Map::new();
        for (name, value) in &self.headers {
            if let (true, Ok(value)) = (name != SET_COOKIE, value.to_str()) {
                headers.insert(name.as_str().to_owned(), value.into());
            }
        }
        let set = self.headers.get_all(SET_COOKIE).iter();
        let cookies = set.filter_map(|value| {
            let pair = value.to_str().ok()?.split(';').next()?;
            let (name, value) = pair.split_once('=')?;
            Some((name.trim().to_owned(), value.trim().into()))
        });
        let cookies: Map<String, Value> = cookies.collect();
        json!({ "status": self.status, "headers": headers, "cookies": cookies })
    }
}

/// Returns the part of a response that an extraction reads.
pub(super) fn answer_of(response: &Response) -> Answer<'_> {
    let content_type = response.headers.get(CONTENT_TYPE);
    Answer {
        status: response.status,
        content_type: content_type.and_then(|value| value.to_str().ok()),
        body: &response.body,
        received_at: response.received_at,
    }
}
