//! The error of benchmarks.

use std::{io, path::PathBuf};

use schema::{local_server::ServerError, migrate::SchemaError, source::ApplyError};
use source_language::{definition::DefinitionError, extract::ExtractError};
use thiserror::Error;

use crate::harness::error::HarnessError;

/// Why a benchmark gave no figures.
#[derive(Debug, Error)]
pub enum BenchError {
    /// There is no such benchmark.
    #[error("there is no benchmark {name}; there are {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// It panicked.
    #[error("the benchmark panicked")]
    Panicked(#[source] tokio::task::JoinError),
    /// A part of a fleet failed.
    #[error(transparent)]
    Harness(#[from] HarnessError),
    /// The private server failed.
    #[error("the private server failed")]
    Server(#[from] ServerError),
    /// The database was not migrated.
    #[error("the database was not migrated")]
    Schema(#[from] SchemaError),
    /// A statement failed.
    #[error("the database did not answer")]
    Database(#[from] sqlx::Error),
    /// A source was not applied.
    #[error("a source was not put into force")]
    Apply(#[from] ApplyError),
    /// A shipped definition is broken.
    #[error("a shipped definition is broken")]
    Definition(#[from] DefinitionError),
    /// A body was not read.
    #[error("the definition {source_name} does not read a body that was made for it")]
    Extract {
        /// Name of the definition.
        source_name: &'static str,
        /// The cause.
        #[source]
        source: ExtractError,
    },
    /// The simulated chains did not answer.
    #[error("the simulated chains did not answer")]
    Http(#[from] reqwest::Error),
    /// An answer is not what the typed reader expects.
    #[error("an answer of the simulated chains cannot be read")]
    Answer(#[from] serde_json::Error),
    /// A file cannot be used.
    #[error("cannot use {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// What was measured is nothing.
    #[error("{what}")]
    Nothing {
        /// What should have been there.
        what: String,
    },
}

impl BenchError {
    /// Names `path` in an error of the file system.
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        |source| Self::File { path, source }
    }

    /// Something that should be there is not.
    pub(crate) fn nothing(what: impl Into<String>) -> Self {
        Self::Nothing { what: what.into() }
    }
}
