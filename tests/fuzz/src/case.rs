//! The steps whose answers are made up: those that ship, and those of the reference page.
//!
//! An input says in its first line which of them it is for, such as `bhd/seats` or
//! `reference:token/showtimes`, so that it means the same when others are added. A line that
//! names none means any of them.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
};

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use source_language::{
    definition::Definition,
    extract::Answer,
    source::{Conversation, Memory, Source, conversation::Problem, shipped::SHIPPED},
};
use source_tools::reference::example::{self, Run};
use uuid::Uuid;

/// When answers come.
pub const NOW: Timestamp = Timestamp::constant(1_795_262_400, 0);

/// A step, and all that its answers are read with.
#[derive(Debug)]
pub struct Case {
    /// What the first line of an input says.
    pub name: String,
    /// The definition.
    pub source: Arc<Source>,
    /// The step.
    pub step: String,
    /// What is handed down to it.
    pub params: Map<String, Value>,
    /// The answers that are known to be true, by the name of what is asked.
    pub(crate) known: Known,
}

/// Where true answers are.
#[derive(Debug)]
pub(crate) enum Known {
    /// In a folder, by the names of step and request.
    Bodies(PathBuf),
    /// In an example.
    Example(Run),
}

static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| shipped().chain(reference()).collect());

/// Returns all of them.
#[must_use]
pub fn all() -> &'static [Case] {
    &CASES
}

/// Tells which one `bytes` are for, and what is left of them.
#[must_use]
pub fn of(bytes: &[u8]) -> (&'static Case, &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let (line, rest) = match end {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &[][..]),
    };
    let named = all().iter().find(|case| case.name.as_bytes() == line);
    let sum = line.iter().fold(0_usize, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(usize::from(*byte))
    });
    (named.unwrap_or_else(|| &all()[sum % all().len()]), rest)
}

impl Case {
    /// Begins a conversation about it.
    ///
    /// # Errors
    ///
    /// [`Problem`] if there is no such step, or no such day.
    pub fn begin(&self) -> Result<Conversation, Problem> {
        Conversation::new(
            self.source.clone(),
            Arc::<Memory>::default(),
            &self.step,
            self.params.clone(),
            NOW,
            Uuid::from_u128(0x11),
        )
    }
}

/// Returns `body` as an answer with status 200.
#[must_use]
pub fn answer(body: &[u8]) -> Answer<'_> {
    Answer {
        status: 200,
        content_type: None,
        body,
        received_at: NOW,
    }
}

/// Returns the folder of all that ships.
#[must_use]
pub fn sources() -> PathBuf {
    // Here, or below the agent, whose test this is as well.
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let all = [here.join("sources"), here.join("../../agent/sources")];
    let found = all.iter().find(|folder| folder.is_dir());
    found
        .unwrap_or_else(|| panic!("no sources at {all:?}"))
        .clone()
}

/// Returns the body that is called `name`, whatever its ending.
pub(crate) fn body(folder: &Path, name: &str) -> Option<Vec<u8>> {
    let mut files = fs::read_dir(folder).ok()?.flatten().map(|file| file.path());
    let found = files.find(|file| file.file_stem().is_some_and(|stem| stem == name))?;
    fs::read(found).ok()
}

fn compiled(name: &str, text: &str) -> Arc<Source> {
    let source = Definition::parse(text, name).and_then(Source::compile);
    // There are no secrets here: what is sent is three asterisks.
    Arc::new(
        source
            .unwrap_or_else(|error| panic!("{error}"))
            .without_secrets(),
    )
}

fn shipped() -> impl Iterator<Item = Case> {
    SHIPPED.iter().flat_map(|(name, text)| {
        let source = compiled(name, text);
        let folder = sources().join("bodies").join(name);
        let steps: Vec<String> = source.definition().steps.keys().cloned().collect();
        steps.into_iter().map(move |step| Case {
            name: format!("{name}/{step}"),
            params: handed_down(&source, &folder, &step),
            source: source.clone(),
            step,
            known: Known::Bodies(folder.clone()),
        })
    })
}

fn reference() -> impl Iterator<Item = Case> {
    example::all().into_iter().flat_map(|example| {
        let name = format!("reference:{}", example.name);
        let whole = example.whole().unwrap_or_else(|error| panic!("{error}"));
        let source = compiled(&name, &whole);
        example.run.into_iter().map(move |run| Case {
            name: format!("{name}/{}", run.step),
            source: source.clone(),
            step: run.step.clone(),
            params: run.params.clone(),
            known: Known::Example(run),
        })
    })
}

/// Returns what the first row of the step above hands down, or a little of everything.
fn handed_down(source: &Arc<Source>, folder: &Path, step: &str) -> Map<String, Value> {
    let words = source.definition().steps.get(step);
    let Some(above) = words.and_then(|words| words.for_each.as_deref()) else {
        return Map::new();
    };
    let mut params = handed_down(source, folder, above);
    if let Some(found) = discovered(source, folder, (above, step), &params) {
        return found;
    }
    let object = source.definition().steps.get(above);
    if let Some(name) = object.and_then(|words| words.singular()) {
        params.insert(name.to_owned(), json!({ "key": "1", "name": "Eins" }));
    }
    params
}

fn discovered(
    source: &Source,
    folder: &Path,
    (above, step): (&str, &str),
    params: &Map<String, Value>,
) -> Option<Map<String, Value>> {
    let words = source.definition().steps.get(above)?;
    let mut known = params.clone();
    for first in words.first.keys() {
        let body = body(folder, &format!("{above}.{first}")).unwrap_or_default();
        let taken = source.take(above, first, &known, &answer(&body)).ok()?;
        known.insert(first.clone(), Value::Object(taken));
    }
    let body = body(folder, above).unwrap_or_else(|| b"null".to_vec());
    let rows = source.extract(above, &known, &answer(&body)).ok()?;
    let mut tasks = source.discover(above, params, &rows).into_iter();
    tasks.find(|task| task.step == step).map(|task| task.params)
}
