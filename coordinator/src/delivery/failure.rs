//! Why a destination did not take a build.

use std::time::Duration;

use thiserror::Error;

/// Why a destination did not take a build.
#[derive(Debug, Error)]
pub enum DeliveryFailure {
    /// It does not answer, refuses its credentials, or takes nothing now: others to it would fail as well.
    #[error("{reason}")]
    Unavailable {
        /// A sentence for people.
        reason: String,
        /// The pause that it asks for.
        retry_after: Option<Duration>,
    },
    /// It cannot take this build; it may take others.
    #[error("{0}")]
    Refused(String),
    /// The database fails.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl DeliveryFailure {
    /// Makes the failure of a destination that takes nothing.
    #[must_use]
    pub fn unavailable(reason: impl Into<String>) -> Self {
        Self::Unavailable {
            reason: reason.into(),
            retry_after: None,
        }
    }
}
