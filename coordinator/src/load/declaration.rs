//! The table `[files]` of a data set: where its files are, and how their rows become columns.

use jiff::{civil, fmt::strtime, tz::TimeZone};
use serde::{Deserialize, Serialize};
use toml::{Spanned, Value};

use super::{
    pattern::Pattern,
    settings::{place_problem, plain},
};

/// Columns at most.
const MAX_COLUMNS: usize = 500;
/// Letters of the name of a column, as the database has it.
const MAX_NAME_LETTERS: usize = 63;
/// Rows of a file that may fail unless its declaration says otherwise.
const USUAL_MAX_ERRORS: MaxErrors = MaxErrors::Share(0.01);
/// Bytes of an unpacked file unless its declaration says otherwise, and at most.
const USUAL_FILE_BYTES: u64 = 2 << 30;
const MAX_FILE_BYTES: u64 = 64 << 30;

/// What the lines of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// An object of JSON each.
    JsonLines,
    /// Fields with a header.
    Csv,
    /// `{"Item": {"key": {"TYPE": value}}}` each, as key-value stores export their rows.
    Typed,
}

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// Text without zero bytes.
    Text,
    /// A whole number of 32 bits.
    Integer,
    /// A whole number of 64 bits.
    Bigint,
    /// A decimal number, exact.
    Numeric,
    /// A number of double precision.
    Float,
    /// True or false.
    Boolean,
    /// A day.
    Date,
    /// A moment.
    Timestamptz,
    /// Any JSON.
    Jsonb,
}

/// How many rows of a file may fail.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaxErrors {
    /// So many.
    Rows(u64),
    /// This share of its rows, 0 to 1.
    Share(f64),
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileColumn {
    /// Its name in the table.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// A key, a JSON pointer such as `/film/title`, or the header of a column of CSV.
    pub from: String,
    /// Whether a row without a value is an error.
    pub required: bool,
    /// How a time is written, as `strftime` has it; `unix` or `unix_ms` for a number since 1970.
    pub format: Option<String>,
}

/// Where files are and what they become, as the database keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Files {
    /// A directory, or `s3://bucket/prefix`.
    pub place: String,
    /// The pattern of their paths below it.
    pub path: String,
    /// What their lines are.
    pub format: Format,
    /// What separates the fields of CSV.
    pub delimiter: char,
    /// How many rows of a file may fail.
    pub max_errors: MaxErrors,
    /// Bytes of an unpacked file at most.
    pub max_file_bytes: u64,
    /// The zone of times that are written without one.
    pub zone: String,
    /// The columns of the table.
    pub columns: Vec<FileColumn>,
}

/// The table as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilesTable {
    place: Spanned<String>,
    path: Spanned<String>,
    format: Format,
    delimiter: Option<Spanned<String>>,
    max_errors: Option<Spanned<Value>>,
    max_file_bytes: Option<Spanned<u64>>,
    columns: Spanned<Vec<Spanned<ColumnTable>>>,
}

/// A column as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnTable {
    name: String,
    #[serde(rename = "type")]
    kind: ColumnType,
    from: Option<String>,
    #[serde(default)]
    required: bool,
    format: Option<String>,
}

/// Why a table is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The byte of the file at which the reason stands.
    pub at: usize,
    /// The reason, and the way out.
    pub sentence: String,
}

impl Refusal {
    fn at<T>(spanned: &Spanned<T>, sentence: impl Into<String>) -> Self {
        Self {
            at: spanned.span().start,
            sentence: sentence.into(),
        }
    }
}

impl Files {
    /// Returns its input, as a data set names it.
    #[must_use]
    pub fn input(&self) -> String {
        format!("files/{}/{}", self.place, self.path)
    }

    /// Checks a table of a data set that is built by day or as a whole, with times in `zone`.
    ///
    /// # Errors
    ///
    /// [`Refusal`].
    pub fn check(table: &FilesTable, zone: &str, is_by_day: bool) -> Result<Self, Refusal> {
        if let Some(problem) = place_problem(table.place.get_ref()) {
            let sentence = format!("place is `{}`, which {problem}", table.place.get_ref());
            return Err(Refusal::at(&table.place, sentence));
        }
        check_path(&table.path, is_by_day)?;
        let max_errors = table.max_errors.as_ref().map(max_errors).transpose()?;
        Ok(Self {
            place: plain(table.place.get_ref()).to_owned(),
            path: table.path.get_ref().clone(),
            format: table.format,
            delimiter: delimiter(table.delimiter.as_ref(), table.format)?,
            max_errors: max_errors.unwrap_or(USUAL_MAX_ERRORS),
            max_file_bytes: file_bytes(table.max_file_bytes.as_ref())?,
            zone: zone.to_owned(),
            columns: columns(&table.columns, is_by_day)?,
        })
    }
}

fn check_path(path: &Spanned<String>, is_by_day: bool) -> Result<(), Refusal> {
    let refuse = |sentence: &str| {
        let sentence = format!("path is `{}`: {sentence}", path.get_ref());
        Refusal::at(path, sentence)
    };
    let pattern = Pattern::parse(path.get_ref()).map_err(|sentence| refuse(&sentence))?;
    if is_by_day && !pattern.has_day() {
        return Err(refuse(
            "it does not name the day: use {date}, or {year}, {month} and {day}; or set partition = \"none\"",
        ));
    }
    if !is_by_day && pattern.has_part_of_day() {
        return Err(refuse(
            "it names a day, and partition is \"none\": use * in its place",
        ));
    }
    Ok(())
}

fn max_errors(written: &Spanned<Value>) -> Result<MaxErrors, Refusal> {
    let found = match written.get_ref() {
        Value::Integer(rows) => u64::try_from(*rows).ok().map(MaxErrors::Rows),
        Value::String(share) => share
            .strip_suffix('%')
            .and_then(|share| share.trim().parse::<f64>().ok())
            .filter(|share| (0.0..=100.0).contains(share))
            .map(|share| MaxErrors::Share(share / 100.0)),
        _ => None,
    };
    found.ok_or_else(|| {
        Refusal::at(
            written,
            "max_errors is a number of rows such as 10, or a share such as \"1%\"",
        )
    })
}

fn delimiter(written: Option<&Spanned<String>>, format: Format) -> Result<char, Refusal> {
    let Some(written) = written else {
        return Ok(',');
    };
    let mut letters = written.get_ref().chars();
    match (letters.next(), letters.next(), format) {
        (Some(letter), None, Format::Csv) if letter.is_ascii() && !"\"\r\n\0".contains(letter) => {
            Ok(letter)
        }
        (_, _, Format::Csv) => Err(Refusal::at(
            written,
            "delimiter is one letter such as \";\" or \"\\t\"",
        )),
        _ => Err(Refusal::at(
            written,
            "only the format csv has a delimiter: leave it out",
        )),
    }
}

fn file_bytes(written: Option<&Spanned<u64>>) -> Result<u64, Refusal> {
    match written {
        None => Ok(USUAL_FILE_BYTES),
        Some(bytes) if (1..=MAX_FILE_BYTES).contains(bytes.get_ref()) => Ok(*bytes.get_ref()),
        Some(bytes) => Err(Refusal::at(
            bytes,
            format!("max_file_bytes must be 1 to {MAX_FILE_BYTES}"),
        )),
    }
}

fn columns(
    written: &Spanned<Vec<Spanned<ColumnTable>>>,
    is_by_day: bool,
) -> Result<Vec<FileColumn>, Refusal> {
    let all = written.get_ref();
    if all.is_empty() || all.len() > MAX_COLUMNS {
        let sentence = format!("there must be 1 to {MAX_COLUMNS} columns");
        return Err(Refusal::at(written, sentence));
    }
    let mut made: Vec<FileColumn> = Vec::with_capacity(all.len());
    for one in all {
        let column = one.get_ref();
        let name = &column.name;
        let refuse = |sentence: String| Refusal::at(one, format!("column \"{name}\": {sentence}"));
        if !is_plain(name) {
            return Err(refuse(format!(
                "its name has at most {MAX_NAME_LETTERS} small letters, digits and underscores, a letter first"
            )));
        }
        if is_by_day && name == "day" {
            return Err(refuse(
                "every data set by day has a column day already; use another name".to_owned(),
            ));
        }
        if made.iter().any(|other| other.name == *name) {
            return Err(refuse("it stands twice".to_owned()));
        }
        let from = column.from.as_ref().unwrap_or(name);
        if from.is_empty() || from.chars().count() > 500 || from.contains('\0') {
            return Err(refuse("from must have 1 to 500 letters".to_owned()));
        }
        if let Some(format) = &column.format {
            check_format(column.kind, format).map_err(refuse)?;
        }
        made.push(FileColumn {
            name: name.clone(),
            kind: column.kind,
            from: from.clone(),
            required: column.required,
            format: column.format.clone(),
        });
    }
    Ok(made)
}

fn is_plain(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_lowercase())
        && name.len() <= MAX_NAME_LETTERS
        && name
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
}

/// Writes a moment in a format and reads it again.
fn check_format(kind: ColumnType, format: &str) -> Result<(), String> {
    if !matches!(kind, ColumnType::Date | ColumnType::Timestamptz) {
        return Err("only a date or a timestamptz has a format: leave it out".to_owned());
    }
    if kind == ColumnType::Timestamptz && matches!(format, "unix" | "unix_ms") {
        return Ok(());
    }
    let moment = civil::date(2026, 11, 30).at(13, 45, 59, 0);
    let serves = moment
        .to_zoned(TimeZone::UTC)
        .and_then(|moment| strtime::format(format, &moment))
        .and_then(|written| strtime::parse(format, written.as_str()))
        .and_then(|read| match kind {
            ColumnType::Date => read.to_date().map(|_| ()),
            _ if read.offset().is_some() || read.timestamp().is_some() => {
                read.to_timestamp().map(|_| ())
            }
            _ => read.to_datetime().map(|_| ()),
        });
    serves.map_err(|error| {
        format!("format is \"{format}\", with which it cannot be read ({error}); such as \"%Y-%m-%d %H:%M:%S\"")
    })
}
