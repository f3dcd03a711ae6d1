//! The process log: lines for people or JSON objects, to standard error.

use std::io::IsTerminal;

use serde::Deserialize;
use thiserror::Error;
use tracing_subscriber::{EnvFilter, filter::ParseError, fmt, prelude::*};

/// `[log]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogSettings {
    /// `text` for people (default), `json` for collectors; any other text is refused.
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug`, `trace`, or directives such as the default
    /// `info,actix_server=warn,actix_http=off`; a text that cannot be read is refused.
    pub level: LogLevel,
}

/// How a log line is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// A line for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// The lowest level of the lines that are shown, as directives.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct LogLevel(pub String);

impl Default for LogLevel {
    fn default() -> Self {
        Self("info,actix_server=warn,actix_http=off".to_owned())
    }
}

/// Why the log could not be set up.
#[derive(Debug, Error)]
pub enum LoggingError {
    /// The level cannot be read.
    #[error("log.level ({level}) is neither a level nor a list of directives")]
    Level {
        /// The level as given.
        level: String,
        /// Why it cannot be read.
        #[source]
        source: ParseError,
    },
    /// The process has a log already.
    #[error("the log was set up twice")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
}

/// Sets up the log of this process; once, at start.
///
/// # Errors
///
/// See [`LoggingError`].
pub fn init(log: &LogSettings) -> Result<(), LoggingError> {
    let filter =
        EnvFilter::builder()
            .parse(&log.level.0)
            .map_err(|source| LoggingError::Level {
                level: log.level.0.clone(),
                source,
            })?;
    let registry = tracing_subscriber::registry().with(filter);
    match log.format {
        LogFormat::Text => registry
            .with(
                fmt::layer()
                    .with_ansi(std::io::stderr().is_terminal())
                    .with_writer(std::io::stderr),
            )
            .try_init()?,
        LogFormat::Json => registry
            .with(
                fmt::layer()
                    .json()
                    .flatten_event(true)
                    .with_writer(std::io::stderr),
            )
            .try_init()?,
    }
    Ok(())
}
