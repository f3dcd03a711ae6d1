//! The settings of a pod: see [`settings`] for how they are loaded.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use serde::Deserialize;
use settings::{ConfigError, Database, Log, Secrets, host_name};
use source_fetch::memory_budget::{self, Budget, Bytes};

/// Everything that a pod can be told.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Where results go.
    pub database: Database,
    /// The pod itself.
    pub agent: Agent,
    /// What definitions may name as secrets.
    pub secrets: Secrets,
    /// What it says.
    pub log: Log,
    /// The file that was named for them, if one was.
    #[serde(skip)]
    pub file: Option<PathBuf>,
}

/// `[agent]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Agent {
    /// Jobs that the pod runs at a time, 1 to 100,000, default 1000. Too many cost
    /// memory for answers under way; too few leave the fleet's limits unused.
    pub count: usize,
    /// Name of the pod in the database and in logs; the host's name by default.
    pub name: String,
    /// How long the pod may be silent before its claims are given to others, 2 s
    /// to 10 min, default `15s`. It beats three times in this. Short ones run jobs
    /// twice after a hiccup, long ones make the tasks of a dead pod wait.
    #[serde(with = "humantime_serde")]
    pub lease: Duration,
    /// How long a pod that was told to stop lets its jobs finish, 0 s to 1 h,
    /// default `30s`. Keep it below the time after which the platform kills.
    #[serde(with = "humantime_serde")]
    pub grace: Duration,
    /// Where `/live`, `/ready` and `/metrics` answer, default `127.0.0.1:9001`.
    /// With port 0 the system chooses one, and the log says which.
    pub listen: SocketAddr,
    /// Largest body that is read, in bytes after decompression, 1 kB to 1 GiB,
    /// default 16777216 (16 MiB). A larger answer fails its job.
    pub body_limit: usize,
    /// Memory that answers may take together, as bodies, decoded values and rows: a number of
    /// bytes, or such as `512MiB`; 64 MiB to 1 TiB. By default half of what the container or
    /// the machine has, at most 2 GiB. What finds no room waits, then fails its job.
    pub memory: Bytes,
    /// The part of `agent.memory` that the answers of one source may take, above 0 to 1,
    /// default 0.5. A source that wants more fails its own jobs; its neighbours go on.
    pub source_share: f64,
    /// How long an answer waits for memory, 0 s to 1 min, default `10s`; then its job fails.
    #[serde(with = "humantime_serde")]
    pub memory_wait: Duration,
    /// How long a job may take beside its requests, to wait for memory, to read its answers
    /// and to store them, 5 s to 1 h, default `2min`. Each request may take the timeout of its
    /// step. A job that takes longer fails as a timeout, and its agent is free.
    #[serde(with = "humantime_serde")]
    pub processing_timeout: Duration,
    /// Tasks that one source may have, 1,000 to 100,000,000, default 500000. A listing that
    /// would bring more is not stored and fails its job.
    pub max_tasks_per_source: u32,
    /// Layouts that one source may have, 100 to 10,000,000, default 50000. A seat map that
    /// would bring another is not stored and fails its job.
    pub max_layouts_per_source: u32,
    /// Whether sources may be at loopback, private and link-local addresses,
    /// default `false`: a definition could otherwise read what only this machine
    /// can see. Only for tests and simulated chains.
    pub allow_private: bool,
    /// Results stored in one transaction at most, 1 to 5,000, default 500. Small
    /// ones cost a round trip each, large ones keep results waiting.
    pub batch: usize,
    /// How the operators of sources reach the fleet's: an address or a page that
    /// goes into the user agent unless the definition has its own. Empty by default.
    pub contact: String,
}

impl Default for Agent {
    fn default() -> Self {
        Self {
            count: 1000,
            name: host_name(),
            lease: Duration::from_secs(15),
            grace: Duration::from_secs(30),
            listen: SocketAddr::from(([127, 0, 0, 1], 9001)),
            body_limit: 16 << 20,
            memory: memory_budget::default_bytes(),
            source_share: 0.5,
            memory_wait: Duration::from_secs(10),
            processing_timeout: Duration::from_mins(2),
            max_tasks_per_source: 500_000,
            max_layouts_per_source: 50_000,
            allow_private: false,
            batch: 500,
            contact: String::new(),
        }
    }
}

impl Agent {
    /// Returns what answers may take of the pod's memory.
    #[must_use]
    pub fn memory_budget(&self) -> Budget {
        let total = usize::try_from(self.memory.0).unwrap_or(usize::MAX);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "a share of it, to the nearest few bytes"
        )]
        let per_source = (total as f64 * self.source_share) as usize;
        Budget {
            total,
            per_source: per_source.min(total),
            wait: self.memory_wait,
        }
    }

    fn check_memory(&self) -> Result<(), ConfigError> {
        let refuse = |sentence: String| Err(ConfigError::Refused { sentence });
        if !(64 << 20..=1 << 40).contains(&self.memory.0) {
            return refuse(format!(
                "agent.memory ({}) must be 67108864 bytes (64MiB) to 1 TiB",
                self.memory
            ));
        }
        if !(self.source_share > 0.0 && self.source_share <= 1.0) {
            return refuse(format!(
                "agent.source_share ({}) must be above 0 and at most 1",
                self.source_share
            ));
        }
        if self.memory_wait > Duration::from_mins(1) {
            return refuse(format!(
                "agent.memory_wait ({:?}) must be at most 1min",
                self.memory_wait
            ));
        }
        if !(1_000..=100_000_000).contains(&self.max_tasks_per_source) {
            return refuse(format!(
                "agent.max_tasks_per_source ({}) must be 1000 to 100000000",
                self.max_tasks_per_source
            ));
        }
        if !(100..=10_000_000).contains(&self.max_layouts_per_source) {
            return refuse(format!(
                "agent.max_layouts_per_source ({}) must be 100 to 10000000",
                self.max_layouts_per_source
            ));
        }
        let processing = Duration::from_secs(5)..=Duration::from_hours(1);
        if !processing.contains(&self.processing_timeout) {
            return refuse(format!(
                "agent.processing_timeout ({:?}) must be 5s to 1h",
                self.processing_timeout
            ));
        }
        Ok(())
    }
}

impl Settings {
    /// Refuses what parses but cannot work.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Refused`], whose sentence names the setting and the way out.
    pub fn check(&self) -> Result<(), ConfigError> {
        let refuse = |sentence: String| Err(ConfigError::Refused { sentence });
        let agent = &self.agent;
        self.database.check()?;
        self.secrets.rules(self.file.as_deref())?;
        if !(1..=100_000).contains(&agent.count) {
            return refuse(format!(
                "agent.count ({}) must be 1 to 100000 jobs at a time",
                agent.count
            ));
        }
        if agent.name.is_empty() {
            return refuse("agent.name is empty: leave it out to use the host's name".to_owned());
        }
        if !(Duration::from_secs(2)..=Duration::from_mins(10)).contains(&agent.lease) {
            return refuse(format!(
                "agent.lease ({:?}) must be 2s to 10min: the pod beats three times in it",
                agent.lease
            ));
        }
        if agent.grace > Duration::from_hours(1) {
            return refuse(format!(
                "agent.grace ({:?}) must be at most 1h: no platform waits longer",
                agent.grace
            ));
        }
        if !(1_000..=1 << 30).contains(&agent.body_limit) {
            return refuse(format!(
                "agent.body_limit ({}) must be 1000 to 1073741824 bytes",
                agent.body_limit
            ));
        }
        agent.check_memory()?;
        if !(1..=5_000).contains(&agent.batch) {
            return refuse(format!(
                "agent.batch ({}) must be 1 to 5000 results",
                agent.batch
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn working() -> Settings {
        let mut settings = Settings::default();
        settings.database.url = serde_json::from_value("postgres://host/db".into()).unwrap();
        settings
    }

    #[test]
    fn the_defaults_work_once_a_database_is_named() {
        working().check().unwrap();
        assert!(Settings::default().check().is_err());
    }

    #[test]
    fn a_lease_that_cannot_be_kept_is_refused_by_name() {
        let mut settings = working();
        settings.agent.lease = Duration::from_millis(10);
        let refusal = settings.check().unwrap_err().to_string();
        assert!(refusal.starts_with("agent.lease (10ms)"), "{refusal}");
    }
}
