//! Programs in Python that tests are helped by, where they are installed.

use std::process::{Command, Stdio};

/// Whether `python3` finds all these modules. Fails where all tools are required.
pub(crate) fn has(modules: &[&str]) -> bool {
    let import = format!("import {}", modules.join(", "));
    let found = Command::new("python3")
        .args(["-c", &import])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let is_there = found.is_ok_and(|status| status.success());
    if !is_there {
        let missing = format!("one of the Python modules {}", modules.join(", "));
        // `.ci/run` installs them and sets the variable.
        assert!(
            std::env::var_os("FULLHOUSE_REQUIRE_TOOLS").is_none(),
            "{missing} is missing"
        );
        eprintln!("not run: {missing} is missing");
    }
    is_there
}
