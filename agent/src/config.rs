//! The settings of a pod, and how every process of the fleet loads its own.
//!
//! Takes defaults, a file, the environment and flags; the later one wins. A variable has the
//! prefix `FULLHOUSE_` and `__` between section and key, as in `FULLHOUSE_DATABASE__URL`.
//! Settings that parse but cannot work are refused at start, with the reason.

mod agent;
mod database;
mod load;
mod log;
mod secrets;

pub use self::{
    agent::AgentSettings,
    database::{DatabaseSettings, DatabaseUrl},
    load::{ConfigError, Override, load},
    log::{LogFormat, LogLevel, LogSettings},
    secrets::SecretSettings,
};
pub(crate) use load::DEFAULT_FILE;

use std::path::PathBuf;

use serde::Deserialize;

/// All settings of a pod.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Where results are stored.
    pub database: DatabaseSettings,
    /// The pod itself.
    pub agent: AgentSettings,
    /// Which secrets definitions may name.
    pub secrets: SecretSettings,
    /// The process log.
    pub log: LogSettings,
    /// The file from which they were read, if one was named.
    #[serde(skip)]
    pub file: Option<PathBuf>,
}

impl Settings {
    /// Refuses settings that parse but cannot work.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Refused`], which names the setting and what to change.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.database.check()?;
        self.secrets.rules(self.file.as_deref())?;
        self.agent.check()
    }
}

/// Returns the name of this host: from the kernel, or else from `HOSTNAME`.
#[must_use]
pub fn host_name() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .or_else(|| std::env::var("HOSTNAME").ok())
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "agent".to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_defaults_work_once_a_database_is_named() {
        let mut settings = Settings::default();
        assert!(settings.check().is_err());
        settings.database.url = DatabaseUrl("postgres://me:secret@host/db".to_owned());
        settings.check().unwrap();
    }
}
