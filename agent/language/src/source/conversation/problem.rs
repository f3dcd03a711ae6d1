//! Why a conversation gives no rows.

use vocabulary::ErrorClass;

use super::{Conversation, Response};
use crate::{
    extract::ExtractError,
    response::{FetchError, class_of},
    source::RequestError,
    wording::with_causes,
};

/// Why a conversation gives no rows.
pub type Problem = FetchError;

impl Conversation {
    /// Refuses what the status says is no answer.
    pub(super) fn refuse(&self, response: &Response) -> Result<(), Problem> {
        match class_of(response.status) {
            None => Ok(()),
            Some(class) => {
                let at_most = self.limit().retry_after_at_most;
                Err(Problem::of_status(
                    class,
                    response.status,
                    &response.headers,
                    at_most,
                ))
            }
        }
    }
}

/// A request that could not be made.
pub(super) fn definition(error: &RequestError) -> Problem {
    Problem::new(ErrorClass::Definition, with_causes(error))
}

/// An answer that could not be read.
pub(super) fn unread(error: &ExtractError) -> Problem {
    let class = match error {
        ExtractError::Blocked { .. } => ErrorClass::Refused,
        _ => ErrorClass::Malformed,
    };
    Problem::new(class, with_causes(error))
}
