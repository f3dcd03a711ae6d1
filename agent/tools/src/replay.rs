//! `agent source replay`: whether a definition still gives what a person accepted.

use std::{collections::BTreeMap, io::Write, path::Path, sync::Arc, time::Duration};

use serde_json::Value;
use source_language::source::SecretRules;

use super::{
    ToolError,
    dialogue::{self, Replayed},
    diff, present, recording, source_of,
};

/// Differences of one job that are shown.
const MAX_SHOWN: usize = 20;

/// What the jobs of one step gave.
#[derive(Default)]
struct Tally {
    jobs: usize,
    rows: usize,
    took: Duration,
    differ: usize,
    new: usize,
}

/// Runs all recordings below `directory` through `file`, and compares. With `accept`, what
/// they give is what is expected from now on. Returns whether nothing differs.
///
/// # Errors
///
/// If the definition does not compile, or a recording cannot be read.
pub fn replay(
    file: &Path,
    directory: &Path,
    accept: bool,
    rules: &SecretRules,
    out: &mut dyn Write,
) -> Result<bool, ToolError> {
    let source = Arc::new(source_of(file, rules)?.without_secrets());
    let mut steps: BTreeMap<String, Tally> = BTreeMap::new();
    for recording in recording::read_all(directory)? {
        let replayed = dialogue::replay(&source, &recording);
        let value = replayed.value();
        let accepted = recording.accepted()?;
        let tally = steps.entry(recording.step.clone()).or_default();
        tally.add(&replayed);
        if let Err(problem) = &replayed.rows {
            writeln!(out, "{}: {}", recording.name(), problem.message)?;
        }
        if accept {
            recording.accept(&value)?;
        } else if let Some(accepted) = accepted {
            let changes = diff::changes(&accepted, &value);
            if !changes.is_empty() {
                tally.differ += 1;
                writeln!(
                    out,
                    "{}: {} against {}",
                    recording.name(),
                    summary(&value),
                    summary(&accepted)
                )?;
                writeln!(
                    out,
                    "{}",
                    diff::table(&changes, ["accepted", "now"], MAX_SHOWN)
                )?;
            }
        } else {
            tally.new += 1;
            // Nobody accepted a failure; one that was accepted is expected.
            tally.differ += usize::from(replayed.rows.is_err());
        }
    }
    report(&steps, out)?;
    let differ: usize = steps.values().map(|tally| tally.differ).sum();
    let new: usize = steps.values().map(|tally| tally.new).sum();
    if accept {
        writeln!(out, "accepted: this is what they give from now on")?;
    } else if new > 0 {
        writeln!(
            out,
            "{new} without rows.json: look at them with `agent source try`, then add --accept"
        )?;
    }
    Ok(accept || differ == 0)
}

impl Tally {
    fn add(&mut self, replayed: &Replayed) {
        self.jobs += 1;
        self.took += replayed.took;
        self.rows += replayed
            .rows
            .as_ref()
            .map_or(0, |rows| present::lines(rows).len());
    }
}

fn report(steps: &BTreeMap<String, Tally>, out: &mut dyn Write) -> Result<(), ToolError> {
    let mut table = present::new_table(&["step", "jobs", "rows", "a job took", "differ"]);
    for (step, tally) in steps {
        let each = tally.took / u32::try_from(tally.jobs).unwrap_or(u32::MAX).max(1);
        table.add_row([
            step.clone(),
            tally.jobs.to_string(),
            tally.rows.to_string(),
            present::duration(each),
            tally.differ.to_string(),
        ]);
    }
    Ok(writeln!(out, "{table}")?)
}

fn summary(value: &Value) -> String {
    match (
        value.get("rows").and_then(Value::as_array),
        value.get("error"),
    ) {
        (_, Some(error)) => format!("the error “{}”", present::plain(error)),
        (rows, None) => format!("{} rows", rows.map_or(0, Vec::len)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::{collections::BTreeSet, fs, path::PathBuf};

    use super::*;

    /// Definitions whose bodies are asserted one by one there.
    const BY_HAND: &str = include_str!("../../language/tests/extraction/shipped.rs");

    fn sources() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../sources")
    }

    /// Names of the files with `extension`, or of the directories without one.
    fn names(directory: &Path, extension: Option<&str>) -> BTreeSet<String> {
        let paths = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let wanted = paths.filter(|path| {
            path.extension().and_then(|found| found.to_str()) == extension
                && path.is_dir() == extension.is_none()
        });
        let name = |path: PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
        wanted.map(name).collect()
    }

    #[test]
    fn recordings_of_shipped_definitions_give_the_accepted_rows() {
        let (root, rules) = (sources().join("recordings"), SecretRules::default());
        for name in names(&root, None) {
            let file = sources().join(format!("{name}.toml"));
            let mut said = Vec::new();
            let same = replay(&file, &root.join(&name), false, &rules, &mut said).unwrap();
            let said = String::from_utf8(said).unwrap();
            assert!(
                same && !said.contains("without rows.json"),
                "{name}: {said}"
            );
        }
    }

    #[test]
    fn each_step_of_each_shipped_definition_is_tried_on_a_body() {
        let root = sources().join("recordings");
        let recorded = names(&root, None);
        for name in names(&sources(), Some("toml")) {
            let by_hand = BY_HAND.contains(&format!("body!(\"{name}/"));
            assert!(
                by_hand || recorded.contains(&name),
                "{name} is not tried on any body; record it into sources/recordings/{name}"
            );
            if !recorded.contains(&name) {
                continue;
            }
            let source = source_of(
                &sources().join(format!("{name}.toml")),
                &SecretRules::default(),
            )
            .unwrap();
            let jobs = recording::read_all(&root.join(&name)).unwrap();
            let tried: BTreeSet<&str> = jobs.iter().map(|job| job.step.as_str()).collect();
            let missing = |step: &&String| !tried.contains(step.as_str());
            let missing: Vec<_> = source.definition().steps.keys().filter(missing).collect();
            assert!(missing.is_empty(), "{name}: {missing:?} have no recordings");
        }
    }

    #[test]
    fn each_exchange_of_a_recording_is_asked_for() {
        let root = sources().join("recordings");
        for name in names(&root, None) {
            let file = sources().join(format!("{name}.toml"));
            let source = Arc::new(
                source_of(&file, &SecretRules::default())
                    .unwrap()
                    .without_secrets(),
            );
            for job in recording::read_all(&root.join(&name)).unwrap() {
                let mut used = dialogue::replay(&source, &job).used;
                used.sort_unstable();
                let all: Vec<usize> = (0..job.exchanges.len()).collect();
                assert_eq!(
                    used,
                    all,
                    "{name} {}: what is left over is dead",
                    job.name()
                );
            }
        }
    }
}
