//! The settings of the database.

use std::fmt;

use serde::Deserialize;

use crate::load::ConfigError;

/// `[database]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseSettings {
    /// `postgres://user:password@host:port/database`; required. Several servers are named as
    /// libpq names them, `host:port,host:port`: the first that takes writes is used, and
    /// followed after a failover. An address that cannot be read is refused at start; a server
    /// that does not answer is waited for.
    pub url: DatabaseUrl,
    /// Connections at once, 4 to 100, default 8. With few connections agents wait for each
    /// other; with more than the server has cores for, every statement is slower.
    pub connections: u32,
}

impl Default for DatabaseSettings {
    fn default() -> Self {
        Self {
            url: DatabaseUrl::default(),
            connections: 8,
        }
    }
}

/// The address of a database; `Debug` masks its password.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// Returns the address with its password.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = match (self.0.find("://"), self.0.rfind('@')) {
            (Some(scheme), Some(host)) if scheme < host => {
                format!("{}://***{}", &self.0[..scheme], &self.0[host..])
            }
            _ => self.0.clone(),
        };
        formatter.write_str(&shown)
    }
}

impl DatabaseSettings {
    /// Refuses settings that parse but cannot work.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Refused`], which names the setting and what to change.
    pub fn check(&self) -> Result<(), ConfigError> {
        let refuse = |sentence: String| Err(ConfigError::Refused { sentence });
        if self.url.expose().is_empty() {
            return refuse(
                "database.url is not set: give it in the file, as FULLHOUSE_DATABASE__URL or with --database-url"
                    .to_owned(),
            );
        }
        if !(4..=100).contains(&self.connections) {
            return refuse(format!(
                "database.connections ({}) must be 4 to 100: one each for claims and heartbeats, two to store",
                self.connections
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        let url = DatabaseUrl("postgres://me:secret@host/db".to_owned());
        assert_eq!(format!("{url:?}"), "postgres://***@host/db");
    }
}
