//! Settings from file, environment and flags.

use std::path::{Path, PathBuf};

use config::{Config, Environment, File, FileFormat};
use serde::de::DeserializeOwned;
use source_language::source::SETTINGS_FILE;
use thiserror::Error;

/// One setting that a flag sets: its dotted name and its value; `None` if the flag was not given.
pub type Override<'a> = (&'a str, Option<String>);

/// Why settings were not loaded.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file that was named does not exist.
    #[error("there is no configuration file {}", path.display())]
    NoFile {
        /// The file.
        path: PathBuf,
    },
    /// A file or a variable cannot be read as settings.
    #[error("the configuration cannot be read")]
    Unreadable(#[from] config::ConfigError),
    /// A setting that parses but cannot work.
    #[error("{sentence}")]
    Refused {
        /// The setting, and what to change.
        sentence: String,
    },
}

impl ConfigError {
    /// A setting that cannot work; `sentence` names it and what to change.
    #[must_use]
    pub fn refused(sentence: impl Into<String>) -> Self {
        Self::Refused {
            sentence: sentence.into(),
        }
    }
}

/// Loads settings from `file` (or the default file where there is one), the
/// environment and `flags`; later wins.
///
/// # Errors
///
/// See [`ConfigError`].
pub fn load<T: DeserializeOwned>(
    file: Option<&Path>,
    flags: &[Override<'_>],
) -> Result<T, ConfigError> {
    let environment = Environment::with_prefix("FULLHOUSE")
        .prefix_separator("_")
        .separator("__")
        .try_parsing(true);
    load_from(file, environment, flags)
}

fn load_from<T: DeserializeOwned>(
    file: Option<&Path>,
    environment: Environment,
    flags: &[Override<'_>],
) -> Result<T, ConfigError> {
    if let Some(path) = file
        && !path.is_file()
    {
        return Err(ConfigError::NoFile {
            path: path.to_owned(),
        });
    }
    let path = file.unwrap_or(Path::new(SETTINGS_FILE));
    let mut builder = Config::builder()
        .add_source(File::new(&path.to_string_lossy(), FileFormat::Toml).required(file.is_some()))
        .add_source(environment);
    for (name, value) in flags {
        builder = builder.set_override_option(*name, value.clone())?;
    }
    Ok(builder.build()?.try_deserialize()?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde::Deserialize;
    use std::{collections::HashMap, time::Duration};

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Settings {
        agent: Agent,
    }

    #[derive(Debug, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Agent {
        #[serde(with = "humantime_serde")]
        lease: Duration,
        body_limit: usize,
        count: usize,
        batch: usize,
    }

    impl Default for Agent {
        fn default() -> Self {
            Self {
                lease: Duration::from_secs(15),
                body_limit: 16 << 20,
                count: 1000,
                batch: 500,
            }
        }
    }

    fn variables(pairs: &[(&str, &str)]) -> Environment {
        let pairs: HashMap<String, String> = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Environment::with_prefix("FULLHOUSE")
            .prefix_separator("_")
            .separator("__")
            .try_parsing(true)
            .source(Some(pairs))
    }

    #[test]
    fn flags_win_over_the_environment() {
        let environment = variables(&[
            ("FULLHOUSE_AGENT__LEASE", "20s"),
            ("FULLHOUSE_AGENT__BODY_LIMIT", "2048"),
            ("FULLHOUSE_AGENT__COUNT", "7"),
            ("FULLHOUSE_DATABASE__URL", "postgres://host/db"),
        ]);
        let flags = [("agent.count", Some("9".to_owned())), ("agent.batch", None)];
        let settings: Settings = load_from(None, environment, &flags).unwrap();
        assert_eq!(settings.agent.lease, Duration::from_secs(20));
        assert_eq!(settings.agent.body_limit, 2048);
        assert_eq!((settings.agent.count, settings.agent.batch), (9, 500));
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let environment = variables(&[("FULLHOUSE_AGENT__COUNTS", "7")]);
        let error = load_from::<Settings>(None, environment, &[]).unwrap_err();
        let ConfigError::Unreadable(cause) = error else {
            panic!("not a reading error: {error:?}");
        };
        assert!(cause.to_string().contains("counts"), "{cause}");
    }

    #[test]
    fn a_file_that_was_named_must_be_there() {
        let missing = load_from::<Settings>(Some(Path::new("/no/such.toml")), variables(&[]), &[]);
        assert!(matches!(missing, Err(ConfigError::NoFile { .. })));
    }
}
