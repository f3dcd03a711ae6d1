//! Who asks, and what that allows.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpMessage as _, HttpRequest, dev::Payload};

use crate::problem::WebError;

/// What a token allows; each includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Reads everything.
    Read,
    /// Pauses, runs, cancels, maps codes, weighs, tries definitions.
    Operate,
    /// Puts definitions into force.
    Admin,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 3] = [Self::Read, Self::Operate, Self::Admin];

    /// The word as the table `api_token` has it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Operate => "operate",
            Self::Admin => "admin",
        }
    }

    /// The scope of this word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.word() == word)
    }
}

/// Who asks; the guard puts it into every request that needs a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// Name of the token, or `a user of this machine`.
    pub who: String,
    /// What it may do.
    pub scope: Scope,
    /// Number of its token; `None` for a request from this machine without one.
    pub token_id: Option<i32>,
    /// Whether the token came as a cookie, so that there is something to log out of.
    pub is_by_cookie: bool,
}

impl Viewer {
    /// A name that is unique among viewers, for limits and keys.
    #[must_use]
    pub fn key(&self) -> String {
        match self.token_id {
            Some(token_id) => format!("token {token_id}"),
            None => "loopback".to_owned(),
        }
    }

    /// The viewer of a request, if the guard let one in.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Option<Self> {
        request.extensions().get::<Self>().cloned()
    }
}

impl FromRequest for Viewer {
    type Error = WebError;
    type Future = Ready<Result<Self, WebError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let viewer = Self::of(request);
        ready(viewer.ok_or_else(|| WebError::Unauthorized("this needs a token".to_owned())))
    }
}
