//! The settings of a pod.

use std::{net::SocketAddr, time::Duration};

use serde::Deserialize;
use settings::{ConfigError, host_name};
use source_fetch::memory_budget::{self, Budget, Bytes};

/// `[agent]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AgentSettings {
    /// Jobs that the pod runs at a time, 1 to 100,000, default 1000. Too many cost
    /// memory for answers under way; too few leave the fleet's limits unused.
    pub count: usize,
    /// Name of the pod in the database and in logs; the host's name by default.
    pub name: String,
    /// How long the pod may be silent before its claims are given to others, 2 s
    /// to 10 min, default `15s`. It sends three heartbeats in this time. With a short lease
    /// jobs run twice after a short outage, with a long one the tasks of a dead pod wait.
    #[serde(with = "humantime_serde")]
    pub lease: Duration,
    /// How long a pod lets its jobs finish after a signal to stop, 0 s to 1 h, default `30s`.
    /// Keep it below the time after which the platform kills the process.
    #[serde(with = "humantime_serde")]
    pub grace: Duration,
    /// The address of `/live`, `/ready` and `/metrics`, default `127.0.0.1:9001`. With port 0
    /// the system chooses a port, which the log shows.
    pub listen: SocketAddr,
    /// Largest body that is read, in bytes after decompression, 1 kB to 1 GiB,
    /// default 16777216 (16 MiB). A larger answer fails its job.
    pub body_limit: usize,
    /// Memory that answers may take together, as bodies, decoded values and rows: a number of
    /// bytes, or a text such as `512MiB`; 64 MiB to 1 TiB. By default half of the memory of
    /// the container or the machine, at most 2 GiB. An answer without room waits, then fails
    /// its job.
    pub memory: Bytes,
    /// The part of `agent.memory` that the answers of one source may take, above 0 to 1,
    /// default 0.5. A source that needs more fails its own jobs, and no others.
    pub source_share: f64,
    /// How long an answer waits for memory, 0 s to 1 min, default `10s`; then its job fails. The more
    /// its job holds, the smaller the part of this that it waits.
    #[serde(with = "humantime_serde")]
    pub memory_wait: Duration,
    /// How long a job may take apart from its requests, to wait for memory, to read its answers
    /// and to store them, 5 s to 1 h, default `2min`. Each request may take the timeout of its
    /// step. A job that takes longer fails as a timeout, and its agent is free.
    #[serde(with = "humantime_serde")]
    pub processing_timeout: Duration,
    /// Tasks that a source may have, 1,000 to 100,000,000, default 500000. A listing that
    /// would bring more is not stored and fails its job.
    pub max_tasks_per_source: u32,
    /// Layouts that a source may have, 100 to 10,000,000, default 50000. A seat map that
    /// would bring another is not stored and fails its job.
    pub max_layouts_per_source: u32,
    /// Whether sources may be at loopback, private and link-local addresses,
    /// default `false`: a definition could otherwise read what only this machine can reach.
    /// Only for tests and simulated chains.
    pub allow_private: bool,
    /// Results stored in one transaction, 1 to 5,000, default 500. Small transactions cost a
    /// round trip each, large ones make results wait.
    pub batch: usize,
    /// How the operators of sources reach the operator of the fleet: an address or a page that
    /// goes into the user agent unless the definition has its own. Empty by default.
    pub contact: String,
}

impl Default for AgentSettings {
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

impl AgentSettings {
    /// Returns how much of the pod's memory answers may take.
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

    /// Refuses settings that parse but cannot work.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Refused`], which names the setting and what to change.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.name.is_empty() {
            let problem = "agent.name is empty: leave it out to use the host's name";
            return Err(ConfigError::refused(problem));
        }
        self.check_work()?;
        self.check_times()?;
        self.check_memory()
    }

    fn check_work(&self) -> Result<(), ConfigError> {
        let count = self.count;
        if !(1..=100_000).contains(&count) {
            let problem = format!("agent.count ({count}) must be 1 to 100000 jobs at a time");
            return Err(ConfigError::refused(problem));
        }
        let batch = self.batch;
        if !(1..=5_000).contains(&batch) {
            let problem = format!("agent.batch ({batch}) must be 1 to 5000 results");
            return Err(ConfigError::refused(problem));
        }
        let tasks = self.max_tasks_per_source;
        if !(1_000..=100_000_000).contains(&tasks) {
            let problem = format!("agent.max_tasks_per_source ({tasks}) must be 1000 to 100000000");
            return Err(ConfigError::refused(problem));
        }
        let layouts = self.max_layouts_per_source;
        if !(100..=10_000_000).contains(&layouts) {
            let problem =
                format!("agent.max_layouts_per_source ({layouts}) must be 100 to 10000000");
            return Err(ConfigError::refused(problem));
        }
        Ok(())
    }

    fn check_times(&self) -> Result<(), ConfigError> {
        let lease = self.lease;
        if !(Duration::from_secs(2)..=Duration::from_mins(10)).contains(&lease) {
            let problem = format!(
                "agent.lease ({lease:?}) must be 2s to 10min: the pod sends three heartbeats in it"
            );
            return Err(ConfigError::refused(problem));
        }
        let grace = self.grace;
        if grace > Duration::from_hours(1) {
            let problem =
                format!("agent.grace ({grace:?}) must be at most 1h: no platform waits longer");
            return Err(ConfigError::refused(problem));
        }
        let processing = self.processing_timeout;
        if !(Duration::from_secs(5)..=Duration::from_hours(1)).contains(&processing) {
            let problem = format!("agent.processing_timeout ({processing:?}) must be 5s to 1h");
            return Err(ConfigError::refused(problem));
        }
        Ok(())
    }

    fn check_memory(&self) -> Result<(), ConfigError> {
        let body_limit = self.body_limit;
        if !(1_000..=1 << 30).contains(&body_limit) {
            let problem =
                format!("agent.body_limit ({body_limit}) must be 1000 to 1073741824 bytes");
            return Err(ConfigError::refused(problem));
        }
        let memory = &self.memory;
        if !(64 << 20..=1 << 40).contains(&memory.0) {
            let problem =
                format!("agent.memory ({memory}) must be 67108864 bytes (64MiB) to 1 TiB");
            return Err(ConfigError::refused(problem));
        }
        let share = self.source_share;
        if !(share > 0.0 && share <= 1.0) {
            let problem = format!("agent.source_share ({share}) must be above 0 and at most 1");
            return Err(ConfigError::refused(problem));
        }
        let wait = self.memory_wait;
        if wait > Duration::from_mins(1) {
            let problem = format!("agent.memory_wait ({wait:?}) must be at most 1min");
            return Err(ConfigError::refused(problem));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_lease_that_cannot_be_kept_is_refused_by_name() {
        let settings = AgentSettings {
            lease: Duration::from_millis(10),
            ..AgentSettings::default()
        };
        let refusal = settings.check().unwrap_err().to_string();
        assert!(refusal.starts_with("agent.lease (10ms)"), "{refusal}");
    }
}
