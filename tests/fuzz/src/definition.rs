//! Definitions by anybody.

use source_language::{definition::Definition, source::Source};

const FILE: &str = "any.toml";

/// Reads `bytes` as a definition, if they are text.
///
/// # Panics
///
/// If an error is not one of this file, or of none of its lines.
pub fn definition(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let lines = text.split('\n').count();
    match Definition::parse(text, FILE).and_then(Source::compile) {
        Ok(source) => {
            for warning in source_tools::lint::lint(source.definition(), text) {
                assert!((1..=lines).contains(&warning.line), "{warning}");
            }
        }
        Err(error) => {
            assert_eq!(error.file, FILE);
            assert!((1..=lines).contains(&error.line), "{error}");
            assert!(!error.problem.is_empty() && !error.way_out.is_empty());
        }
    }
}
