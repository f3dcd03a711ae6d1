//! Reads a file: batches of mapped rows, and rows that could not be mapped.

use std::{
    borrow::Cow,
    io::{BufRead, Read},
    ops::ControlFlow,
    str,
};

use jiff::tz::TimeZone;
use schema::load::RowError;

use super::{
    csv,
    declaration::{ColumnType, FileColumn, Files, Format, MaxErrors},
    json::{Members, Pointer},
    lines::{Lines, MAX_ROW_BYTES},
    typed,
    unpack::unpacked,
    value::{self, Given},
    wording::shown,
};

/// Errors that are kept of a file.
const MAX_KEPT_ERRORS: usize = 100;
/// Letters of a row that an error shows.
const MAX_EXCERPT: usize = 200;
/// A batch is given on when it has so many bytes or rows.
const BATCH_BYTES: usize = 1 << 20;
const BATCH_ROWS: usize = 2_000;

/// How a file was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileReport {
    /// Its rows, with those that could not be mapped.
    pub rows: u64,
    /// Rows that could not be mapped.
    pub errors: u64,
    /// The first of these.
    pub first: Vec<RowError>,
    /// Why the file as a whole cannot be used.
    pub failure: Option<String>,
}

/// Reads a file, in a thread that may block. Each batch is the text of a JSON array of rows; reading ends
/// when `give` takes no more.
pub fn read_file(
    packed: impl Read,
    path: &str,
    files: &Files,
    give: &mut dyn FnMut(String) -> bool,
) -> FileReport {
    let mut sink = Sink {
        files,
        give,
        report: FileReport::default(),
        batch: String::new(),
        batched: 0,
    };
    let read = TimeZone::get(&files.zone)
        .map_err(|error| error.to_string())
        .and_then(|zone| {
            let plain =
                unpacked(packed, path, files.max_file_bytes).map_err(|error| error.to_string())?;
            match files.format {
                Format::Csv => read_csv(plain, &zone, &mut sink),
                Format::JsonLines | Format::Typed => read_lines(plain, &zone, &mut sink),
            }
        });
    let _ = sink.flush();
    let mut report = sink.report;
    report.failure = match read {
        Err(reason) => Some(format!("{path} cannot be read: {reason}")),
        Ok(()) => too_many(&report, path, files.max_errors),
    };
    report
}

/// Says that more rows failed than may, and the first of them.
fn too_many(report: &FileReport, path: &str, most: MaxErrors) -> Option<String> {
    if !is_over(report, most) {
        return None;
    }
    let bound = match most {
        MaxErrors::Rows(rows) => rows.to_string(),
        MaxErrors::Share(share) => format!("{} %", (share * 100_000.0).round() / 1_000.0),
    };
    let first = report.first.first().map_or_else(String::new, |first| {
        let column = if first.column.is_empty() {
            String::new()
        } else {
            format!(", column {}", first.column)
        };
        format!(": line {}{column}: {}", first.line, first.reason)
    });
    Some(format!(
        "{path} has {} rows of {} that cannot be mapped, and max_errors is {bound}; the first{first}",
        report.errors, report.rows
    ))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a file has far fewer rows than 2^52"
)]
fn is_over(report: &FileReport, most: MaxErrors) -> bool {
    match most {
        MaxErrors::Rows(rows) => report.errors > rows,
        MaxErrors::Share(share) => report.errors as f64 > share * report.rows as f64,
    }
}

/// Collects what is read.
struct Sink<'f> {
    files: &'f Files,
    give: &'f mut dyn FnMut(String) -> bool,
    report: FileReport,
    batch: String,
    batched: usize,
}

/// The column that could not be mapped, if it was one, and why.
type Fault<'c> = (&'c str, String);

impl Sink<'_> {
    /// Takes a row; breaks if no further row is wanted.
    fn take(
        &mut self,
        line: u64,
        row: Result<Vec<Option<String>>, Fault<'_>>,
        excerpt: impl FnOnce() -> String,
    ) -> ControlFlow<()> {
        self.report.rows += 1;
        match row {
            Ok(values) => {
                self.batch
                    .push_str(if self.batched == 0 { "[" } else { "," });
                self.batch.push_str(&as_json(&values));
                self.batched += 1;
                if self.batched >= BATCH_ROWS || self.batch.len() >= BATCH_BYTES {
                    return self.flush();
                }
            }
            Err((column, reason)) => {
                self.report.errors += 1;
                if self.report.first.len() < MAX_KEPT_ERRORS {
                    self.report.first.push(RowError {
                        line: i64::try_from(line).unwrap_or(i64::MAX),
                        column: column.to_owned(),
                        reason: shortened(&reason, 500),
                        excerpt: shortened(&excerpt(), MAX_EXCERPT),
                    });
                }
                let is_over = matches!(self.files.max_errors, MaxErrors::Rows(_))
                    && is_over(&self.report, self.files.max_errors);
                if is_over {
                    return ControlFlow::Break(());
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn flush(&mut self) -> ControlFlow<()> {
        if self.batched == 0 {
            return ControlFlow::Continue(());
        }
        self.batched = 0;
        let mut batch = std::mem::take(&mut self.batch);
        batch.push(']');
        if (self.give)(batch) {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }
}

fn as_json(values: &[Option<String>]) -> String {
    // Texts and nulls can always be written.
    serde_json::to_string(values).unwrap_or_default()
}

/// The first letters of a text that the database can store and a page can show.
fn shortened(text: &str, most: usize) -> String {
    text.chars()
        .take(most)
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}

fn read_lines(from: impl BufRead, zone: &TimeZone, sink: &mut Sink<'_>) -> Result<(), String> {
    let files = sink.files;
    let columns: Vec<(&FileColumn, Pointer)> = files
        .columns
        .iter()
        .map(|column| (column, Pointer::parse(&column.from)))
        .collect();
    let mut lines = Lines::new(from);
    while let Some(line) = lines.next_line().map_err(|error| error.to_string())? {
        if line.bytes.iter().all(u8::is_ascii_whitespace) && !line.is_too_long {
            continue;
        }
        let row = if line.is_too_long {
            Err(("", format!("it is longer than {MAX_ROW_BYTES} bytes")))
        } else {
            map_line(line.bytes, files.format, &columns, zone)
        };
        let excerpt = || lossy(line.bytes);
        if sink.take(line.number, row, excerpt).is_break() {
            break;
        }
    }
    Ok(())
}

fn map_line<'c>(
    bytes: &[u8],
    format: Format,
    columns: &[(&'c FileColumn, Pointer)],
    zone: &TimeZone,
) -> Result<Vec<Option<String>>, Fault<'c>> {
    let whole = |reason: String| ("", reason);
    let text = str::from_utf8(bytes).map_err(|_| whole("it is not UTF-8".to_owned()))?;
    let members = match format {
        Format::Typed => typed::item(text),
        _ => Members::parse(text),
    }
    .map_err(whole)?;
    columns
        .iter()
        .map(|(column, pointer)| {
            match format {
                Format::Typed => typed::find(&members, pointer),
                _ => members.find(pointer),
            }
            .and_then(|given| value::map(given, column, zone))
            .map_err(|reason| (column.name.as_str(), reason))
        })
        .collect()
}

fn read_csv(from: impl Read, zone: &TimeZone, sink: &mut Sink<'_>) -> Result<(), String> {
    let files = sink.files;
    let (mut rows, header) = csv::Rows::begin(from, files.delimiter)?;
    let mut columns = Vec::with_capacity(files.columns.len());
    for column in &files.columns {
        let mut places = header.iter().enumerate();
        let place = places.find(|(_, name)| **name == column.from);
        if places.any(|(_, name)| *name == column.from) {
            return Err(format!("its header has {} twice", shown(&column.from)));
        }
        if place.is_none() && column.required {
            return Err(format!(
                "its header does not have {}, from which column {} is read",
                shown(&column.from),
                column.name
            ));
        }
        columns.push((column, place.map(|(place, _)| place)));
    }
    while let Some(row) = rows.next_row()? {
        let mapped = if row.record.len() == row.expected {
            map_record(row.record, &columns, zone)
        } else {
            let reason = format!(
                "it has {} fields, and the header has {}",
                row.record.len(),
                row.expected
            );
            Err(("", reason))
        };
        let excerpt = || {
            let fields: Vec<_> = row.record.iter().take(MAX_EXCERPT).map(lossy).collect();
            fields.join(",")
        };
        if sink.take(row.line, mapped, excerpt).is_break() {
            break;
        }
    }
    Ok(())
}

fn map_record<'c>(
    record: &::csv::ByteRecord,
    columns: &[(&'c FileColumn, Option<usize>)],
    zone: &TimeZone,
) -> Result<Vec<Option<String>>, Fault<'c>> {
    columns
        .iter()
        .map(|(column, place)| {
            let field = place.and_then(|place| record.get(place));
            given(field.unwrap_or_default(), column.kind)
                .and_then(|given| value::map(given, column, zone))
                .map_err(|reason| (column.name.as_str(), reason))
        })
        .collect()
}

/// A field without letters is nothing: CSV does not tell an empty text from none.
fn given(field: &[u8], kind: ColumnType) -> Result<Given<'_>, String> {
    let text = str::from_utf8(field).map_err(|_| "it is not UTF-8".to_owned())?;
    Ok(match kind {
        _ if text.is_empty() => Given::Nothing,
        ColumnType::Jsonb => Given::Tree(Cow::Borrowed(text)),
        _ => Given::Text(Cow::Borrowed(text)),
    })
}

/// The beginning of bytes as text.
fn lossy(bytes: &[u8]) -> String {
    // A letter has at most four bytes.
    let begin = &bytes[..bytes.len().min(4 * MAX_EXCERPT)];
    String::from_utf8_lossy(begin).into_owned()
}

#[cfg(test)]
mod tests;
