//! Why a place does not serve.

use std::path::PathBuf;

use body_archive::location::LocationError;
use thiserror::Error;

/// Why a place does not serve.
#[derive(Debug, Error)]
pub enum PlaceError {
    /// The address is neither.
    #[error("`{to}` is neither a directory nor s3://bucket/prefix")]
    Address {
        /// As given.
        to: String,
    },
    /// The directory cannot be made or found.
    #[error("the directory {} cannot be written", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The store refuses, or does not answer.
    #[error("the store refuses")]
    Store(#[from] object_store::Error),
    /// A file is larger than it may be.
    #[error("{name} has {bytes} bytes, more than {max_bytes}")]
    TooLarge {
        /// Its name.
        name: String,
        /// Its size.
        bytes: u64,
        /// The most.
        max_bytes: u64,
    },
    /// Another process wrote the manifest meanwhile.
    #[error("the manifest was written by another process meanwhile")]
    Overtaken,
    /// Another program committed to a table.
    #[error(
        "{name} was written by another program, which this one removes when it exports again: other \
         programs may only read the tables"
    )]
    ForeignCommit {
        /// The file that it wrote.
        name: String,
    },
    /// The manifest is not one.
    #[error(
        "manifest.json cannot be read; put a good one back, or move all files of the place away: what the database still has is exported anew"
    )]
    Manifest(#[from] serde_json::Error),
    /// The manifest is of a newer program.
    #[error("manifest.json has format {format}, which this program does not know")]
    Format {
        /// Its format.
        format: u32,
    },
}

impl From<LocationError> for PlaceError {
    fn from(error: LocationError) -> Self {
        match error {
            LocationError::Address { to } => Self::Address { to },
            LocationError::Directory { path, source } => Self::Directory { path, source },
            LocationError::Store(error) => Self::Store(error),
        }
    }
}
