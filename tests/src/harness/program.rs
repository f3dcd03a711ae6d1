//! Finds the programs of this project: in the directory of the running one.

use std::path::PathBuf;

use super::error::HarnessError;

/// Returns the file of a program of this project, of the same profile as the caller.
///
/// # Errors
///
/// [`HarnessError::NotBuilt`] if it is not there.
pub fn find(name: &str) -> Result<PathBuf, HarnessError> {
    let own = std::env::current_exe().map_err(HarnessError::file("the running program"))?;
    let beside = own.with_file_name(name);
    // Tests are one directory deeper than programs.
    let above = own
        .parent()
        .filter(|directory| directory.ends_with("deps"))
        .map(|directory| directory.with_file_name(name));
    let program = above.unwrap_or(beside);
    if program.is_file() {
        Ok(program)
    } else {
        Err(HarnessError::NotBuilt { program })
    }
}
