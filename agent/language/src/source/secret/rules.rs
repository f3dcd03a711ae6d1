//! Which variables and files a definition may name: the operator's list.
//!
//! A definition is written by people who do not run the fleet, and can send what it names to
//! any host. So it may name variables with one prefix and files of one directory, which hold
//! keys of sources and nothing else. Settings of the programs and of their libraries are
//! never reachable, even if the operator allows them.

use std::{
    env, fs, io,
    path::{Component, Path, PathBuf},
};

use thiserror::Error;

use super::Reference;

/// Larger files hold no key.
const MAX_FILE_BYTES: u64 = 64 << 10;
/// Beginnings of variables that belong to the programs, their libraries and the platform, in
/// capital letters.
const PROTECTED_VARIABLES: [&str; 11] = [
    "FULLHOUSE_",
    "PG",
    "POSTGRES",
    "DATABASE",
    "AWS_",
    "AZURE_",
    "GOOGLE_",
    "KUBERNETES_",
    "LD_",
    "RUST",
    "PATH",
];
/// The only ones among them that are not settings.
const OWN_VARIABLES: &str = "FULLHOUSE_SECRET_";
/// Directories whose files are not files: the environment of a process is one of them.
const PROTECTED_DIRECTORIES: [&str; 3] = ["/proc", "/sys", "/dev"];

/// Default path of the settings of the programs.
pub const SETTINGS_FILE: &str = "/etc/fullhouse/fullhouse.toml";

/// Rules that would let definitions read settings of the programs, in a sentence with the way out.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct RefusedRules(pub String);

/// Which variables and files a definition may name as secrets, as the operator allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretRules {
    variable_prefix: String,
    directory: PathBuf,
    /// Files of settings.
    protected: Vec<PathBuf>,
}

/// Why a definition may not name something, and what it may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::source) struct Refusal {
    pub(in crate::source) problem: String,
    pub(in crate::source) way_out: String,
}

impl Default for SecretRules {
    fn default() -> Self {
        Self {
            variable_prefix: OWN_VARIABLES.to_owned(),
            directory: PathBuf::from("/run/secrets/fullhouse"),
            protected: vec![PathBuf::from(SETTINGS_FILE)],
        }
    }
}

impl SecretRules {
    /// Allows variables that begin with `variable_prefix` and the files below `directory`.
    /// `settings` is a file of settings: no definition reads it.
    ///
    /// # Errors
    ///
    /// [`RefusedRules`] if that would let definitions read settings of the programs.
    pub fn new(
        variable_prefix: &str,
        directory: &Path,
        settings: Option<&Path>,
    ) -> Result<Self, RefusedRules> {
        let refuse = |sentence: String| Err(RefusedRules(sentence));
        let prefix = variable_prefix.to_ascii_uppercase();
        let reaches = |protected: &&str| protected.starts_with(&prefix);
        if !is_name(variable_prefix)
            || is_protected(variable_prefix)
            || PROTECTED_VARIABLES.iter().any(reaches)
        {
            return refuse(format!(
                "secrets.variable_prefix (`{variable_prefix}`) would let definitions read settings of \
                 this program: use letters, digits and _, such as {OWN_VARIABLES}"
            ));
        }
        let protected: Vec<PathBuf> = [Some(Path::new(SETTINGS_FILE)), settings]
            .into_iter()
            .flatten()
            .map(Path::to_owned)
            .collect();
        let holds_settings = protected.iter().any(|file| file.starts_with(directory));
        if !is_plain(directory)
            || !directory.is_absolute()
            || directory.parent().is_none()
            || is_of_the_system(directory)
            || holds_settings
        {
            return refuse(format!(
                "secrets.directory ({}) must be an absolute path of a directory that holds keys of \
                 sources and nothing else, such as /run/secrets/fullhouse",
                directory.display()
            ));
        }
        Ok(Self {
            variable_prefix: variable_prefix.to_owned(),
            directory: directory.to_owned(),
            protected,
        })
    }

    /// Judges what a definition names: `env:NAME` or `file:PATH`.
    pub(in crate::source) fn judge(&self, text: &str) -> Result<Reference, Refusal> {
        match (text.strip_prefix("env:"), text.strip_prefix("file:")) {
            (Some(name), _) => self.judge_variable(name),
            (None, Some(path)) => self.judge_file(Path::new(path)),
            (None, None) => Err(Refusal {
                // The text is not shown: it may be the secret itself.
                problem: "names neither a variable nor a file".to_owned(),
                way_out: self.way_out(),
            }),
        }
    }

    fn judge_variable(&self, name: &str) -> Result<Reference, Refusal> {
        let refuse = |problem: &str| {
            let problem = format!("names the variable {name}, {problem}");
            let way_out = self.way_out();
            Err(Refusal { problem, way_out })
        };
        if is_protected(name) {
            return refuse("which is a setting of a program and never a secret of a source");
        }
        let rest = name.strip_prefix(&self.variable_prefix);
        if !is_name(name) || rest.is_none_or(str::is_empty) {
            return refuse("which no definition may read");
        }
        Ok(Reference::Variable(name.to_owned()))
    }

    fn judge_file(&self, path: &Path) -> Result<Reference, Refusal> {
        let file = self.directory.join(path);
        let is_inside = is_plain(path) && file.starts_with(&self.directory);
        if !is_inside || file == self.directory || self.protected.contains(&file) {
            return Err(Refusal {
                problem: format!(
                    "names the file {}, which no definition may read",
                    path.display()
                ),
                way_out: self.way_out(),
            });
        }
        Ok(Reference::File(file))
    }

    fn way_out(&self) -> String {
        format!(
            "write env:{}NAME or file:{}; the settings secrets.variable_prefix and \
             secrets.directory say which variables and files the operator keeps for sources",
            self.variable_prefix,
            self.directory.join("NAME").display()
        )
    }

    /// Reads a variable or a file that was judged.
    ///
    /// Links may lead from file to file inside the directory, as Kubernetes makes them, and
    /// not out of it.
    pub(super) fn read(&self, reference: &Reference) -> io::Result<String> {
        match reference {
            Reference::Variable(name) => env::var(name).map_err(io::Error::other),
            Reference::File(path) => {
                let (root, file) = (self.directory.canonicalize()?, path.canonicalize()?);
                let protected = self
                    .protected
                    .iter()
                    .filter_map(|path| path.canonicalize().ok());
                let is_protected =
                    is_of_the_system(&file) || protected.into_iter().any(|p| p == file);
                if !file.starts_with(&root) || is_protected {
                    return Err(io::Error::new(
                        io::ErrorKind::PermissionDenied,
                        "a link leads out of the directory of secrets",
                    ));
                }
                let about = fs::metadata(&file)?;
                if !about.is_file() || about.len() > MAX_FILE_BYTES {
                    let problem = "this is not a file of at most 64 KiB";
                    return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
                }
                Ok(fs::read_to_string(&file)?.trim_end().to_owned())
            }
            Reference::Masked => Ok("***".to_owned()),
        }
    }
}

fn is_name(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.chars().all(is_part)
}

/// Whether a variable belongs to a program. Names of settings ignore upper and lower case, and so
/// does this.
fn is_protected(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let is_own = name.starts_with(OWN_VARIABLES);
    !is_own
        && PROTECTED_VARIABLES
            .iter()
            .any(|protected| name.starts_with(protected))
}

/// Whether a path has nothing but names in it: no `..`.
fn is_plain(path: &Path) -> bool {
    let mut parts = path.components();
    parts.all(|part| matches!(part, Component::RootDir | Component::Normal(_)))
}

fn is_of_the_system(path: &Path) -> bool {
    PROTECTED_DIRECTORIES
        .iter()
        .any(|directory| path.starts_with(directory))
}

#[cfg(test)]
mod tests;
