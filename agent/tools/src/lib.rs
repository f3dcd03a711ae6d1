//! The tools of the source author: `agent source …`.
//!
//! They use the same definition, requests, limits and extraction as a pod, without queue and
//! database, for a person at a terminal.
//!
//! | command | takes | gives |
//! |---|---|---|
//! | [`propose`] `new` | a body or an address | a draft of a definition |
//! | [`check`] | definitions | their errors and warnings |
//! | [`attempt`] `try` | a definition, a step | the requests, answers and rows |
//! | [`record`] | a definition | a directory of [`recording`]s |
//! | [`replay`] | a definition, recordings | whether it still gives the same rows |
//! | [`diff`] | two definitions, recordings | the rows that differ |
//! | [`schema`] | | the language as JSON Schema |
//! | [`mod@reference`] | | the language as a page |

use std::{io, path::PathBuf};

use source_language::{
    definition::{Definition, DefinitionError},
    source::{SecretRules, Source},
    wording,
};
use thiserror::Error;

use stop::StoppedBy;

pub mod command;

pub mod propose;
pub mod check;
pub mod lint;
pub mod attempt;
pub mod record;
pub mod replay;
pub mod diff;
pub mod schema;
pub mod reference;

pub mod stop;
pub mod walk;
pub mod live;
pub mod dialogue;
pub mod recording;
pub mod present;
pub mod seatmap;

/// A tool that could not do its work.
#[derive(Debug, Error)]
pub enum ToolError {
    /// The output cannot be written. A closed pipe is not an error.
    #[error("the output cannot be written")]
    Output(#[from] io::Error),
    /// A definition cannot work.
    #[error(transparent)]
    Definition(#[from] DefinitionError),
    /// A file or directory cannot be read or written.
    #[error("{path}: {problem}; {way_out}", path = .path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// What to do about it.
        way_out: String,
    },
    /// A person, or a script, wanted no more of it.
    #[error("stopped by {0}")]
    Stopped(StoppedBy),
    /// Anything else, in a sentence with its way out.
    #[error("{0}")]
    Other(String),
}

impl ToolError {
    fn file(path: impl Into<PathBuf>, error: &io::Error, way_out: &str) -> Self {
        Self::file_problem(path, wording::io(error), way_out)
    }

    fn file_problem(path: impl Into<PathBuf>, problem: String, way_out: &str) -> Self {
        Self::File {
            path: path.into(),
            problem,
            way_out: way_out.to_owned(),
        }
    }
}

/// Reads and compiles a definition.
fn source_of(path: &std::path::Path, rules: &SecretRules) -> Result<Source, ToolError> {
    let way_out = "name a definition, such as sources/bhd.toml";
    let text =
        std::fs::read_to_string(path).map_err(|error| ToolError::file(path, &error, way_out))?;
    let definition = Definition::parse(&text, &path.display().to_string())?;
    Ok(Source::compile_with(definition, rules)?)
}
