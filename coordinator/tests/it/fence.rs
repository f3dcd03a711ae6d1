//! Every statement by which a leader writes what it holds in memory names its term.
//!
//! `schema` shows of each function that takes a term that it writes nothing when that is over;
//! here it is shown that the leader's ticks write by no other.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// What the ticks call without a term: statements that only read.
const READS: [&str; 17] = [
    "fleet::pods",
    "health::unmapped_codes",
    "pod::capacity",
    "queue::outstanding",
    "schedule::clock",
    "schedule::find_ended",
    "schedule::find_vanished",
    "schedule::limit_keys",
    "schedule::next_ended_seq",
    "schedule::read_ended",
    "schedule::steps",
    "schedule::tasks",
    "schedule::tasks_of_source",
    "schedule::tasks_touched_by",
    "task::count_isolated",
    "task::is_asked",
    "weight::resolve",
];

fn schema() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema")
}

/// The files of the leader's ticks.
fn ticks() -> Vec<PathBuf> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let beside = fs::read_dir(sources.join("tick")).unwrap();
    let mut files: Vec<PathBuf> = beside.map(|entry| entry.unwrap().path()).collect();
    files.push(sources.join("tick.rs"));
    files
}

/// The file of a module of `schema`, if there is one of this name.
fn file_of(module: &str) -> Option<PathBuf> {
    let sources = schema().join("src");
    let folders = fs::read_dir(&sources).unwrap();
    let folders = folders.map(|entry| entry.unwrap().path());
    let mut files = [sources]
        .into_iter()
        .chain(folders.filter(|path| path.is_dir()))
        .map(|folder| folder.join(format!("{module}.rs")));
    files.find(|file| file.is_file())
}

/// Every call of a function of a module of `schema`, with what it is given.
fn calls(text: &str) -> Vec<(String, String)> {
    let is_word = |c: char| c.is_ascii_lowercase() || c == '_';
    let mut found = Vec::new();
    for (at, _) in text.match_indices("::") {
        let before = &text[..at];
        let module = &before[before.rfind(|c| !is_word(c)).map_or(0, |at| at + 1)..];
        let after = &text[at + 2..];
        let name_ends = after.find(|c| !is_word(c)).unwrap_or(after.len());
        let (name, rest) = after.split_at(name_ends);
        if file_of(module).is_some() && !name.is_empty() && rest.starts_with('(') {
            let mut depth = 0;
            let end = rest.find(|c| {
                depth += i32::from(c == '(') - i32::from(c == ')');
                depth == 0
            });
            let given = rest[..end.unwrap()].to_owned();
            found.push((format!("{module}::{name}"), given));
        }
    }
    found
}

/// The body of a function of `schema`, with the statement that it reads from a file.
fn body(call: &str) -> String {
    let (module, name) = call.split_once("::").unwrap();
    let file = file_of(module).unwrap();
    let mut text = fs::read_to_string(&file).unwrap();
    // A statement may stand in a file below its module.
    for entry in fs::read_dir(file.with_extension("")).into_iter().flatten() {
        text += &fs::read_to_string(entry.unwrap().path()).unwrap();
    }
    let (_, from) = text.split_once(&format!("pub async fn {name}(")).unwrap();
    let (body, _) = from.split_once("\n}\n").unwrap();
    let mut body = body.to_owned();
    // A macro of the module holds the statement.
    if body.contains("select_tasks!") {
        let (_, from) = text.split_once("macro_rules! select_tasks").unwrap();
        body += from.split_once("\n}\n").unwrap().0;
    }
    if let Some((_, query)) = body.split_once("\"queries/") {
        let (query, _) = query.split_once('"').unwrap();
        let statement = fs::read_to_string(schema().join("queries").join(query)).unwrap();
        let lines = statement.lines().filter(|line| !line.starts_with("--"));
        body = lines.collect::<Vec<_>>().join("\n");
    }
    body
}

#[test]
fn the_ticks_of_a_leader_write_in_the_name_of_its_term() {
    let mut read = BTreeSet::new();
    let mut written = 0;
    for file in ticks() {
        let text = fs::read_to_string(&file).unwrap();
        for (call, given) in calls(&text) {
            if given.contains("term") {
                written += 1;
            } else {
                assert!(
                    READS.contains(&call.as_str()),
                    "{} calls {call} without its term: fence the statement, or list it here if it reads",
                    file.display()
                );
                read.insert(call);
            }
        }
    }
    assert_eq!(read.len(), READS.len(), "no longer called: {read:?}");
    assert!(written >= 10, "{written} writes were found");
}

#[test]
fn what_needs_no_term_reads_only() {
    for call in READS {
        let body = body(call);
        for word in ["INSERT", "UPDATE", "DELETE", "MERGE"] {
            let mut words = body.split(|c: char| !c.is_ascii_alphanumeric());
            assert!(!words.any(|found| found == word), "{call} says {word}");
        }
    }
}
