//! `agent source record`: asks a site once, to be tested against ever after.

use std::{
    collections::{BTreeMap, VecDeque},
    io::Write,
    path::Path,
    sync::Arc,
};

use super::{
    ToolError,
    live::{Live, LiveOptions, TimedExchange},
    present, source_of,
    stop::Stop,
    walk::{self, Set, Start},
};

/// What is recorded.
#[derive(Debug, Clone, Default)]
pub struct RecordOptions {
    /// Only this step, and those on the way to it.
    pub step: Option<String>,
    /// Values set by hand.
    pub set: Vec<String>,
    /// Jobs of each step.
    pub most: usize,
    /// Levels of steps below the first.
    pub depth: usize,
}

/// Walks down from the root, and writes what each job exchanged below `directory`. Returns
/// whether all jobs gave rows.
///
/// # Errors
///
/// If the definition does not compile, may not be asked, or a file cannot be written; and
/// if it was stopped: the jobs before are recorded, the one under way is not.
pub async fn record(
    file: &Path,
    directory: &Path,
    options: &RecordOptions,
    live_options: &LiveOptions,
    stop: &mut Stop,
    out: &mut dyn Write,
) -> Result<bool, ToolError> {
    let source = Arc::new(source_of(file, &live_options.rules)?);
    let definition = source.definition();
    let set = Set::read(&options.set, definition)?;
    let target = options.step.as_deref();
    let starts = walk::starts(definition, &set, target)?;
    let mut live = Live::new(source.clone(), live_options)?;
    let mut counts = BTreeMap::new();
    let mut ahead: VecDeque<(usize, Start)> = starts.into_iter().map(|start| (0, start)).collect();
    let (mut jobs, mut failed) = (0, 0);
    while let Some((depth, Start { step, key, params })) = ahead.pop_front() {
        let mut written = Ok(());
        let mut see = |leg: &TimedExchange| {
            let request = super::attempt::leg(leg);
            if written.is_ok() {
                written = writeln!(out, "  {request}");
            }
        };
        let holding = Box::pin(live.hold(&step, &key, params, &mut see));
        let held = stop.unless(holding).await;
        written?;
        let talked = match held {
            Ok(talked) => talked,
            Err(stopped) => {
                let place = directory.display();
                writeln!(
                    out,
                    "{jobs} jobs are in {place}; {step} {key} was under way and is not kept"
                )?;
                return Err(stopped);
            }
        };
        let mut recording = talked.recording;
        recording.write(directory)?;
        jobs += 1;
        match &talked.rows {
            Ok(rows) => writeln!(
                out,
                "{}: {} rows",
                recording.name(),
                present::lines(rows).len()
            )?,
            Err(problem) => {
                failed += 1;
                writeln!(out, "{}: {}", recording.name(), problem.message)?;
            }
        }
        if depth < options.depth {
            let chosen = {
                let tasks = set.day_of(definition, talked.tasks);
                walk::choose(definition, tasks, target, options.most, &mut counts)
            };
            ahead.extend(chosen.into_iter().map(|task| {
                (
                    depth + 1,
                    Start {
                        step: task.step,
                        key: task.key,
                        params: task.params,
                    },
                )
            }));
        }
    }
    writeln!(
        out,
        "{jobs} jobs in {}, {failed} of them without rows",
        directory.display()
    )?;
    writeln!(
        out,
        "next: agent source replay {} {} --accept",
        file.display(),
        directory.display()
    )?;
    Ok(failed == 0)
}
