//! `[database]`: where results go.

use std::fmt;

use serde::Deserialize;

use crate::load::ConfigError;

/// `[database]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `postgres://user:password@host:port/database`; required. Several servers are named as
    /// libpq names them, `host:port,host:port`: the first that takes writes is used, and
    /// followed after a failover. A wrong one is refused at start if it cannot be read, and
    /// waited for if nobody answers.
    pub url: DatabaseUrl,
    /// Most connections at once, 4 to 100, default 8. Fewer make agents wait for
    /// each other; more than the server has cores to serve slow everyone down.
    pub connections: u32,
}

impl Default for Database {
    fn default() -> Self {
        Self {
            url: DatabaseUrl::default(),
            connections: 8,
        }
    }
}

/// The address of a database, whose password `Debug` does not show.
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

impl Database {
    /// Refuses what parses but cannot work.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Refused`], whose sentence names the setting and the way out.
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
                "database.connections ({}) must be 4 to 100: one each to claim and to beat, two to store",
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
        let shown = format!(
            "{:?}",
            DatabaseUrl("postgres://me:secret@host/db".to_owned())
        );
        assert_eq!(shown, "postgres://***@host/db");
    }
}
