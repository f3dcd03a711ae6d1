//! Finds the programs of an installed Postgres server.

use super::error::ServerError;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The oldest major version that the migrations work with.
const MIN_VERSION: u16 = 15;

/// Names the directory of `initdb` and `pg_ctl`, before all other places.
const VARIABLE: &str = "FULLHOUSE_POSTGRES_BIN";

/// Directory with the major versions of Postgres on Debian and its derivatives.
const DISTRIBUTION: &str = "/usr/lib/postgresql";

/// The programs of one installed server.
#[derive(Clone, Debug)]
pub(super) struct Binaries {
    directory: PathBuf,
    version: u16,
}

impl Binaries {
    /// Finds the programs for `data`, which may not exist yet.
    ///
    /// Data that exist decide the major version; otherwise the newest is taken.
    pub(super) fn find(data: &Path) -> Result<Self, ServerError> {
        let mut found: Vec<Self> = candidates().into_iter().filter_map(Self::read).collect();
        let newest = found.iter().map(|binaries| binaries.version).max();
        let wanted = data_version(data).or(newest);
        let first = found.iter().position(|one| Some(one.version) == wanted);
        match (first, wanted, newest) {
            (Some(first), _, _) => Ok(found.swap_remove(first)),
            (None, Some(wanted), Some(found)) => Err(ServerError::OtherVersion {
                data: data.to_path_buf(),
                wanted,
                found,
            }),
            (None, _, _) => Err(ServerError::NotInstalled {
                least: MIN_VERSION,
                searched: format!("{VARIABLE}, {DISTRIBUTION}, pg_config and PATH"),
            }),
        }
    }

    /// Returns the path of one of the programs.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Returns whether the server can load `library` when it starts.
    pub(super) fn has_library(&self, library: &str) -> bool {
        let above = self.directory.parent().unwrap_or(Path::new("/"));
        ["lib", "lib/postgresql", "lib64/pgsql", "lib/pgsql"]
            .iter()
            .flat_map(|place| {
                ["so", "dylib"].map(|end| above.join(place).join(library).with_extension(end))
            })
            .any(|file| file.exists())
    }

    /// Reads the version of the server in `directory`, `None` if it will not do.
    fn read(directory: PathBuf) -> Option<Self> {
        let complete = ["initdb", "pg_ctl"]
            .iter()
            .all(|name| directory.join(name).exists());
        let output = Command::new(directory.join("postgres"))
            .arg("--version")
            .output()
            .ok()?;
        let version = major(&String::from_utf8_lossy(&output.stdout))?;
        (complete && version >= MIN_VERSION).then_some(Self { directory, version })
    }
}

/// Lists the directories that may hold a server, the preferred first.
///
/// If the variable is set, no other directory is searched.
fn candidates() -> Vec<PathBuf> {
    if let Some(named) = env::var_os(VARIABLE) {
        return vec![PathBuf::from(named)];
    }
    let mut found: Vec<PathBuf> = fs::read_dir(DISTRIBUTION)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        found.push(PathBuf::from(
            String::from_utf8_lossy(&output.stdout).trim(),
        ));
    }
    let path = env::var_os("PATH").unwrap_or_default();
    found.extend(env::split_paths(&path).filter(|directory| directory.join("postgres").exists()));
    found
}

/// Reads the major version from `postgres (PostgreSQL) 15.18 (Debian …)`.
fn major(output: &str) -> Option<u16> {
    let version = output.split(") ").nth(1)?;
    let digits = version.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// Reads the major version that wrote `data`.
fn data_version(data: &Path) -> Option<u16> {
    fs::read_to_string(data.join("PG_VERSION"))
        .ok()?
        .trim()
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_releases_and_betas() {
        assert_eq!(
            major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"),
            Some(15)
        );
        assert_eq!(major("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major("command not found"), None);
    }
}
