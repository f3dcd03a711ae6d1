//! Recordings on disk: one directory for each job, to be read and compared by people.
//!
//! ```text
//! DIR/seats/0001-501/job.json     step, key, params, time, requests, statuses, headers
//!                    1.json       the first answer's body, as it came, without secrets
//!                    2.html       the second's
//!                    rows.json    what a definition gave when a person accepted it
//! ```

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ToolError;

/// The file that describes a job.
const JOB: &str = "job.json";
/// The file of what it gave.
const ROWS: &str = "rows.json";
/// Longer names of directories are cut.
const MAX_NAME_CHARS: usize = 80;

/// What was sent and answered for one job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// The step.
    pub step: String,
    /// Keys of the rows above, joined by `/`; empty for a root step.
    pub key: String,
    /// When it was recorded: what its days and its times without a year are counted from.
    pub recorded_at: Timestamp,
    /// What templates call `run.uuid`.
    #[serde(default)]
    pub run: String,
    /// What the rows above handed down.
    pub params: Map<String, Value>,
    /// In the order in which they were made.
    pub exchanges: Vec<Exchange>,
    /// Where it was read; nothing for one that was just made.
    #[serde(skip)]
    pub directory: PathBuf,
}

/// One request and its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// What was sent.
    pub request: Sent,
    /// What came.
    pub answer: Answered,
}

/// A request without its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sent {
    /// GET or POST.
    pub method: String,
    /// The whole address.
    pub url: String,
    /// Headers of the definition.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The body as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// An answer without secrets.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Answered {
    /// HTTP status.
    pub status: u16,
    /// Those that extraction and conversation look at.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Name of the file that holds the body.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// The body after decompression.
    #[serde(skip)]
    pub body: Vec<u8>,
}

impl Recording {
    /// Writes it below `root`, in place of what was recorded there for the same job before.
    ///
    /// A process that ends in the middle leaves no recording there: neither half of this one,
    /// nor one that is made of two.
    ///
    /// # Errors
    ///
    /// If a file cannot be written.
    pub fn write(&mut self, root: &Path) -> Result<(), ToolError> {
        let directory = root.join(slug(&self.step)).join(slug(&self.key));
        let made = |error: io::Error| {
            ToolError::file(&directory, &error, "name a directory that can be written")
        };
        fs::create_dir_all(&directory).map_err(made)?;
        // First and last: a directory without it is not read as a recording.
        match fs::remove_file(directory.join(JOB)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(made(error)),
            Ok(()) | Err(_) => {}
        }
        for entry in fs::read_dir(&directory).map_err(made)?.flatten() {
            let name = entry.file_name();
            if name
                .to_string_lossy()
                .starts_with(|c: char| c.is_ascii_digit())
            {
                fs::remove_file(entry.path()).map_err(made)?;
            }
        }
        for (index, exchange) in self.exchanges.iter_mut().enumerate() {
            let answer = &mut exchange.answer;
            if answer.body.is_empty() {
                continue;
            }
            answer.file = format!("{}.{}", index + 1, answer.extension());
            fs::write(directory.join(&answer.file), &answer.body).map_err(made)?;
        }
        write_json(&directory.join(JOB), self)?;
        self.directory = directory;
        Ok(())
    }

    /// Reads the recording in `directory`.
    ///
    /// # Errors
    ///
    /// If a file is missing or not of the form that [`Recording::write`] gives.
    pub fn read(directory: &Path) -> Result<Self, ToolError> {
        let path = directory.join(JOB);
        let mut recording: Self = read_json(&path)?;
        for exchange in &mut recording.exchanges {
            let file = &exchange.answer.file;
            if file.is_empty() {
                continue;
            }
            // The name comes from a file that a stranger may have written.
            let name = Path::new(file).file_name().unwrap_or_default();
            let path = directory.join(name);
            exchange.answer.body = fs::read(&path)
                .map_err(|error| ToolError::file(&path, &error, "record this job again"))?;
        }
        directory.clone_into(&mut recording.directory);
        Ok(recording)
    }

    /// Returns the rows that a person accepted for it, if any were.
    ///
    /// # Errors
    ///
    /// If the file is there and is not JSON.
    pub fn accepted(&self) -> Result<Option<Value>, ToolError> {
        let path = self.directory.join(ROWS);
        if path.exists() {
            read_json(&path).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Accepts `rows` as what it gives.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn accept(&self, rows: &Value) -> Result<(), ToolError> {
        write_json(&self.directory.join(ROWS), rows)
    }

    /// Returns the step and key as one name for people.
    #[must_use]
    pub fn name(&self) -> String {
        if self.key.is_empty() {
            self.step.clone()
        } else {
            format!("{} {}", self.step, self.key)
        }
    }
}

impl Answered {
    /// Returns a header by its name in small letters.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// Returns the extension that lets an editor show the body.
    #[must_use]
    pub fn extension(&self) -> &'static str {
        let kind = self.header("content-type").unwrap_or_default();
        let start = String::from_utf8_lossy(&self.body[..self.body.len().min(200)]);
        let start = start.trim_start_matches('\u{feff}').trim_start();
        match kind {
            _ if kind.contains("json") => "json",
            _ if kind.contains("html") => "html",
            _ if kind.contains("xml") => "xml",
            _ if kind.contains("csv") => "csv",
            _ if kind.contains("javascript") => "js",
            _ if start.starts_with(['{', '[']) => "json",
            _ if start.starts_with("<?xml") => "xml",
            _ if start.starts_with('<') => "html",
            _ => "txt",
        }
    }
}

/// Reads all recordings below `root`, steps and keys in order of their names.
///
/// # Errors
///
/// If there is none, or one cannot be read.
pub fn read_all(root: &Path) -> Result<Vec<Recording>, ToolError> {
    let mut found = Vec::new();
    find(root, 0, &mut found)?;
    if found.is_empty() {
        let way_out = "make some with `agent source record FILE DIR`";
        return Err(ToolError::file_problem(
            root,
            "there are no recordings here".to_owned(),
            way_out,
        ));
    }
    found.sort();
    found
        .iter()
        .map(|directory| Recording::read(directory))
        .collect()
}

fn find(directory: &Path, depth: u8, found: &mut Vec<PathBuf>) -> Result<(), ToolError> {
    /// A root, a step, a job.
    const DEEPEST: u8 = 4;
    if directory.join(JOB).is_file() {
        found.push(directory.to_owned());
        return Ok(());
    }
    let entries = fs::read_dir(directory)
        .map_err(|error| ToolError::file(directory, &error, "name a directory of recordings"))?;
    for entry in entries.flatten() {
        if entry.path().is_dir() && depth < DEEPEST {
            find(&entry.path(), depth + 1, found)?;
        }
    }
    Ok(())
}

/// Makes a name of a directory of a key: what another system may misread becomes a hyphen.
fn slug(text: &str) -> String {
    if text.is_empty() {
        return "root".to_owned();
    }
    let safe = |c: char| {
        if c.is_alphanumeric() || matches!(c, '_' | '.' | '-') {
            c
        } else {
            '-'
        }
    };
    let name: String = text.chars().map(safe).take(MAX_NAME_CHARS).collect();
    // Keys that look alike stay apart, and none leads out of the directory.
    if name == text && !name.starts_with('.') {
        name
    } else {
        let hash = xxhash_rust::xxh3::xxh3_64(text.as_bytes());
        format!("{}-{:04x}", name.trim_start_matches('.'), hash & 0xffff)
    }
}

fn read_json<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T, ToolError> {
    let text =
        fs::read(path).map_err(|error| ToolError::file(path, &error, "record this job again"))?;
    serde_json::from_slice(&text).map_err(|error| {
        let problem = format!(
            "it is not a record of a job, from line {}, column {}",
            error.line(),
            error.column()
        );
        ToolError::file_problem(path, problem, "mend it, or record this job again")
    })
}

fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), ToolError> {
    let fail = |problem: String| {
        ToolError::file_problem(path, problem, "name a directory that can be written")
    };
    let mut text = serde_json::to_string_pretty(value)
        .map_err(|_| fail("the record is not JSON".to_owned()))?;
    text.push('\n');
    // Under another name first: what has this one is whole.
    let written = path.with_extension("json.part");
    fs::write(&written, text)
        .and_then(|()| fs::rename(&written, path))
        .map_err(|error| fail(source_language::wording::io(&error)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn keys_become_names_that_stay_apart_and_inside() {
        assert_eq!(slug("0001"), "0001");
        assert_eq!(slug(""), "root");
        assert_ne!(slug("a/b"), slug("a-b"));
        for key in ["../../etc", "..", "a/../../b", "\0"] {
            assert!(
                !slug(key).contains('/') && !slug(key).starts_with('.'),
                "{}",
                slug(key)
            );
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let root = tempfile::tempdir().unwrap();
        let answer = Answered {
            status: 200,
            body: b"{\"a\":1}".to_vec(),
            ..Answered::default()
        };
        let sent = Sent {
            method: "GET".to_owned(),
            url: "https://a.example/".to_owned(),
            ..Sent::default()
        };
        let mut recording = Recording {
            step: "seats".to_owned(),
            key: "1/2".to_owned(),
            recorded_at: "2026-11-21T12:00:00Z".parse().unwrap(),
            run: String::new(),
            params: Map::new(),
            exchanges: vec![Exchange {
                request: sent,
                answer,
            }],
            directory: PathBuf::new(),
        };
        recording.write(root.path()).unwrap();
        assert!(recording.directory.join("1.json").exists());
        // Again, with less: no body of the first time is left over.
        recording.exchanges.clear();
        recording.write(root.path()).unwrap();
        assert!(!recording.directory.join("1.json").exists());
        assert_eq!(read_all(root.path()).unwrap(), [recording.clone()]);
        assert_eq!(recording.accepted().unwrap(), None);
        recording.accept(&Value::from(1)).unwrap();
        assert_eq!(recording.accepted().unwrap(), Some(Value::from(1)));
    }
}
