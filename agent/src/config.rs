//! The settings of a pod; [`settings`] says how they are loaded.

mod agent;

pub use agent::AgentSettings;

use std::path::PathBuf;

use body_archive::ArchiveSettings;
use serde::Deserialize;
use settings::{ConfigError, DatabaseSettings, LogSettings, SecretSettings};
use telemetry::TelemetrySettings;

/// All settings of a pod.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Where results are stored.
    pub database: DatabaseSettings,
    /// The pod itself.
    pub agent: AgentSettings,
    /// Which bodies of answers are archived, and where.
    pub archive: ArchiveSettings,
    /// Which secrets definitions may name.
    pub secrets: SecretSettings,
    /// The process log.
    pub log: LogSettings,
    /// Where traces are sent.
    pub telemetry: TelemetrySettings,
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
        self.archive.check().map_err(ConfigError::refused)?;
        self.telemetry.check().map_err(ConfigError::refused)?;
        self.agent.check()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_defaults_work_once_a_database_is_named() {
        let mut settings = Settings::default();
        assert!(settings.check().is_err());
        settings.database.url = serde_json::from_value("postgres://host/db".into()).unwrap();
        settings.check().unwrap();
    }
}
