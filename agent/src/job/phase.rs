//! The phases of a job.

use std::fmt;

/// The phase of a job, for the message that says why it took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JobPhase {
    /// The job reads its definition.
    Prepares,
    /// The job waits for its limit.
    WaitsForLimit,
    /// The job waits for an answer.
    Fetches,
    /// The job reads an answer.
    Reads,
    /// The job judges and stores its rows.
    Stores,
}

impl fmt::Display for JobPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Prepares => "reading its definition",
            Self::WaitsForLimit => "waiting for its limit",
            Self::Fetches => "waiting for an answer",
            Self::Reads => "reading an answer",
            Self::Stores => "storing its rows",
        })
    }
}
