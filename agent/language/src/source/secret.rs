//! Secrets by reference: looked up when a request is made, and shown nowhere.

use std::{collections::BTreeMap, path::PathBuf};

use secrecy::SecretString;
use thiserror::Error;

mod rules;

pub(super) use rules::Refusal;
pub use rules::{RefusedRules, SETTINGS_FILE, SecretRules};

/// The place of each secret.
#[derive(Debug, Clone)]
pub(super) struct Secrets {
    references: BTreeMap<String, Reference>,
    rules: SecretRules,
}

/// A secret that a definition may name; made by [`SecretRules::judge`] alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reference {
    Variable(String),
    File(PathBuf),
    /// Is not looked up: three asterisks stand for each secret.
    Masked,
}

/// A secret that is not where the definition says.
#[derive(Debug, Error)]
#[error("secret `{name}` is not at {place}; set it there for this pod")]
pub struct SecretError {
    /// Its name in the definition.
    pub name: String,
    /// Its reference.
    pub place: String,
}

impl Secrets {
    /// Judges references by the operator's rules.
    ///
    /// # Errors
    ///
    /// The name of the first that the definition may not make, and why.
    pub(super) fn new(
        references: &BTreeMap<String, String>,
        rules: &SecretRules,
    ) -> Result<Self, (String, Refusal)> {
        let judge = |(name, text): (&String, &String)| match rules.judge(text) {
            Ok(reference) => Ok((name.clone(), reference)),
            Err(refusal) => Err((name.clone(), refusal)),
        };
        Ok(Self {
            references: references.iter().map(judge).collect::<Result<_, _>>()?,
            rules: rules.clone(),
        })
    }

    /// Returns the same names with three asterisks for each secret.
    pub(super) fn masked(&self) -> Self {
        let names = self.references.keys().cloned();
        Self {
            references: names.map(|name| (name, Reference::Masked)).collect(),
            rules: self.rules.clone(),
        }
    }

    /// Looks all up that are where the definition says.
    pub(super) fn present(&self) -> Vec<SecretString> {
        self.references
            .keys()
            .filter_map(|name| self.get(name).ok())
            .collect()
    }

    /// Looks a secret up; it may have changed since the last time.
    pub(super) fn get(&self, name: &str) -> Result<SecretString, SecretError> {
        let error = |place: String| SecretError {
            name: name.to_owned(),
            place,
        };
        let Some(reference) = self.references.get(name) else {
            return Err(error("any place".to_owned()));
        };
        let read = self.rules.read(reference);
        read.map(SecretString::from).map_err(|problem| {
            error(match reference {
                Reference::Variable(variable) => format!("env:{variable}"),
                Reference::File(path) => format!("file:{} ({problem})", path.display()),
                Reference::Masked => "any place".to_owned(),
            })
        })
    }
}
