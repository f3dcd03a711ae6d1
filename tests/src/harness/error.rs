//! The error of the test harness.

use std::{io, path::PathBuf, process::ExitStatus, time::Duration};

use schema::{local_server::ServerError, migrate::SchemaError, scratch::ScratchError};
use thiserror::Error;

use simulated_chains::definition::DefinitionError;

/// Why a fleet could not be run, or did not do what was promised.
#[derive(Debug, Error)]
pub enum HarnessError {
    /// A program was not built.
    #[error("there is no {}; build it with: cargo build --workspace --bins (with --release for a release run)", program.display())]
    NotBuilt {
        /// Where it should be.
        program: PathBuf,
    },
    /// A file or directory cannot be used.
    #[error("cannot use {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A process cannot be started or signalled.
    #[error("cannot {action} {name}")]
    Process {
        /// What was tried.
        action: &'static str,
        /// Name of the process.
        name: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A process ended otherwise than it should.
    #[error("{name} ended with {status}; the end of its log:\n{tail}")]
    Ended {
        /// Name of the process.
        name: String,
        /// How it ended.
        status: ExitStatus,
        /// The last lines of its log.
        tail: String,
    },
    /// Something did not happen in time.
    #[error("{what}: not within {bound:?}")]
    TooLate {
        /// What was waited for.
        what: String,
        /// How long.
        bound: Duration,
    },
    /// The logs of the fleet hold lines that nobody announced.
    #[error("the fleet warned of what nobody announced:\n{lines}")]
    Unannounced {
        /// The lines, each with the name of its process.
        lines: String,
    },
    /// What was stored is not what was served.
    #[error("the audit does not hold:\n{report}")]
    Audit {
        /// The whole audit.
        report: String,
    },
    /// The fleet has no such part.
    #[error("the fleet was started without {part}")]
    Without {
        /// What it lacks.
        part: &'static str,
    },
    /// The private server failed.
    #[error("the private server failed")]
    Server(#[from] ServerError),
    /// There is no scratch database.
    #[error("there is no scratch database")]
    Scratch(#[from] ScratchError),
    /// The database was not migrated.
    #[error("the database was not migrated")]
    Schema(#[from] SchemaError),
    /// A question to the database failed.
    #[error("the database did not answer")]
    Database(#[from] sqlx::Error),
    /// The simulated chains did not answer.
    #[error("the simulated chains did not answer")]
    Http(#[from] reqwest::Error),
    /// An answer of the simulated chains cannot be read.
    #[error("an answer of the simulated chains cannot be read")]
    Answer(#[from] serde_json::Error),
    /// A definition could not be made.
    #[error("a definition could not be made")]
    Definition(#[from] DefinitionError),
}

impl HarnessError {
    /// Whether the database may answer if it is asked again.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Database(error) => schema::connect::is_outage(error),
            Self::NotBuilt { .. }
            | Self::File { .. }
            | Self::Process { .. }
            | Self::Ended { .. }
            | Self::TooLate { .. }
            | Self::Unannounced { .. }
            | Self::Audit { .. }
            | Self::Without { .. }
            | Self::Server(_)
            | Self::Scratch(_)
            | Self::Schema(_)
            | Self::Http(_)
            | Self::Answer(_)
            | Self::Definition(_) => false,
        }
    }

    /// Names `path` in an error of the file system.
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        |source| Self::File { path, source }
    }
}
