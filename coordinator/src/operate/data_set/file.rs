//! The file that declares a data set.

use std::time::Duration;

use chrono::{NaiveDate, NaiveTime};
use fleet_web::operations::OperationError;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    day_parameter::replace,
    delivery_target::{self, DeliveryTarget},
    lines::{line_of, line_of_key, line_of_table},
};
use crate::{
    load::declaration::{Files, FilesTable},
    operate::report::invalid,
};

/// Kinds of inputs that are named with their kind in front.
const KINDS: [&str; 3] = ["rollup/", "events/", "stored/"];
/// Letters of a name at most, as the database has it.
const MAX_NAME_LETTERS: usize = 40;
/// The longest timeout: a statement holds back the cleaning of dead rows everywhere.
const MAX_TIMEOUT: Duration = Duration::from_hours(2);

/// How a data set is divided.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Partition {
    /// Each day is built for itself.
    #[default]
    Day,
    /// It is built as a whole.
    None,
}

/// What data sets that read it do when it failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OnFailure {
    /// They wait.
    #[default]
    Stop,
    /// They go on with the last good result.
    Continue,
}

/// The file as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct DataSetFile {
    name: String,
    description: String,
    query: Option<String>,
    files: Option<FilesTable>,
    #[serde(default)]
    deliver: Vec<DeliveryTarget>,
    #[serde(default)]
    inputs: Vec<String>,
    #[serde(default)]
    partition: Partition,
    since: Option<toml::value::Datetime>,
    check: Option<String>,
    deadline: Option<String>,
    #[serde(default = "quarter_past_midnight")]
    not_before: String,
    #[serde(default = "utc")]
    zone: String,
    every: Option<String>,
    #[serde(default = "ten_minutes")]
    timeout: String,
    #[serde(default)]
    on_failure: OnFailure,
}

fn quarter_past_midnight() -> String {
    "00:15".to_owned()
}

fn utc() -> String {
    "UTC".to_owned()
}

fn ten_minutes() -> String {
    "10m".to_owned()
}

/// A data set that a file declares.
#[derive(Debug, Clone)]
pub struct Declared {
    /// Its name.
    pub name: String,
    /// Its inputs, each with its kind: `data_set/NAME`, `rollup/NAME`, `events/CLIENT`, `stored/TABLE`,
    /// or `files/PLACE/PATTERN`.
    pub inputs: Vec<String>,
    /// The name by which errors call the file.
    pub shown: String,
    /// The text of the file.
    pub body: String,
    fields: Value,
}

impl Declared {
    /// Reads the text of a file; `shown` is its name in errors.
    ///
    /// # Errors
    ///
    /// If it is not TOML, or a field is missing, unknown or cannot be used.
    pub fn parse(text: &str, shown: &str) -> Result<Self, OperationError> {
        if text.contains('\0') {
            return Err(invalid(format!("{shown} contains a zero byte")));
        }
        let file: DataSetFile = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            invalid(format!("{shown}:{line}: {}", error.message()))
        })?;
        let refuse = |key: &str, sentence: String| {
            invalid(format!("{shown}:{}: {sentence}", line_of_key(text, key)))
        };
        check_name(&file.name).map_err(|sentence| refuse("name", sentence))?;
        let since = first_day(&file).map_err(|sentence| refuse("since", sentence))?;
        let time = |key: &str, value: &str| {
            NaiveTime::parse_from_str(value, "%H:%M")
                .map(|time| time.to_string())
                .map_err(|_| {
                    refuse(
                        key,
                        format!("{key} is \"{value}\", and not a time of day such as \"07:00\""),
                    )
                })
        };
        let span = |key: &str, value: &str| {
            humantime::parse_duration(value).map_err(|_| {
                refuse(
                    key,
                    format!("{key} is \"{value}\", and not a duration such as \"10m\""),
                )
            })
        };
        let timeout = span("timeout", &file.timeout)?;
        if timeout.is_zero() || timeout > MAX_TIMEOUT {
            return Err(refuse(
                "timeout",
                format!("timeout is \"{}\"; it is at most 2h", file.timeout),
            ));
        }
        let usual = if since.is_some() { "0s" } else { "1h" };
        let every = span("every", file.every.as_deref().unwrap_or(usual))?;
        let deadline = file.deadline.as_deref();
        check_origin(&file).map_err(|(key, sentence)| refuse(key, sentence))?;
        let files = file
            .files
            .map(|table| Files::check(&table, &file.zone, since.is_some()));
        let files = files.transpose().map_err(|refusal| {
            let line = line_of(text, refusal.at);
            invalid(format!("{shown}:{line}: {}", refusal.sentence))
        })?;
        delivery_target::check(&file.deliver).map_err(|(number, sentence)| {
            let line = line_of_table(text, "deliver", number);
            invalid(format!("{shown}:{line}: {sentence}"))
        })?;
        let mut inputs: Vec<String> = file.inputs.into_iter().map(with_kind).collect();
        inputs.extend(files.as_ref().map(Files::input));
        let mut fields = json!({
            "name": file.name,
            "description": file.description,
            "zone": file.zone,
            "since": since,
            "not_before": time("not_before", &file.not_before)?,
            "deadline": deadline.map(|value| time("deadline", value)).transpose()?,
            "every": seconds(every),
            "timeout": seconds(timeout),
            "continues": file.on_failure == OnFailure::Continue,
            "query": file.query.as_deref().map(replace),
            "check": file.check.as_deref().map(replace),
            "deliver": file.deliver,
        });
        if let Some(files) = files {
            fields["files"] = json!(files);
        }
        Ok(Self {
            inputs,
            name: file.name,
            shown: shown.to_owned(),
            body: text.to_owned(),
            fields,
        })
    }

    /// Whether it is read from files instead of built from a query.
    #[must_use]
    pub fn is_from_files(&self) -> bool {
        self.fields.get("files").is_some()
    }

    /// Returns what the database is given.
    #[must_use]
    pub fn wanted(&self) -> Value {
        let mut wanted = self.fields.clone();
        wanted["inputs"] = json!(self.inputs);
        wanted["body"] = json!(self.body);
        wanted
    }
}

fn check_name(name: &str) -> Result<(), String> {
    let is_plain = name.starts_with(|letter: char| letter.is_ascii_lowercase())
        && name
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_');
    if is_plain && name.len() <= MAX_NAME_LETTERS && !name.ends_with("_idx") {
        return Ok(());
    }
    Err(format!(
        "a data set cannot be called \"{name}\": at most {MAX_NAME_LETTERS} small letters, digits and underscores, a letter first, not ending in _idx"
    ))
}

/// It has a query, or files and nothing else.
fn check_origin(file: &DataSetFile) -> Result<(), (&'static str, String)> {
    match (&file.query, &file.files) {
        (Some(_), None) => Ok(()),
        (None, Some(_)) if file.inputs.is_empty() => Ok(()),
        (None, Some(_)) => Err((
            "inputs",
            "what is read from files has no other inputs: leave inputs out, and read it in another data set"
                .to_owned(),
        )),
        (Some(_), Some(_)) => Err((
            "query",
            "it has a query and files: leave one of them out".to_owned(),
        )),
        (None, None) => Err((
            "name",
            "query is missing: one SELECT; or a table [files], if it is read from files".to_owned(),
        )),
    }
}

/// The first day of a data set with days; `None` for one without.
fn first_day(file: &DataSetFile) -> Result<Option<NaiveDate>, String> {
    match (file.partition, file.since) {
        (Partition::None, None) => Ok(None),
        (Partition::None, Some(_)) => {
            Err("partition is \"none\", so there is no first day: leave out since".to_owned())
        }
        (Partition::Day, None) => Err(
            "since is missing: the first day that is built, such as since = 2026-11-01".to_owned(),
        ),
        (Partition::Day, Some(written)) => written
            .date
            .filter(|_| written.time.is_none())
            .and_then(|date| {
                NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())
            })
            .map(Some)
            .ok_or_else(|| {
                format!("since is {written}, and not a day such as 2026-11-01, without quotes")
            }),
    }
}

fn with_kind(input: String) -> String {
    if KINDS.iter().any(|kind| input.starts_with(kind)) || input.starts_with("data_set/") {
        input
    } else {
        format!("data_set/{input}")
    }
}

fn seconds(duration: Duration) -> String {
    format!("{} seconds", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const FILE: &str = "name = \"a\"\ndescription = \"b\"\nsince = 2026-11-01\ninputs = [\"x\", \"rollup/cinema_day\"]\nquery = \"\"\"\nSELECT 1 WHERE :day = :day\"\"\"\n";

    const LOAD: &str = r#"name = "b"
description = "c"
since = 2026-11-01
[files]
place = "/srv/in"
path = "{date}.csv"
format = "csv"
columns = [
    { name = "id", type = "text", required = true },
    { name = "n", type = "bigint", from = "N" },
]
"#;

    fn refused(text: &str) -> String {
        Declared::parse(text, "a.toml").unwrap_err().to_string()
    }

    #[test]
    fn inputs_have_their_kind_and_days_their_function() {
        let declared = Declared::parse(FILE, "a.toml").unwrap();
        assert_eq!(declared.inputs, ["data_set/x", "rollup/cinema_day"]);
        let wanted = declared.wanted();
        assert_eq!(wanted["since"], "2026-11-01");
        assert_eq!(wanted["not_before"], "00:15:00");
        assert_eq!(
            wanted["query"],
            "SELECT 1 WHERE data_set.day() = data_set.day()"
        );
        assert_eq!(wanted["timeout"], "600 seconds");
    }

    #[test]
    fn files_take_the_place_of_a_query() {
        let declared = Declared::parse(LOAD, "b.toml").unwrap();
        assert_eq!(declared.inputs, ["files//srv/in/{date}.csv"]);
        let wanted = declared.wanted();
        assert_eq!(wanted["files"]["columns"][1]["from"], "N");
        assert_eq!(wanted["files"]["max_errors"], json!({ "share": 0.01 }));
        assert_eq!(wanted["query"], Value::Null);
        for (from, to, line, part) in [
            ("{date}", "all", 6, "it does not name the day"),
            ("{date}", "../{date}", 6, "it must stay below the place"),
            ("\"/srv/in\"", "\"in\"", 5, "neither a whole path"),
            ("bigint", "int", 10, "unknown variant `int`"),
            ("name = \"id\"", "name = \"day\"", 9, "already"),
            ("name = \"n\"", "name = \"id\"", 10, "stands twice"),
            (
                "from = \"N\"",
                "format = \"%Y\"",
                10,
                "only a date or a timestamptz",
            ),
            (
                "\"csv\"",
                "\"csv\"\nmax_errors = \"many\"",
                8,
                "max_errors is a number",
            ),
            (
                "\"csv\"",
                "\"csv\"\nmax_errors = -1",
                8,
                "max_errors is a number",
            ),
            (
                "\"csv\"",
                "\"typed\"\ndelimiter = \";\"",
                8,
                "only the format csv",
            ),
            ("\"csv\"", "\"csv\"\ncolour = 1", 8, "colour"),
            (
                "[files]",
                "query = \"SELECT 1\"\n[files]",
                4,
                "leave one of them out",
            ),
            ("[files]", "inputs = [\"a\"]\n[files]", 4, "no other inputs"),
        ] {
            let words = refused(&LOAD.replace(from, to));
            assert!(words.starts_with(&format!("a.toml:{line}: ")), "{words}");
            assert!(words.contains(part), "{part}: {words}");
        }
        let neither = refused("name = \"a\"\ndescription = \"b\"\nsince = 2026-11-01\n");
        assert!(neither.contains("query is missing"), "{neither}");
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_its_line() {
        let unknown = refused(&format!("{FILE}colour = 1\n"));
        assert!(
            unknown.starts_with("a.toml:7: ") && unknown.contains("colour"),
            "{unknown}"
        );
        let late = refused(&format!("{FILE}deadline = \"7 am\"\n"));
        assert!(late.starts_with("a.toml:7: deadline is \"7 am\""), "{late}");
        let name = refused(&FILE.replace("\"a\"", "\"A b\""));
        assert!(name.starts_with("a.toml:1: a data set cannot"), "{name}");
        let since = refused(&FILE.replace("2026-11-01", "\"2026-11-01\""));
        assert!(since.starts_with("a.toml:3: "), "{since}");
        let missing = refused(&FILE.replace("since = 2026-11-01\n", ""));
        assert!(missing.contains("since is missing"), "{missing}");
        let none = refused(&format!("{FILE}partition = \"none\"\n"));
        assert!(none.contains("leave out since"), "{none}");
    }
}
