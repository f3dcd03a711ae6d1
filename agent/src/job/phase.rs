//! The phases of a job.

use std::fmt;

/// What a job is doing, for the message that says why it took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JobPhase {
    /// It reads its definition.
    Prepares,
    /// It waits for its limit.
    WaitsForLimit,
    /// It waits for an answer.
    Fetches,
    /// It reads an answer.
    Reads,
    /// It judges and stores its rows.
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
