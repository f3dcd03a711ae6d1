//! The settings of a receiver; [`settings`] says how they are loaded.

use std::{net::SocketAddr, time::Duration};

use serde::Deserialize;
use settings::{ConfigError, DatabaseSettings, LogSettings};
use telemetry::TelemetrySettings;

/// All settings of a receiver.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Where events are stored.
    pub database: DatabaseSettings,
    /// The receiver itself.
    pub receive: ReceiveSettings,
    /// The process log.
    pub log: LogSettings,
    /// Where traces are sent.
    pub telemetry: TelemetrySettings,
}

impl Settings {
    /// Refuses settings that parse but cannot work.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Refused`], which names the setting and what to change.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.database.check()?;
        self.telemetry.check().map_err(ConfigError::refused)?;
        self.receive.check(self.database.connections)
    }
}

/// `[receive]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReceiveSettings {
    /// The address on which events are received, default `127.0.0.1:9180`. It speaks plain HTTP: put a
    /// proxy that speaks TLS in front of it where clients are elsewhere. With port 0 the system chooses
    /// a port, which the log shows.
    pub listen: SocketAddr,
    /// The address of `/live`, `/ready` and `/metrics`, default `127.0.0.1:9181`.
    pub probes: SocketAddr,
    /// Threads that serve requests, 1 to 256; by default one for each processor.
    pub workers: usize,
    /// Bytes that requests under way may take together, 64 MiB to 1 TiB, default 268435456 (256 MiB).
    /// What finds no room is answered 503.
    pub memory: usize,
    /// How long a body may take to arrive, 1 s to 5 min, default `10s`; then it is answered 408.
    #[serde(with = "humantime_serde")]
    pub body_timeout: Duration,
    /// How long a request waits for its commit, 1 s to 1 min, default `15s`; then it is answered 503 and
    /// may be sent again.
    #[serde(with = "humantime_serde")]
    pub answer_timeout: Duration,
    /// How long requests under way may take after a signal to stop, 1 s to 1 h, default `20s`. Keep it
    /// below the time after which the platform kills the process.
    #[serde(with = "humantime_serde")]
    pub grace: Duration,
    /// Events in one transaction at which no more are added, 1 to 10,000, default 2000.
    pub batch: usize,
    /// How long the first event of a batch waits for others, 0 s to 1 s, default `3ms`.
    #[serde(with = "humantime_serde")]
    pub linger: Duration,
    /// Transactions at a time, 1 to 32, default 3; at most the connections less 2. Few large transactions
    /// cost less than many small ones.
    pub transactions: u32,
}

impl Default for ReceiveSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 9180)),
            probes: SocketAddr::from(([127, 0, 0, 1], 9181)),
            workers: std::thread::available_parallelism().map_or(2, usize::from),
            memory: 256 << 20,
            body_timeout: Duration::from_secs(10),
            answer_timeout: Duration::from_secs(15),
            grace: Duration::from_secs(20),
            batch: 2_000,
            linger: Duration::from_millis(3),
            transactions: 3,
        }
    }
}

impl ReceiveSettings {
    fn check(&self, connections: u32) -> Result<(), ConfigError> {
        let second = Duration::from_secs(1);
        bound("workers", self.workers, 1, 256)?;
        bound("memory", self.memory, 64 << 20, 1 << 40)?;
        bound("batch", self.batch, 1, 10_000)?;
        bound("transactions", self.transactions, 1, 32)?;
        bound_time("body_timeout", self.body_timeout, second, 300 * second)?;
        bound_time("answer_timeout", self.answer_timeout, second, 60 * second)?;
        bound_time("grace", self.grace, second, 3600 * second)?;
        bound_time("linger", self.linger, Duration::ZERO, second)?;
        if self.transactions + 2 > connections {
            return Err(ConfigError::refused(format!(
                "receive.transactions ({}) must be at most database.connections ({connections}) less 2, for keys and names",
                self.transactions
            )));
        }
        Ok(())
    }
}

fn bound<T: PartialOrd + Copy + std::fmt::Display>(
    name: &str,
    value: T,
    min: T,
    max: T,
) -> Result<(), ConfigError> {
    if value >= min && value <= max {
        return Ok(());
    }
    let problem = format!("receive.{name} ({value}) must be {min} to {max}");
    Err(ConfigError::refused(problem))
}

fn bound_time(
    name: &str,
    value: Duration,
    min: Duration,
    max: Duration,
) -> Result<(), ConfigError> {
    if value >= min && value <= max {
        return Ok(());
    }
    let problem = format!("receive.{name} ({value:?}) must be {min:?} to {max:?}");
    Err(ConfigError::refused(problem))
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

    #[test]
    fn a_setting_that_cannot_work_is_refused_by_name() {
        let settings = ReceiveSettings {
            transactions: 7,
            ..ReceiveSettings::default()
        };
        let refusal = settings.check(8).unwrap_err().to_string();
        assert!(refusal.starts_with("receive.transactions (7)"), "{refusal}");
    }
}
