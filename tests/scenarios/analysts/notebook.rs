//! The notebook, run from top to bottom where its packages are installed.

use std::path::{Path, PathBuf};

use tests::harness::{error::HarnessError, fleet::Fleet, process::Start, tool::report_missing};

/// The notebook, and where `.ci/run` installs what it needs.
const NOTEBOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../schema/notebook.py");
const TOOLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/ci-tools/bin/python");
/// Names another Python that has the packages.
const PYTHON: &str = "FULLHOUSE_TEST_PYTHON";
/// What each cell prints a line of.
const CELLS: [&str; 5] = ["occupancy", "admissions", "booking", "seats", "prices"];

/// Runs it as `login`, where its packages are installed.
pub(super) fn run(fleet: &Fleet, login: &str) -> Result<(), HarnessError> {
    let python = std::env::var_os(PYTHON).map_or_else(|| PathBuf::from(TOOLS), PathBuf::from);
    if !has_packages(&python) {
        report_missing(&format!("{} has no pandas or psycopg", python.display()));
        return Ok(());
    }
    let url = fleet
        .url()
        .replacen("://postgres", &format!("://{login}"), 1);
    let plots = fleet.directory().join("plots");
    std::fs::create_dir(&plots).map_err(|source| HarnessError::File {
        path: plots.clone(),
        source,
    })?;
    let printed = Start::file(python, "notebook")
        .args([NOTEBOOK])
        .env("FULLHOUSE_URL", url)
        .env("FULLHOUSE_PLOTS", plots.to_string_lossy())
        .run()?;
    println!("{printed}");
    for cell in CELLS {
        let is_there = printed.lines().any(|line| line.starts_with(cell));
        assert!(is_there, "the notebook printed no {cell}:\n{printed}");
    }
    Ok(())
}

fn has_packages(python: &Path) -> bool {
    let imports = Start::file(python.to_owned(), "python").args(["-c", "import pandas, psycopg"]);
    imports.run().is_ok()
}
