//! The options of a private server, and its first start.

use super::binaries::Binaries;
use super::error::ServerError;
use super::owner::Owner;
use super::process::{self, Postmaster};
use super::settings::{self, Durability};
use super::{LocalServer, POLL};
use crate::private;
use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::atomic::AtomicU16;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// A log longer than this is put aside before the next start.
const LOG_LIMIT_BYTES: u64 = 16 << 20;

/// How much of a log an error shows.
const TAIL_LINES: usize = 20;

/// Describes a private server; see [`LocalServer::builder`].
#[derive(Clone, Debug)]
pub struct Builder {
    pub(super) data_dir: PathBuf,
    pub(super) port: Option<u16>,
    pub(super) settings: BTreeMap<String, String>,
    pub(super) durability: Durability,
    pub(super) patience: Duration,
    pub(super) temporary: bool,
}

impl Builder {
    pub(super) fn new(data_dir: PathBuf) -> Self {
        Self {
            data_dir,
            port: None,
            settings: BTreeMap::new(),
            durability: Durability::default(),
            patience: Duration::from_mins(1),
            temporary: false,
        }
    }

    /// Asks for a port; without, each first start takes a free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Sets a setting of `postgresql.conf`, over the ones chosen here.
    #[must_use]
    pub fn setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.insert(name.into(), value.into());
        self
    }

    /// Chooses what survives a crash of the machine; all of it by default.
    #[must_use]
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Bounds how long a start or a stop may take; 60 s by default.
    ///
    /// Recovery from a crash counts as part of a start.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Kills the server when its handle is dropped, for tests that keep no data.
    ///
    /// Also if it was adopted: of several handles, the first one dropped ends it.
    #[must_use]
    pub fn temporary(mut self) -> Self {
        self.temporary = true;
        self
    }

    /// Starts the server, or adopts the one that runs on this directory already.
    ///
    /// Creates the directory and the database cluster if they are missing. Returns
    /// when the server accepts connections. Settings and durability of a server
    /// that is adopted stay as they were when it was started.
    ///
    /// # Errors
    ///
    /// Each variant of [`ServerError`] says what to do; [`ServerError::NotStarted`]
    /// holds the last lines of the server's log.
    pub async fn start(mut self) -> Result<LocalServer, ServerError> {
        let absolute = std::path::absolute(&self.data_dir);
        self.data_dir = absolute.map_err(file_error(&self.data_dir))?;
        let owner = Owner::of_this_process();
        owner.check_reach(&self.data_dir)?;
        // Ours: who runs the server may pass through it to the data, and change nothing here. One
        // name, however it was reached: the running server is known by it.
        self.data_dir = private::directory(&self.data_dir, owner.guest())?;

        let _lock = self.lock().await?;
        let binaries = Binaries::find(&self.data())?;
        if !self.data().join("PG_VERSION").exists() {
            self.initialise(&binaries, owner).await?;
        }
        let password = self.ensure_password(&binaries, owner).await?;
        let server = self.handle(binaries, owner, password);
        server.adopt_or_start().await?;
        Ok(server)
    }

    /// Takes over the server that runs on this directory, and starts none.
    ///
    /// For programs that only look at a server or stop it.
    ///
    /// # Errors
    ///
    /// [`ServerError::RunsElsewhere`] if another port was asked for, and
    /// [`ServerError::NotInstalled`] if the server was uninstalled while it ran.
    pub fn adopt(mut self) -> Result<Option<LocalServer>, ServerError> {
        // A directory that is not there has no server.
        self.data_dir = fs::canonicalize(&self.data_dir).unwrap_or(self.data_dir);
        let Some(running) = Postmaster::of(&self.data()) else {
            return Ok(None);
        };
        let binaries = Binaries::find(&self.data())?;
        let password = self.password()?.unwrap_or_default();
        let server = self.handle(binaries, Owner::of_this_process(), password);
        server.adopt(&running)?;
        Ok(Some(server))
    }

    fn handle(self, binaries: Binaries, owner: Owner, password: String) -> LocalServer {
        LocalServer {
            builder: self,
            binaries,
            owner,
            port: AtomicU16::new(0),
            password,
        }
    }

    /// Creates the database cluster, in another directory until it is complete.
    async fn initialise(&self, binaries: &Binaries, owner: Owner) -> Result<(), ServerError> {
        let fresh = self.data_dir.join("data.new");
        for locale in ["C.UTF-8", "C"] {
            if fresh.exists() {
                fs::remove_dir_all(&fresh).map_err(file_error(&fresh))?;
            }
            fs::DirBuilder::new()
                .mode(0o700)
                .create(&fresh)
                .map_err(file_error(&fresh))?;
            owner.own(&fresh)?;
            let mut initdb = owner.command(&binaries.program("initdb"));
            initdb
                .args(["--username=postgres", "--auth=reject", "--encoding=UTF8"])
                // A disk that returns wrong bytes is noticed.
                .arg("--data-checksums")
                .arg(format!("--locale={locale}"))
                .arg("--pgdata")
                .arg(&fresh);
            if self.durability == Durability::None {
                initdb.arg("--no-sync");
            }
            let output = process::run(initdb).await?;
            let said = printed(&output);
            if output.status.success() {
                break;
            }
            if locale == "C" || !said.contains("locale") {
                let status = output.status;
                return Err(ServerError::NotInitialised {
                    status,
                    output: said,
                });
            }
        }
        let conf = fresh.join("postgresql.conf");
        writeln!(
            private::append(&conf, owner.guest().uid)?,
            "include_if_exists = '{}'",
            settings::FILE
        )
        .map_err(file_error(&conf))?;
        fs::rename(&fresh, self.data()).map_err(file_error(&fresh))
    }

    /// Keeps other processes from starting the same server until it is dropped.
    pub(super) async fn lock(&self) -> Result<File, ServerError> {
        let path = self.data_dir.join("lock");
        // An earlier version gave the file to who runs the server.
        let file = private::append(&path, Owner::of_this_process().guest().uid)?;
        // Twice, for the other may be using all of its own patience.
        let bound = self.patience * 2;
        let deadline = Instant::now() + bound;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::Error(source)) => return Err(file_error(&path)(source)),
                Err(TryLockError::WouldBlock) if Instant::now() >= deadline => {
                    return Err(ServerError::Locked { lock: path, bound });
                }
                Err(TryLockError::WouldBlock) => sleep(POLL).await,
            }
        }
    }

    /// The database cluster.
    pub(super) fn data(&self) -> PathBuf {
        self.data_dir.join("data")
    }

    /// The file that the server logs to.
    pub(super) fn log(&self) -> PathBuf {
        self.data_dir.join("server.log")
    }

    /// Puts a long log aside and returns how many bytes the log holds.
    pub(super) fn rotate_log(&self) -> u64 {
        let log = self.log();
        let length = fs::metadata(&log).map_or(0, |found| found.len());
        if length > LOG_LIMIT_BYTES && fs::rename(&log, log.with_extension("log.1")).is_ok() {
            return 0;
        }
        length
    }

    /// Returns the last lines that the log got after its first `before` bytes.
    pub(super) fn log_tail(&self, before: u64) -> String {
        let log = fs::read(self.log()).unwrap_or_default();
        let start = usize::try_from(before).unwrap_or(0).min(log.len());
        last_lines(&String::from_utf8_lossy(&log[start..]))
    }

    /// As [`log_tail`](Self::log_tail), or what `pg_ctl` printed if there is none.
    pub(super) fn log_since(&self, before: u64, pg_ctl: &Output) -> String {
        let tail = self.log_tail(before);
        if tail.is_empty() {
            printed(pg_ctl)
        } else {
            tail
        }
    }
}

/// Names `path` in an error of the file system.
pub(super) fn file_error(path: &Path) -> impl FnOnce(std::io::Error) -> ServerError {
    let path = path.to_path_buf();
    |source| ServerError::File { path, source }
}

/// Joins what a program printed on both of its outputs.
pub(super) fn printed(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    last_lines(&String::from_utf8_lossy(&both))
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_shows_only_the_end_of_a_long_log() {
        let text: Vec<String> = (1..=100).map(|line| line.to_string()).collect();
        let shown = last_lines(&text.join("\n"));
        assert_eq!(shown.lines().next(), Some("81"));
        assert_eq!(shown.lines().last(), Some("100"));
    }
}
