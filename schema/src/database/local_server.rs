//! A private Postgres server: for one machine without a database, and for tests.
//!
//! Takes a directory, gives a server that keeps its data there, listens on
//! 127.0.0.1 only and logs to `server.log` in the same directory. Starting a
//! directory whose server already runs adopts that server, so that a program
//! and its tools share one.
//!
//! - **Who may connect**: who knows the password. That of the superuser is made up
//!   with the cluster and stands in the file `password`, which only the user of this
//!   process may read.
//! - **Who stops it**: the caller of [`LocalServer::stop`]. The server has its
//!   own session, so Ctrl-C in the terminal of its parent does not reach it, and
//!   dropping the handle leaves it running unless it is [`Builder::temporary`].
//! - **What it keeps**: all that was committed, through a crash of the server or
//!   the machine, unless [`Durability::None`] was asked for.
//! - **Root**: Postgres refuses to run as root. Started by root, it runs as the
//!   user `postgres`, or as 65534 where there is none, and owns its directory.

mod binaries;
mod builder;
mod database;
mod error;
mod owner;
mod password;
mod process;
mod settings;
mod start;

pub use builder::Builder;
pub use error::ServerError;
pub use settings::Durability;

use crate::private::{self, Guest};
use binaries::Binaries;
use owner::Owner;
use process::Postmaster;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long to wait before looking again at a server that changes its state.
const POLL: Duration = Duration::from_millis(20);

/// How the server ends its sessions when it is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Rolls back what is open, ends all connections and writes a checkpoint.
    Fast,
    /// Ends at once without a checkpoint; the next start recovers from the log.
    Immediate,
}

/// A server that was started or adopted, and may have been stopped since.
#[derive(Debug)]
pub struct LocalServer {
    builder: Builder,
    binaries: Binaries,
    owner: Owner,
    port: AtomicU16,
    password: String,
}

impl LocalServer {
    /// Describes a server that keeps its data in `data_dir`, not yet started.
    pub fn builder(data_dir: impl Into<PathBuf>) -> Builder {
        Builder::new(data_dir.into())
    }

    /// Returns whether a server started by this process could live in `data_dir`.
    ///
    /// False for root when a directory above is closed to the user that runs the
    /// server, as `/root` usually is.
    #[must_use]
    pub fn can_use(data_dir: &Path) -> bool {
        Owner::of_this_process().check_reach(data_dir).is_ok()
    }

    /// Who runs the server, where that is another user than that of this process: its group must
    /// be able to pass through every directory above the data.
    #[must_use]
    pub fn guest() -> Guest {
        Guest {
            uid: None,
            ..Owner::of_this_process().guest()
        }
    }

    /// Returns whether `data_dir` is a directory that this program may have made: of this user, or
    /// of the one that runs the server.
    #[must_use]
    pub fn is_known(data_dir: &Path) -> bool {
        let guest = Owner::of_this_process().guest();
        std::fs::symlink_metadata(data_dir).is_ok_and(|found| {
            let owner = std::os::unix::fs::MetadataExt::uid(&found);
            found.is_dir() && (owner == private::own_uid() || Some(owner) == guest.uid)
        })
    }

    /// Returns the URL of `database` on this server, for its superuser, with the password.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        self.url_of("postgres", &self.password, database)
    }

    /// Returns a URL of `database` for `psql` that names the file with the password instead of it,
    /// so that it may be shown.
    #[must_use]
    pub fn psql_url(&self, database: &str) -> String {
        let port = self.port();
        let file = in_url(&self.builder.pgpass().to_string_lossy());
        format!("postgres://postgres@127.0.0.1:{port}/{database}?sslmode=disable&passfile={file}")
    }

    fn url_of(&self, role: &str, password: &str, database: &str) -> String {
        let port = self.port();
        format!("postgres://{role}:{password}@127.0.0.1:{port}/{database}?sslmode=disable")
    }

    /// Returns the port of the last start.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.load(Ordering::Relaxed)
    }

    /// Returns the file that the server logs to.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.builder.log()
    }

    /// Returns whether the server runs, paused or not.
    #[must_use]
    pub fn is_running(&self) -> bool {
        Postmaster::of(&self.builder.data()).is_some()
    }

    /// Starts the server again after a stop or kill, or adopts it if it runs.
    ///
    /// The port stays the same, so open pools find the server again; only if
    /// another program took the port meanwhile, and none was asked for, it changes.
    ///
    /// # Errors
    ///
    /// Those of [`Builder::start`].
    pub async fn start(&self) -> Result<(), ServerError> {
        let _lock = self.builder.lock().await?;
        self.adopt_or_start().await
    }

    /// Stops the server and returns when its last process has ended.
    ///
    /// A paused server is resumed first; one that does not run is left alone.
    ///
    /// # Errors
    ///
    /// [`ServerError::NotStopped`] if it still runs when the time to stop is over.
    pub async fn stop(&self, mode: Mode) -> Result<(), ServerError> {
        let Some(postmaster) = Postmaster::of(&self.builder.data()) else {
            return Ok(());
        };
        let signal = match mode {
            Mode::Fast => "INT",
            Mode::Immediate => "QUIT",
        };
        let family = postmaster.family();
        process::signal("CONT", &family).await?;
        process::signal(signal, &[postmaster.pid]).await?;
        self.wait_for_end(&family).await
    }

    /// Stops the server and starts it again on the same port.
    ///
    /// # Errors
    ///
    /// Those of [`stop`](Self::stop) and [`start`](Self::start).
    pub async fn restart(&self) -> Result<(), ServerError> {
        self.stop(Mode::Fast).await?;
        self.start().await
    }

    /// Kills all processes of the server at once, as a crash would.
    ///
    /// # Errors
    ///
    /// [`ServerError::NotStopped`] if a process outlives the signal.
    pub async fn kill(&self) -> Result<(), ServerError> {
        let Some(postmaster) = Postmaster::of(&self.builder.data()) else {
            return Ok(());
        };
        // Frozen, it starts no process that the list of its family would lack.
        process::signal("STOP", &[postmaster.pid]).await?;
        let family = postmaster.family();
        process::signal("KILL", &family).await?;
        self.wait_for_end(&family).await
    }

    /// Freezes all processes of the server: it keeps its connections and answers none.
    ///
    /// # Errors
    ///
    /// [`ServerError::NotStopped`] if a process does not freeze in time.
    pub async fn pause(&self) -> Result<(), ServerError> {
        let Some(postmaster) = Postmaster::of(&self.builder.data()) else {
            return Ok(());
        };
        let deadline = self.deadline();
        // The postmaster first, so that it starts no process that was not seen.
        process::signal("STOP", &[postmaster.pid]).await?;
        while !process::all_frozen(&postmaster.family()) {
            process::signal("STOP", &postmaster.family()).await?;
            self.poll_until(deadline).await?;
        }
        Ok(())
    }

    /// Lets a paused server go on.
    ///
    /// # Errors
    ///
    /// [`ServerError::Spawn`] if the signal cannot be sent.
    pub async fn resume(&self) -> Result<(), ServerError> {
        match Postmaster::of(&self.builder.data()) {
            Some(postmaster) => process::signal("CONT", &postmaster.family()).await,
            None => Ok(()),
        }
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.builder.patience
    }

    async fn wait_for_end(&self, family: &[u32]) -> Result<(), ServerError> {
        let deadline = self.deadline();
        while process::any_alive(family) {
            self.poll_until(deadline).await?;
        }
        Ok(())
    }

    async fn poll_until(&self, deadline: Instant) -> Result<(), ServerError> {
        if Instant::now() >= deadline {
            let bound = self.builder.patience;
            let log = self.builder.log();
            return Err(ServerError::NotStopped { bound, log });
        }
        sleep(POLL).await;
        Ok(())
    }
}

/// Writes a path as a value in a URL.
fn in_url(path: &str) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            text.push(byte.into());
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

impl Drop for LocalServer {
    fn drop(&mut self) {
        if self.builder.temporary
            && let Some(postmaster) = Postmaster::of(&self.builder.data())
        {
            process::kill_now(&postmaster);
        }
    }
}

#[cfg(test)]
mod tests;
