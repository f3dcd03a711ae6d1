//! Why an answer gets no memory, and how its job fails.

use std::time::Duration;

use source_language::response::FetchError;
use thiserror::Error;
use vocabulary::ErrorClass;

/// Why there was no memory.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OverBudget {
    /// The source would take more than its share.
    #[error(
        "{what}, with all that its job holds, need {bytes} bytes, more than the {limit} bytes that \
         one source may take of this pod's memory; raise agent.memory or agent.source_share if its \
         answers are that large"
    )]
    Share {
        /// What was to be made.
        what: &'static str,
        /// How much its job would have held.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// Other jobs of the source held its share for too long.
    #[error(
        "{what} need {bytes} bytes, and other answers of the source held {taken} of the {limit} \
         bytes that one source may take for {wait:?}, its part of agent.memory_wait; raise \
         agent.memory or agent.source_share, or lower the concurrency of its limit"
    )]
    Busy {
        /// What was to be made.
        what: &'static str,
        /// How much more was needed.
        bytes: usize,
        /// Bytes that the source holds.
        taken: usize,
        /// Its limit.
        limit: usize,
        /// How long it waited.
        wait: Duration,
    },
    /// Answers of other sources held the memory of the pod for too long.
    #[error(
        "{what} need {bytes} bytes, and other sources held {taken} of the {limit} bytes of \
         agent.memory for {wait:?}, its part of agent.memory_wait"
    )]
    Full {
        /// What was to be made.
        what: &'static str,
        /// How much more was needed.
        bytes: usize,
        /// Bytes that all sources hold.
        taken: usize,
        /// The limit.
        limit: usize,
        /// How long it waited.
        wait: Duration,
    },
    /// The answer stalled while others waited for the bytes that it held.
    #[error("the answer stalled after {bytes} bytes while other answers waited for memory")]
    Stalled {
        /// Bytes that it held.
        bytes: usize,
    },
}

impl OverBudget {
    /// How a job fails that has no memory.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Share { .. } | Self::Busy { .. } | Self::Full { .. } => ErrorClass::Oversized,
            Self::Stalled { .. } => ErrorClass::Timeout,
        }
    }

    pub(super) fn label(&self) -> &'static str {
        match self {
            Self::Share { .. } => "share",
            Self::Busy { .. } => "busy",
            Self::Full { .. } => "full",
            Self::Stalled { .. } => "stalled",
        }
    }
}

impl From<OverBudget> for FetchError {
    fn from(over: OverBudget) -> Self {
        Self::new(over.class(), over.to_string())
    }
}
