//! Errors of a private server, each with its way out.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;
use thiserror::Error;

use crate::private::PrivateError;

/// Why the private server could not do what was asked.
#[derive(Debug, Error)]
pub enum ServerError {
    /// No server program is on this machine.
    #[error(
        "no Postgres {least} or newer found (looked in {searched}); on Debian or Ubuntu run \
         `apt-get install postgresql`, elsewhere install the Postgres server and put the directory \
         of its programs `initdb` and `pg_ctl` into FULLHOUSE_POSTGRES_BIN"
    )]
    NotInstalled {
        /// The oldest major version that will do.
        least: u16,
        /// The places that were searched.
        searched: String,
    },
    /// The data were written by a major version whose programs are not here.
    #[error(
        "{data} was written by Postgres {wanted}, but only Postgres {found} is installed; install \
         Postgres {wanted}, or remove the directory to start with an empty database"
    )]
    OtherVersion {
        /// The directory of the data.
        data: PathBuf,
        /// The major version that wrote the data.
        wanted: u16,
        /// The major version of the programs found.
        found: u16,
    },
    /// The user that runs the server may not enter a directory above the data.
    #[error(
        "{directory} is closed to user {uid}, who runs Postgres because root may not; open it with \
         `chmod o+x {directory}`, choose a data directory elsewhere, or do not run as root"
    )]
    OutOfReach {
        /// The first closed directory.
        directory: PathBuf,
        /// The user that would run the server.
        uid: u32,
    },
    /// Others could have prepared the directory or a file in it, or could change it.
    #[error(transparent)]
    NotPrivate(#[from] PrivateError),
    /// The server runs, was started by an earlier version, and asks nobody for a password.
    #[error(
        "the server of {directory} was started by an earlier version and asks nobody for a password; \
         stop it with `coordinator down`, then start it again: its data stays"
    )]
    AsksNobody {
        /// The directory.
        directory: PathBuf,
    },
    /// The password of the superuser could not be set.
    #[error("the password of the superuser could not be set ({status}): {output}")]
    PasswordNotSet {
        /// How the server ended.
        status: ExitStatus,
        /// What it printed.
        output: String,
    },
    /// A file or directory could not be read or written.
    #[error("cannot use {path}")]
    File {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A program could not be run at all.
    #[error("cannot run {program}")]
    Spawn {
        /// The program.
        program: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// `initdb` ran and failed.
    #[error("initdb failed ({status}): {output}")]
    NotInitialised {
        /// How it ended.
        status: ExitStatus,
        /// What it printed.
        output: String,
    },
    /// The port that was asked for belongs to another program.
    #[error(
        "port {port} on 127.0.0.1 is taken by another program; stop that one, ask for another port, \
         or for none to get a free one"
    )]
    PortTaken {
        /// The port that was asked for.
        port: u16,
    },
    /// The server of this directory runs already, on another port than asked for.
    #[error(
        "the server of this directory already runs on port {running}, not {port}; stop it or ask \
         for port {running}"
    )]
    RunsElsewhere {
        /// The port that was asked for.
        port: u16,
        /// The port it runs on.
        running: u16,
    },
    /// The system gave no free port.
    #[error("no free port on 127.0.0.1")]
    NoPort {
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The server ended or was not ready in time.
    #[error("Postgres did not start; the end of {log}:\n{tail}")]
    NotStarted {
        /// The file that the server logs to.
        log: PathBuf,
        /// The last lines of this start.
        tail: String,
    },
    /// The server did not end or freeze in time.
    #[error("Postgres was still running after {bound:?}; see {log}")]
    NotStopped {
        /// How long was waited.
        bound: Duration,
        /// The file that the server logs to.
        log: PathBuf,
    },
    /// Another process has been starting this server for too long.
    #[error(
        "{lock} was held by another process for {bound:?}; it is starting the same server, wait for it or end it"
    )]
    Locked {
        /// The file that is locked while a server starts.
        lock: PathBuf,
        /// How long was waited.
        bound: Duration,
    },
    /// The name needs quoting or is too long.
    #[error(
        "{name:?} cannot name a database; use a lower-case letter or underscore, then up to 62 \
         lower-case letters, digits or underscores"
    )]
    BadName {
        /// The refused name.
        name: String,
    },
    /// The server refused to create or drop a database.
    #[error("cannot {action} database {name}")]
    Database {
        /// What was tried: `create` or `drop`.
        action: &'static str,
        /// The database.
        name: String,
        /// What the server said.
        #[source]
        source: sqlx::Error,
    },
}

impl ServerError {
    /// Returns whether the server's own words about a failed start hold `text`.
    pub(super) fn log_says(&self, text: &str) -> bool {
        matches!(self, Self::NotStarted { tail, .. } if tail.contains(text))
    }
}
