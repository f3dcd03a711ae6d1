//! `agent source try`: one job, live or on a saved body, shown in every detail.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use source_fetch::Phases;
use source_language::{
    extract::{Answer, Gaps},
    mask::Mask,
    rows::Rows,
    source::{Discovered, Learnt, Source},
    wording::with_causes,
};

use super::{
    ToolError,
    live::{JobExchange, Live, LiveOptions, TimedExchange},
    present, seatmap, source_of,
    stop::Stop,
    walk::{self, Set, Start},
};

/// Tasks of a step that are named.
const MAX_TASKS: usize = 5;

/// What is tried.
#[derive(Debug, Clone, Default)]
pub struct TryOptions {
    /// The step; the last one of the definition without it.
    pub step: Option<String>,
    /// Values set by hand.
    pub set: Vec<String>,
    /// A saved body in place of the network.
    pub body: Option<PathBuf>,
    /// When the saved body is taken to have come, as it is written; now without it.
    pub as_of: Option<String>,
    /// Rows as JSON lines, and nothing else.
    pub json: bool,
    /// Rows of the table.
    pub rows: usize,
    /// Whether the seat map may have colours.
    pub colour: bool,
}

/// Tries one step. Returns whether it gave rows.
///
/// # Errors
///
/// If the definition does not compile or may not be asked, if there is no such step, and
/// if it was stopped.
pub async fn attempt(
    file: &Path,
    options: &TryOptions,
    live_options: &LiveOptions,
    signals: &mut Stop,
    out: &mut dyn Write,
) -> Result<bool, ToolError> {
    let source = Arc::new(source_of(file, &live_options.rules)?);
    let set = Set::read(&options.set, source.definition())?;
    let last = source
        .definition()
        .steps
        .keys()
        .last()
        .cloned()
        .unwrap_or_default();
    let step = options.step.clone().unwrap_or(last);
    let starts = walk::starts(source.definition(), &set, Some(&step))?;
    if let Some(body) = &options.body {
        return saved(&source, &step, &set, body, options, out);
    }
    let mut live = Live::new(source.clone(), live_options)?;
    let Some(mut at) = starts.into_iter().next() else {
        return Err(ToolError::Other(format!("nothing leads to `{step}`")));
    };
    loop {
        let Start {
            step: here,
            key,
            params,
        } = at;
        let (talked, lines) = hold(&mut live, signals, &here, &key, params).await?;
        if !options.json {
            writeln!(out, "{}", talked.recording.name())?;
            for line in lines {
                writeln!(out, "  {line}")?;
            }
            for note in &talked.notes {
                writeln!(out, "  {note}")?;
            }
            let took = present::duration(talked.extraction);
            writeln!(out, "  decoded and extracted in {took}")?;
        }
        let rows = match &talked.rows {
            Ok(rows) => rows,
            Err(problem) => {
                let reason = format!("{}: {}", talked.recording.name(), problem.message);
                return Err(ToolError::Other(reason));
            }
        };
        if here == step {
            let read = Read {
                rows,
                gaps: &talked.gaps,
                counts: talked.counts,
            };
            show(&read, &talked.tasks, &live.mask(), options, out)?;
            return Ok(true);
        }
        let mut counts = BTreeMap::new();
        let tasks = walk::choose(
            source.definition(),
            set.day_of(source.definition(), talked.tasks),
            Some(&step),
            1,
            &mut counts,
        );
        let Some(task) = tasks.into_iter().next() else {
            let reason = format!("`{here}` gave no row to go on with; name one with --set");
            return Err(ToolError::Other(reason));
        };
        at = Start {
            step: task.step,
            key: task.key,
            params: task.params,
        };
    }
}

async fn hold(
    live: &mut Live,
    signals: &mut Stop,
    step: &str,
    key: &str,
    params: Map<String, Value>,
) -> Result<(JobExchange, Vec<String>), ToolError> {
    let mut lines = Vec::new();
    let mut see = |seen: &TimedExchange| lines.push(leg(seen));
    // Boxed: a conversation is large, and the callers hold it across their own waits.
    let held = Box::pin(live.hold(step, key, params, &mut see));
    let talked = signals.unless(held).await?;
    Ok((talked, lines))
}

/// Reads a body that was saved, by the clock of the time from which it is.
fn saved(
    source: &Arc<Source>,
    step: &str,
    set: &Set,
    path: &Path,
    options: &TryOptions,
    out: &mut dyn Write,
) -> Result<bool, ToolError> {
    let body =
        fs::read(path).map_err(|error| ToolError::file(path, &error, "name a file with a body"))?;
    let now = as_of(source, options.as_of.as_deref())?;
    let params = walk::known(source, step, set, now)?;
    let answer = Answer {
        status: 200,
        content_type: None,
        body: &body,
        received_at: now,
    };
    let started_at = Instant::now();
    let page = source.extract_page(step, &params, &answer, 0);
    let took = started_at.elapsed();
    let page = page.map_err(|error| {
        let reason = format!("{}, step {step}: {}", path.display(), with_causes(&error));
        let lacks =
            unasked(source, step, set).map_or_else(String::new, |lacks| format!("; {lacks}"));
        ToolError::Other(reason + &lacks)
    })?;
    if !options.json {
        writeln!(
            out,
            "{step}: {} bytes decoded and extracted in {}",
            body.len(),
            present::duration(took)
        )?;
    }
    let read = Read {
        rows: &page.rows,
        gaps: &page.gaps,
        counts: (page.facts.row_count as u64, page.left_out as u64),
    };
    let (tasks, mask) = (
        source.discover(step, &params, read.rows),
        source.mask(&Learnt::default()),
    );
    show(&read, &tasks, &mask, options, out)?;
    if let (Some(lacks), false) = (unasked(source, step, set), options.json) {
        writeln!(out, "{lacks}")?;
    }
    Ok(true)
}

/// Returns the time at which a body is taken to have come: noon of a date at the source.
fn as_of(source: &Source, text: Option<&str>) -> Result<Timestamp, ToolError> {
    let Some(text) = text else {
        return Ok(Timestamp::now());
    };
    let noon = || {
        let date: jiff::civil::Date = text.parse().ok()?;
        let noon = date
            .at(12, 0, 0, 0)
            .to_zoned(source.timezone().clone())
            .ok()?;
        Some(noon.timestamp())
    };
    // A date alone is one of the source, not of UTC.
    let is_date = text.len() <= "2026-11-20".len();
    let at = if is_date { noon() } else { text.parse().ok() };
    at.ok_or_else(|| {
        ToolError::Other(format!(
            "`--as-of {text}` is no time; write such as 2026-11-20 or 2026-11-20T18:30:00Z"
        ))
    })
}

/// Says what a saved body may lack: what would have been asked before it.
fn unasked(source: &Source, step: &str, set: &Set) -> Option<String> {
    let mut first = source.definition().steps.get(step)?.first.iter();
    let (name, words) =
        first.find(|(name, words)| !words.take.is_empty() && !set.0.contains_key(name.as_str()))?;
    let value = words.take.keys().next()?;
    Some(format!(
        "`{name}` was not asked: set what it gives, such as `--set {name}.{value}=JSON`"
    ))
}

/// Writes a request and its answer in a line, with what took how long.
#[must_use]
pub fn leg(leg: &TimedExchange) -> String {
    /// A turn that comes at once is not worth a word.
    const MIN_WAIT: Duration = Duration::from_millis(1);
    let waited = if leg.waited > MIN_WAIT {
        format!(", after {} for the limit", present::duration(leg.waited))
    } else {
        String::new()
    };
    let took = present::duration(leg.took) + &phases(leg.phases);
    let answer = match &leg.answer {
        Ok((status, bytes)) => format!("{status}, {bytes} bytes in {took}"),
        Err(problem) => format!("{problem}, in {took}"),
    };
    format!("{}: {} → {answer}{waited}", leg.purpose, leg.request)
}

/// Writes of what the time of a request is the sum, as far as it came.
fn phases(phases: Phases) -> String {
    let Phases {
        resolve,
        connect,
        first_byte,
        body,
    } = phases;
    let named = [
        ("name", resolve),
        ("connection", connect),
        ("first byte", first_byte),
        ("body", body),
    ];
    let kept = (connect.is_none() && first_byte.is_some()).then(|| "connection kept".to_owned());
    let parts = named
        .into_iter()
        .filter_map(|(name, took)| Some(format!("{name} {}", present::duration(took?))));
    let parts: Vec<String> = kept.into_iter().chain(parts).collect();
    if parts.is_empty() {
        String::new()
    } else {
        format!(" ({})", parts.join(", "))
    }
}

/// Says why there is nothing to be shown.
fn nothing((came, left_out): (u64, u64)) -> String {
    let s = if came == 1 { "" } else { "s" };
    match (came, left_out) {
        (0, _) => "no rows: the answer has none".to_owned(),
        (came, left_out) if left_out >= came => format!(
            "no rows: {came} row{s} came, and `where` left all of them out; does a value that it \
             looks at have another name?"
        ),
        (came, _) => format!("no rows: {came} row{s} came, and none of them counts"),
    }
}

/// What was read of an answer.
struct Read<'a> {
    rows: &'a Rows,
    gaps: &'a Gaps,
    /// Rows that came, and of them those that `where` left out.
    counts: (u64, u64),
}

/// Shows the rows, what they lack, and what they lead to.
fn show(
    read: &Read<'_>,
    tasks: &[Discovered],
    mask: &Mask,
    options: &TryOptions,
    out: &mut dyn Write,
) -> Result<(), ToolError> {
    let rows = read.rows;
    let lacks = read.gaps.sentence().map(|lacks| mask.text(&lacks));
    let lines = present::masked(present::lines(rows), mask);
    let prices = present::masked(present::price_lines(rows), mask);
    if options.json {
        for line in &lines {
            writeln!(out, "{}", Value::Object(line.clone()))?;
        }
        for price in &prices {
            writeln!(out, "{}", json!({ "price": price }))?;
        }
        if let Some(lacks) = &lacks {
            // On standard error, apart from the rows.
            let _ = writeln!(std::io::stderr(), "agent: {lacks}");
        }
        return Ok(());
    }
    if lines.is_empty() {
        writeln!(out, "{}", nothing(read.counts))?;
    } else {
        writeln!(out, "{}", present::table(&lines, options.rows))?;
    }
    if let Some(lacks) = &lacks {
        writeln!(out, "{lacks}")?;
    }
    if let Rows::Seats(map) = rows {
        writeln!(out, "{}", seatmap::draw(map, options.colour))?;
    }
    if !prices.is_empty() {
        writeln!(out, "{}", present::table(&prices, options.rows))?;
    }
    let mut steps: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for task in tasks {
        steps.entry(&task.step).or_default().push(&task.key);
    }
    for (step, keys) in steps {
        let named = keys
            .iter()
            .take(MAX_TASKS)
            .map(|key| mask.text(key))
            .collect::<Vec<_>>()
            .join(", ");
        let more = keys.len().saturating_sub(MAX_TASKS);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        writeln!(
            out,
            "brings {} tasks of `{step}`: {named}{more}",
            keys.len()
        )?;
    }
    Ok(())
}
