//! Programs in Python that tests are helped by, where they are installed.

use std::process::{Command, Stdio};

/// Whether `python3` finds all these modules; where not, that is said.
pub(crate) fn has(modules: &[&str]) -> bool {
    let import = format!("import {}", modules.join(", "));
    let found = Command::new("python3")
        .args(["-c", &import])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let is_there = found.is_ok_and(|status| status.success());
    if !is_there {
        eprintln!("not run: python3 has not all of {}", modules.join(", "));
    }
    is_there
}
