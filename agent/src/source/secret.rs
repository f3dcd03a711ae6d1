//! Secrets by reference: looked up when a request is made, and shown nowhere.

use std::{collections::BTreeMap, env, fs};

use secrecy::SecretString;
use thiserror::Error;

/// Where each secret is to be found.
#[derive(Debug, Clone)]
pub(super) struct Secrets(BTreeMap<String, Reference>);

#[derive(Debug, Clone)]
enum Reference {
    Variable(String),
    File(String),
    /// Not looked up: three asterisks stand for it.
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
    /// Reads references; checking them is the definition's affair.
    pub(super) fn new(references: &BTreeMap<String, String>) -> Self {
        let read = |text: &String| match text.strip_prefix("env:") {
            Some(name) => Reference::Variable(name.to_owned()),
            None => Reference::File(text.strip_prefix("file:").unwrap_or(text).to_owned()),
        };
        Self(
            references
                .iter()
                .map(|(name, text)| (name.clone(), read(text)))
                .collect(),
        )
    }

    /// Returns the same names with three asterisks for each secret.
    pub(super) fn masked(&self) -> Self {
        let names = self.0.keys().cloned();
        Self(names.map(|name| (name, Reference::Masked)).collect())
    }

    /// Looks all up that are where the definition says.
    pub(super) fn present(&self) -> Vec<SecretString> {
        self.0
            .keys()
            .filter_map(|name| self.get(name).ok())
            .collect()
    }

    /// Looks one up, as it is at this moment.
    pub(super) fn get(&self, name: &str) -> Result<SecretString, SecretError> {
        let error = |place: String| SecretError {
            name: name.to_owned(),
            place,
        };
        match self.0.get(name) {
            Some(Reference::Variable(variable)) => env::var(variable)
                .map(SecretString::from)
                .map_err(|_| error(format!("env:{variable}"))),
            Some(Reference::File(path)) => fs::read_to_string(path)
                .map(|text| SecretString::from(text.trim_end().to_owned()))
                .map_err(|_| error(format!("file:{path}"))),
            Some(Reference::Masked) => Ok(SecretString::from("***")),
            None => Err(error("any place".to_owned())),
        }
    }
}
