//! Tools of the machine that some tests need, such as `PgBouncer`.

use std::env;

/// Set by `.ci/run`, which installs every tool: a test that lacks one then fails.
const REQUIRED: &str = "FULLHOUSE_REQUIRE_TOOLS";

/// Reports that a part of a test is not run, and which tool is missing for it.
///
/// # Panics
///
/// Where all tools are required.
pub fn report_missing(reason: &str) {
    assert!(
        env::var_os(REQUIRED).is_none(),
        "{reason}, and {REQUIRED} is set"
    );
    eprintln!("not run: {reason}");
}
