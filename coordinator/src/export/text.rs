//! CSV and JSON lines: the same rows as in Parquet, one after another, a page in memory.

use std::io::{self, Write};

use chrono::{DateTime, NaiveDate, SecondsFormat};
use parquet::data_type::ByteArray;
use sqlx::PgPool;
use thiserror::Error;

use super::{
    column::{Cells, Column, ColumnKind, Values},
    table::{RowFilter, Table},
};

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextFormat {
    /// Comma-separated, with a header. What is absent is empty, and an empty text is `""`, as
    /// the `COPY` of Postgres has it.
    Csv,
    /// A JSON object in each line.
    JsonLines,
}

/// Why rows were not written to their end.
#[derive(Debug, Error)]
pub enum TextError {
    /// The database cannot be asked.
    #[error("the database cannot be asked")]
    Database(#[from] sqlx::Error),
    /// The reader has closed the pipe, or the disk is full.
    #[error("the rows cannot be written")]
    Write(#[from] io::Error),
}

/// Writes all rows of a data set that are wanted; returns how many.
///
/// # Errors
///
/// See [`TextError`].
pub async fn stream<T: Table>(
    db: &PgPool,
    wanted: RowFilter,
    form: TextFormat,
    out: &mut (dyn Write + Send),
) -> Result<u64, TextError> {
    let mut rows = 0;
    if form == TextFormat::Csv {
        let names: Vec<&str> = T::columns().iter().map(|column| column.name).collect();
        writeln!(out, "{}", names.join(","))?;
    }
    let mut reader = T::open(db, wanted).await?;
    while let Some(blocks) = reader.next().await? {
        for block in &blocks {
            write_block::<T>(block, form, out)?;
            rows += T::rows(block) as u64;
        }
    }
    out.flush()?;
    Ok(rows)
}

fn write_block<T: Table>(
    block: &T::Block,
    form: TextFormat,
    out: &mut dyn Write,
) -> io::Result<()> {
    let columns = T::columns().iter();
    let mut cells: Vec<(&Column<T::Block>, Cells<'_>, usize)> = columns
        .map(|column| (column, (column.cells)(block), 0))
        .collect();
    for row in 0..T::rows(block) {
        for (place, (column, cells, next)) in cells.iter_mut().enumerate() {
            let levels = cells.levels.as_ref();
            let is_there = levels.is_none_or(|levels| levels.get(row) == Some(&1));
            let at = *next;
            *next += usize::from(is_there);
            match form {
                TextFormat::Csv => {
                    if place > 0 {
                        out.write_all(b",")?;
                    }
                    if is_there {
                        write_value(out, column.kind, &cells.values, at, write_csv)?;
                    }
                }
                TextFormat::JsonLines => {
                    let mark = if place == 0 { '{' } else { ',' };
                    write!(out, "{mark}\"{}\":", column.name)?;
                    if is_there {
                        write_value(out, column.kind, &cells.values, at, write_json)?;
                    } else {
                        out.write_all(b"null")?;
                    }
                }
            }
        }
        let end: &[u8] = match form {
            TextFormat::Csv => b"\n",
            TextFormat::JsonLines => b"}\n",
        };
        out.write_all(end)?;
    }
    Ok(())
}

fn write_value(
    out: &mut dyn Write,
    kind: ColumnKind,
    values: &Values<'_>,
    at: usize,
    write_text: fn(&mut dyn Write, &str) -> io::Result<()>,
) -> io::Result<()> {
    match values {
        Values::Integers(values) => match NaiveDate::from_epoch_days(values[at]) {
            Some(on_day) if kind == ColumnKind::Day => write_text(out, &on_day.to_string()),
            _ => write!(out, "{}", values[at]),
        },
        Values::Flags(values) => write!(out, "{}", values[at]),
        Values::Texts(values) => write_text(out, text_of(&values[at])),
        Values::Longs(values) => match kind {
            ColumnKind::Time => {
                let at = DateTime::from_timestamp_micros(values[at]).unwrap_or_default();
                write_text(out, &at.to_rfc3339_opts(SecondsFormat::Micros, true))
            }
            ColumnKind::Money => out.write_all(decimal(values[at]).as_bytes()),
            ColumnKind::Short
            | ColumnKind::Integer
            | ColumnKind::Long
            | ColumnKind::Day
            | ColumnKind::Flag
            | ColumnKind::Text => {
                write!(out, "{}", values[at])
            }
        },
    }
}

/// The text of the database, which is UTF-8.
fn text_of(value: &ByteArray) -> &str {
    value.as_utf8().unwrap_or_default()
}

fn write_csv(out: &mut dyn Write, text: &str) -> io::Result<()> {
    let is_plain = !text.is_empty() && !text.contains(['"', ',', '\n', '\r']);
    if is_plain {
        return out.write_all(text.as_bytes());
    }
    write!(out, "\"{}\"", text.replace('"', "\"\""))
}

fn write_json(out: &mut dyn Write, text: &str) -> io::Result<()> {
    Ok(serde_json::to_writer(out, text)?)
}

/// Millionths as a decimal number without zeros at its end.
fn decimal(millionths: i64) -> String {
    let sign = if millionths < 0 { "-" } else { "" };
    let size = millionths.unsigned_abs();
    let number = format!("{sign}{}.{:06}", size / 1_000_000, size % 1_000_000);
    number
        .trim_end_matches('0')
        .trim_end_matches('.')
        .to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn millionths_are_decimals() {
        let cases = [
            (12_500_000, "12.5"),
            (-50_000, "-0.05"),
            (7_000_000, "7"),
            (0, "0"),
            (1, "0.000001"),
        ];
        for (millionths, expected) in cases {
            assert_eq!(decimal(millionths), expected);
        }
    }

    #[test]
    fn csv_quotes_what_must_be_and_tells_empty_from_absent() {
        let written = |text| {
            let mut out = Vec::new();
            write_csv(&mut out, text).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(written("a b"), "a b");
        assert_eq!(written(""), "\"\"");
        assert_eq!(written("a,\"b\"\n"), "\"a,\"\"b\"\"\n\"");
    }
}
