//! The settings of secrets.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use source_language::source::SecretRules;

use crate::load::{ConfigError, load};

/// `[secrets]`: which variables and files a definition may name as its secrets. Settings of
/// the programs (`FULLHOUSE_DATABASE__URL`, `PGPASSWORD` and the like) are never among them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SecretSettings {
    /// The prefix of their variables, default `FULLHOUSE_SECRET_`. A prefix that is too short, or
    /// could be that of a setting of a program, is refused at start.
    pub variable_prefix: String,
    /// The directory of their files, default `/run/secrets/fullhouse`. Links may not lead out
    /// of it. It must hold keys of sources and nothing else.
    pub directory: PathBuf,
}

impl Default for SecretSettings {
    fn default() -> Self {
        Self {
            variable_prefix: "FULLHOUSE_SECRET_".to_owned(),
            directory: PathBuf::from("/run/secrets/fullhouse"),
        }
    }
}

impl SecretSettings {
    /// Returns the rules of these settings, which were read from `file`, or from the default
    /// file if that is `None`.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Refused`] if definitions could read settings of the programs.
    pub fn rules(&self, file: Option<&Path>) -> Result<SecretRules, ConfigError> {
        SecretRules::new(&self.variable_prefix, &self.directory, file)
            .map_err(|refused| ConfigError::refused(refused.0))
    }

    /// Loads this section alone, as [`load`] loads all of them, and returns its rules.
    ///
    /// # Errors
    ///
    /// See [`ConfigError`].
    pub fn load_rules(file: Option<&Path>) -> Result<SecretRules, ConfigError> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Section {
            secrets: SecretSettings,
        }
        load::<Section>(file, &[])?.secrets.rules(file)
    }
}
