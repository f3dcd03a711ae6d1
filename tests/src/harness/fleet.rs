//! A fleet: a database of its own, simulated chains, coordinators and pods.

mod options;
mod processes;
mod receivers;
mod questions;

pub use options::{Database, FleetOptions, Way};
use receivers::Receiver;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use schema::{local_server::LocalServer, scratch::Scratch};
use sqlx::{PgPool, postgres::PgPoolOptions};
use tempfile::TempDir;

use super::{
    chains::Chains, delay::Delay, error::HarnessError, logins, pooler::Pooler, process::Process,
    wait::wait_until,
};

/// Time beyond its grace in which a process must have ended.
const MAX_SHUTDOWN: Duration = Duration::from_mins(1);

/// A running fleet; see [`FleetOptions`] for what it has.
///
/// Fields are dropped in this order: the processes that use the database end before it.
#[derive(Debug)]
pub struct Fleet {
    pods: Vec<Process>,
    receivers: Vec<Receiver>,
    coordinators: Vec<Process>,
    chains: Option<Chains>,
    db: PgPool,
    url: String,
    between: Between,
    server: Option<LocalServer>,
    options: FleetOptions,
    is_over: bool,
    /// Kept because dropping it removes the data of the server.
    _data: Option<TempDir>,
    directory: TempDir,
}

impl Fleet {
    /// Starts everything that `options` names, and applies the definitions of the chains.
    ///
    /// # Errors
    ///
    /// If a part cannot be started.
    pub async fn start(options: FleetOptions) -> Result<Self, HarnessError> {
        let directory = tempfile::tempdir().map_err(HarnessError::file(std::env::temp_dir()))?;
        let (server, data, url) = start_database(&options).await?;
        let db = PgPoolOptions::new()
            .max_connections(4)
            .acquire_timeout(Duration::from_secs(5))
            .connect_lazy(&url)?;
        let between = Between::start(&options.way, &url, directory.path()).await?;
        let mut fleet = Self {
            pods: Vec::new(),
            receivers: Vec::new(),
            coordinators: Vec::new(),
            chains: None,
            db,
            url,
            between,
            server,
            options: options.clone(),
            is_over: false,
            _data: data,
            directory,
        };
        if fleet.server.is_some() {
            schema::migrate::migrate(&fleet.db).await?;
        }
        logins::make(&fleet.db, &fleet.url).await?;
        if let Some(chains) = options.chains {
            let chains = Chains::start(chains, fleet.logs()).await?;
            let definitions = chains.definitions(&fleet.directory.path().join("sources"))?;
            fleet.chains = Some(chains);
            fleet.apply(&definitions)?;
        }
        for _ in 0..options.coordinators {
            fleet.add_coordinator()?;
        }
        for _ in 0..options.pods {
            fleet.add_pod()?;
        }
        Ok(fleet)
    }

    /// Connections to its database.
    #[must_use]
    pub fn db(&self) -> &PgPool {
        &self.db
    }

    /// The address of its database.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A directory that goes with the fleet; logs are in it.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Its private server.
    ///
    /// # Errors
    ///
    /// [`HarnessError::Without`] if it runs on a scratch database.
    pub fn server(&self) -> Result<&LocalServer, HarnessError> {
        let part = "a server of its own";
        self.server.as_ref().ok_or(HarnessError::Without { part })
    }

    /// Its simulated chains.
    ///
    /// # Errors
    ///
    /// [`HarnessError::Without`] if it has none.
    pub fn chains(&self) -> Result<&Chains, HarnessError> {
        let part = "simulated chains";
        self.chains.as_ref().ok_or(HarnessError::Without { part })
    }

    /// Puts definitions into force, with the command of the operator.
    ///
    /// # Errors
    ///
    /// If the command fails.
    pub fn apply(&self, definitions: &[PathBuf]) -> Result<String, HarnessError> {
        let files = definitions
            .iter()
            .map(|file| file.to_string_lossy().into_owned());
        self.command("coordinator")
            .args(["source", "apply"])
            .args(files)
            .run()
    }

    /// Runs a command of the operator, such as `["source", "list"]`; returns what it said. Those
    /// that change roles or the schema are run as the owner of the server.
    ///
    /// # Errors
    ///
    /// If the command fails.
    pub fn operate(&self, arguments: &[&str]) -> Result<String, HarnessError> {
        let command = match arguments.first() {
            Some(&("access" | "migrate")) => self.command_at("coordinator", &self.url),
            _ => self.command("coordinator"),
        };
        let arguments = arguments.iter().map(|word| (*word).to_owned());
        command.args(arguments).run()
    }

    /// Lets a role log in with the password of the owner, if that has one.
    ///
    /// # Errors
    ///
    /// If there is no such role.
    pub async fn let_in(&self, role: &str) -> Result<(), HarnessError> {
        logins::let_in(&self.db, &self.url, role).await
    }

    /// Stops the pods that run, lets the leader give back what dead pods left, and
    /// stops the coordinators.
    ///
    /// # Errors
    ///
    /// If a process ends with anything but 0 or not in time, or had ended by itself.
    pub async fn stop(&mut self) -> Result<(), HarnessError> {
        let bound = self.options.grace + MAX_SHUTDOWN;
        stop_all(&mut self.pods, bound).await?;
        let receivers = self.receivers.iter_mut().map(Receiver::process);
        stop_all(receivers, bound).await?;
        if self.coordinators.iter_mut().any(Process::is_running) {
            let bound = self.options.pod_lease + self.options.rescue_after_outage + MAX_SHUTDOWN;
            wait_until("the end of all claims", bound, async || {
                let left = self.number("SELECT count(*) FROM running").await?;
                Ok((left == 0).then_some(()))
            })
            .await?;
        }
        stop_all(&mut self.coordinators, bound).await
    }

    /// Ends the fleet: stops what runs, then fails on any warning or error in the
    /// logs that contains none of `announced`.
    ///
    /// # Errors
    ///
    /// As [`stop`](Self::stop), and [`HarnessError::Unannounced`].
    pub async fn end(mut self, announced: &[&str]) -> Result<(), HarnessError> {
        self.stop().await?;
        if let Some(chains) = &mut self.chains {
            chains.process().stop(MAX_SHUTDOWN).await?;
        }
        let lines: Vec<String> = self
            .all_processes()
            .flat_map(|process| alarms(process, announced))
            .collect();
        if !lines.is_empty() {
            let lines = lines.join("\n");
            return Err(HarnessError::Unannounced { lines });
        }
        self.db.close().await;
        self.is_over = true;
        Ok(())
    }
}

/// What stands between the processes and their database.
#[derive(Debug)]
enum Between {
    Nothing,
    Delay(Delay),
    Pooler(Pooler),
}

impl Between {
    async fn start(way: &Way, url: &str, logs: &Path) -> Result<Self, HarnessError> {
        Ok(match way {
            Way::Direct => Self::Nothing,
            Way::Delayed(one_way) => Self::Delay(Delay::start(url, *one_way).await?),
            Way::Pooled(program) => Self::Pooler(Pooler::start(program, url, logs).await?),
        })
    }

    fn url(&self) -> Option<&str> {
        match self {
            Self::Nothing => None,
            Self::Delay(delay) => Some(delay.url()),
            Self::Pooler(pooler) => Some(pooler.url()),
        }
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        if !self.is_over {
            for process in self.all_processes() {
                eprintln!(
                    "---- the end of the log of {}:\n{}",
                    process.name(),
                    process.log_tail()
                );
            }
        }
    }
}

/// Stops those that were not killed, all at once.
async fn stop_all(
    processes: impl IntoIterator<Item = &mut Process>,
    bound: Duration,
) -> Result<(), HarnessError> {
    let mut stopping: Vec<&mut Process> = processes
        .into_iter()
        .filter(|process| !process.was_killed())
        .collect();
    for process in &mut stopping {
        if process.is_running() {
            process.terminate().await?;
        }
    }
    for process in stopping {
        process.wait_for_end(bound).await?;
    }
    Ok(())
}

async fn start_database(
    options: &FleetOptions,
) -> Result<(Option<LocalServer>, Option<TempDir>, String), HarnessError> {
    match options.database {
        Database::Scratch => Ok((None, None, Scratch::new().await?.url)),
        Database::Own => {
            let data = tempfile::tempdir().map_err(HarnessError::file(std::env::temp_dir()))?;
            let server = LocalServer::builder(data.path())
                .setting("shared_buffers", "256MB")
                .temporary()
                .start()
                .await?;
            server.create_database("fullhouse", None).await?;
            let url = server.url("fullhouse");
            Ok((Some(server), Some(data), url))
        }
    }
}

/// What the database driver says when the machine is slow, or a process was frozen in the
/// middle of a statement: a time, and no promise of this project.
const OF_THE_MACHINE: [&str; 2] = [
    "slow statement: execution time exceeded",
    "time to acquire exceeded slow threshold",
];

/// Lists the lines of a log that warn of something, without those announced.
fn alarms(process: &Process, announced: &[&str]) -> Vec<String> {
    process
        .log()
        .lines()
        .filter(|line| {
            let level = line.split_whitespace().nth(1);
            matches!(level, Some("WARN" | "ERROR")) || line.contains("panicked at")
        })
        .filter(|line| {
            let mut known = announced.iter().chain(&OF_THE_MACHINE);
            !known.any(|known| line.contains(known))
        })
        .map(|line| format!("{}: {line}", process.name()))
        .collect()
}
