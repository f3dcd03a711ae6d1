//! The report of a receiver, `received-NAME.json` beside the manifest: what it applied, what it lacks.

use serde::{Deserialize, Serialize};

/// Files that a report names at most.
pub const MAX_MISSING: usize = 1_000;

/// A report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiverReport {
    /// The sender whose manifest was read.
    pub identity: String,
    /// Number of the last manifest that was read.
    pub generation: i64,
    /// Files that were applied.
    pub applied: u64,
    /// Files that are lost or damaged, [`MAX_MISSING`] at most.
    pub missing: Vec<Missing>,
    /// Why the receiver does not go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A file that a receiver lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// Its number.
    pub sequence: i64,
    /// Its name.
    pub path: String,
    /// What is wrong with it.
    pub state: MissingState,
}

/// What is wrong with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingState {
    /// It is not there.
    Missing,
    /// Its hash is not that of the manifest.
    Damaged,
}

impl MissingState {
    /// The word of reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Damaged => "damaged",
        }
    }
}

/// The name of the report of a receiver.
#[must_use]
pub fn name(receiver: &str) -> String {
    format!("received-{receiver}.json")
}
