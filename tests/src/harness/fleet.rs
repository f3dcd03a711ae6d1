//! A fleet: a database of its own, simulated chains, coordinators and pods.

mod options;

pub use options::{Database, FleetOptions, Way};

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use coordinator::policy::Policy;
use schema::{local_server::LocalServer, scratch::Scratch};
use sqlx::{PgPool, postgres::PgPoolOptions};
use tempfile::TempDir;

use super::{
    audit::{self, Audit},
    chains::Chains,
    delay::Delay,
    error::HarnessError,
    logins,
    pooler::Pooler,
    process::{Process, Start},
    wait::wait_until,
};

/// Time beyond its grace in which a process must have ended.
const LAST_WORDS: Duration = Duration::from_mins(1);

/// A running fleet; see [`FleetOptions`] for what it has.
///
/// Fields are dropped in this order: the processes that use the database end before it.
#[derive(Debug)]
pub struct Fleet {
    pods: Vec<Process>,
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

    /// Starts another coordinator; returns its number, from 0.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub fn add_coordinator(&mut self) -> Result<usize, HarnessError> {
        let number = self.coordinators.len();
        let process = self.start_coordinator(number)?;
        self.coordinators.push(process);
        Ok(number)
    }

    /// Starts another pod; returns its number, from 0.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub fn add_pod(&mut self) -> Result<usize, HarnessError> {
        self.add_pod_with(&[])
    }

    /// Starts another pod with further variables in its environment; returns its number.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub fn add_pod_with(&mut self, env: &[(&str, &str)]) -> Result<usize, HarnessError> {
        let number = self.pods.len();
        let start = env
            .iter()
            .fold(self.pod_command(number), |start, (name, value)| {
                start.env(name, *value)
            });
        self.pods.push(start.spawn(self.logs())?);
        Ok(number)
    }

    /// Starts a coordinator again that has ended.
    ///
    /// # Errors
    ///
    /// If there is none of this number, or it cannot be started.
    pub fn restart_coordinator(&mut self, number: usize) -> Result<(), HarnessError> {
        let process = self.start_coordinator(number)?;
        *self.coordinator(number)? = process;
        Ok(())
    }

    /// Starts a pod again that has ended.
    ///
    /// # Errors
    ///
    /// If there is none of this number, or it cannot be started.
    pub fn restart_pod(&mut self, number: usize) -> Result<(), HarnessError> {
        let process = self.start_pod(number)?;
        *self.pod(number)? = process;
        Ok(())
    }

    /// A coordinator by its number.
    ///
    /// # Errors
    ///
    /// [`HarnessError::Without`] if there is none.
    pub fn coordinator(&mut self, number: usize) -> Result<&mut Process, HarnessError> {
        let part = "this coordinator";
        let found = self.coordinators.get_mut(number);
        found.ok_or(HarnessError::Without { part })
    }

    /// A pod by its number.
    ///
    /// # Errors
    ///
    /// [`HarnessError::Without`] if there is none.
    pub fn pod(&mut self, number: usize) -> Result<&mut Process, HarnessError> {
        let part = "this pod";
        self.pods
            .get_mut(number)
            .ok_or(HarnessError::Without { part })
    }

    /// How many pods were started, those that were killed included.
    #[must_use]
    pub fn pods(&self) -> usize {
        self.pods.len()
    }

    /// The name by which the database knows a pod.
    #[must_use]
    pub fn pod_name(number: usize) -> String {
        format!("pod-{}", number + 1)
    }

    /// The number of the coordinator that leads, if one does.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn leader(&self) -> Result<Option<usize>, HarnessError> {
        let name: Option<String> =
            sqlx::query_scalar("SELECT name FROM leader WHERE expires_at > now()")
                .fetch_optional(&self.db)
                .await?;
        Ok(name.and_then(|name| {
            let named = |process: &Process| process.name() == name;
            self.coordinators.iter().position(named)
        }))
    }

    /// Asks for a number, such as a count.
    ///
    /// # Errors
    ///
    /// If the database does not answer.
    pub async fn number(&self, question: &'static str) -> Result<i64, HarnessError> {
        Ok(sqlx::query_scalar(question).fetch_one(&self.db).await?)
    }

    /// Waits until a number, such as a count, is `least` or more.
    ///
    /// # Errors
    ///
    /// [`HarnessError::TooLate`] after `bound`, which names `what` was waited for.
    pub async fn wait_for_number(
        &self,
        what: &str,
        question: &'static str,
        least: i64,
        bound: Duration,
    ) -> Result<(), HarnessError> {
        wait_until(what, bound, async || {
            Ok((self.number(question).await? >= least).then_some(()))
        })
        .await
    }

    /// Waits until `more` snapshots were stored from now on.
    ///
    /// # Errors
    ///
    /// [`HarnessError::TooLate`] after `bound`.
    pub async fn wait_for_snapshots(&self, more: i64, bound: Duration) -> Result<(), HarnessError> {
        const STORED: &str = "SELECT count(*) FROM snapshot";
        let first = wait_until("the database", bound, async || {
            self.number(STORED).await.map(Some)
        })
        .await?;
        let what = format!("{more} snapshots beyond {first}");
        wait_until(&what, bound, async || {
            Ok((self.number(STORED).await? >= first + more).then_some(()))
        })
        .await
    }

    /// Stops the pods that run, lets the leader give back what dead pods left, and
    /// stops the coordinators.
    ///
    /// # Errors
    ///
    /// If a process ends with anything but 0 or not in time, or had ended by itself.
    pub async fn stop(&mut self) -> Result<(), HarnessError> {
        let bound = self.options.grace + LAST_WORDS;
        stop_all(&mut self.pods, bound).await?;
        if self.coordinators.iter_mut().any(Process::is_running) {
            let bound = self.options.pod_lease + self.options.rescue_after_outage + LAST_WORDS;
            wait_until("the end of all claims", bound, async || {
                let left = self.number("SELECT count(*) FROM running").await?;
                Ok((left == 0).then_some(()))
            })
            .await?;
        }
        stop_all(&mut self.coordinators, bound).await
    }

    /// Compares what was stored with what was served; stop the fleet before.
    /// The chains in `excused` may have refused requests.
    ///
    /// # Errors
    ///
    /// If the database or the chains do not answer.
    pub async fn audit(&self, excused: &[&str]) -> Result<Audit, HarnessError> {
        let chains = self.chains()?;
        wait_until("the database", LAST_WORDS, async || {
            self.number("SELECT 1::bigint").await.map(Some)
        })
        .await?;
        audit::audit(&self.db, chains, excused).await
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
            chains.process().stop(LAST_WORDS).await?;
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

    fn all_processes(&mut self) -> impl Iterator<Item = &Process> {
        let chains = self.chains.as_mut().map(|chains| &*chains.process());
        self.coordinators.iter().chain(&self.pods).chain(chains)
    }

    fn logs(&self) -> &Path {
        self.directory.path()
    }

    fn start_coordinator(&self, number: usize) -> Result<Process, HarnessError> {
        let name = format!("coordinator-{}", number + 1);
        let (lease, rescue) = (self.options.leader_lease, self.options.rescue_after_outage);
        let policy = match self.options.policy {
            Policy::Interval => "interval",
            Policy::Freshness => "freshness",
        };
        self.command("coordinator")
            .named(&name)
            .args(["run", "--listen=127.0.0.1:0"])
            .args([format!("--name={name}")])
            .env("FULLHOUSE_COORDINATOR__LEASE", in_millis(lease))
            .env("FULLHOUSE_COORDINATOR__POLICY", policy)
            .env(
                "FULLHOUSE_COORDINATOR__RESCUE_AFTER_OUTAGE",
                in_millis(rescue),
            )
            .spawn(self.logs())
    }

    fn start_pod(&self, number: usize) -> Result<Process, HarnessError> {
        self.pod_command(number).spawn(self.logs())
    }

    fn pod_command(&self, number: usize) -> Start {
        let name = Self::pod_name(number);
        self.command("agent")
            .named(&name)
            .args(["run", "--listen=127.0.0.1:0", "--allow-private"])
            .args([
                format!("--name={name}"),
                format!("--count={}", self.options.agents),
            ])
            .env("FULLHOUSE_AGENT__LEASE", in_millis(self.options.pod_lease))
            .env("FULLHOUSE_AGENT__GRACE", in_millis(self.options.grace))
    }

    /// A program that logs in with the role of its name.
    fn command(&self, program: &'static str) -> Start {
        let url = self.between.url().unwrap_or(&self.url);
        self.command_at(program, &logins::url(url, program))
    }

    fn command_at(&self, program: &'static str, url: &str) -> Start {
        let start = Start::new(program, program).env("FULLHOUSE_DATABASE__URL", url);
        self.options
            .env
            .iter()
            .fold(start, |start, (name, value)| start.env(name, value))
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
async fn stop_all(processes: &mut [Process], bound: Duration) -> Result<(), HarnessError> {
    let mut stopping: Vec<&mut Process> = processes
        .iter_mut()
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

fn in_millis(duration: Duration) -> String {
    format!("{}ms", duration.as_millis())
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
