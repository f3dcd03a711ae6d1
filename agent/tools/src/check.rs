//! `agent source check`: every problem of every file.
//!
//! Takes files, gives their errors and warnings with file and line. A file whose TOML
//! cannot be read has one error; of others each step is judged by itself, so that one
//! mistake does not hide the next.

use std::{fs, io::Write, path::PathBuf};

use source_language::{
    definition::{Definition, DefinitionError},
    source::{SecretRules, Source},
};

use super::{ToolError, lint};

/// What is wrong with one definition.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Problems {
    /// It cannot work.
    pub errors: Vec<DefinitionError>,
    /// It works, and is likely not what its author means.
    pub warnings: Vec<DefinitionError>,
}

/// Judges the definition in `text`, which may name the secrets that are allowed by default;
/// messages name `file`.
#[must_use]
pub fn problems(text: &str, file: &str) -> Problems {
    problems_with(text, file, &SecretRules::default())
}

/// Judges the definition in `text`, which may name the secrets that `rules` allow; `file` is
/// named in messages.
#[must_use]
pub fn problems_with(text: &str, file: &str, rules: &SecretRules) -> Problems {
    let mut found = Problems::default();
    match Definition::problems(text, file) {
        Ok(definition) => {
            found.errors = compile(&definition, rules);
            found.warnings = lint::lint(&definition, text);
        }
        Err(errors) => found.errors = errors,
    }
    found.errors.sort_by_key(|error| error.line);
    found.errors.dedup();
    found
}

/// Compiles the whole, and where that fails each step with only those above it.
fn compile(definition: &Definition, rules: &SecretRules) -> Vec<DefinitionError> {
    let Err(first) = Source::compile_with(definition.clone(), rules) else {
        return Vec::new();
    };
    let mut errors = vec![first];
    for name in definition.steps.keys() {
        let above = definition.ancestors(name);
        let mut alone = definition.clone();
        alone
            .steps
            .retain(|step, _| step == name || above.contains(&step.as_str()));
        errors.extend(Source::compile_with(alone, rules).err());
    }
    errors.sort_by_key(|error| error.line);
    errors.dedup();
    errors
}

/// Checks `files` and prints what is wrong with them; returns whether none has an error.
///
/// # Errors
///
/// If a file cannot be read, or the output not be written.
pub fn check(
    files: &[PathBuf],
    rules: &SecretRules,
    out: &mut dyn Write,
) -> Result<bool, ToolError> {
    let (mut errors, mut warnings) = (0, 0);
    for path in files {
        let file = path.display().to_string();
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                errors += 1;
                writeln!(
                    out,
                    "error: {file} cannot be read: {}; name a definition, such as sources/bhd.toml",
                    source_language::wording::io(&error)
                )?;
                continue;
            }
        };
        let found = problems_with(&text, &file, rules);
        for error in &found.errors {
            writeln!(out, "error: {error}")?;
        }
        for warning in &found.warnings {
            writeln!(out, "warning: {warning}")?;
        }
        errors += found.errors.len();
        warnings += found.warnings.len();
        if found == Problems::default() {
            writeln!(out, "ok: {file}")?;
        }
    }
    writeln!(
        out,
        "{}, {} in {}",
        count(errors, "error"),
        count(warnings, "warning"),
        count(files.len(), "file")
    )?;
    Ok(errors == 0)
}

fn count(number: usize, thing: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{s}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use source_language::source::shipped::SHIPPED;

    /// Authors begin with these files: a warning there teaches them to read none.
    #[test]
    fn shipped_definitions_have_no_warnings() {
        for (name, text) in SHIPPED {
            let found = problems(text, name);
            assert_eq!(found.errors, [], "{name}");
            assert_eq!(found.warnings, [], "{name}");
        }
    }
}
