//! Rows of CSV (RFC 4180): fields in quotes may have line ends and doubled quotes.
//!
//! The crate `csv` splits the fields. It keeps a row in memory, however long that is, and takes a quote
//! that is never closed for the end of the file; so what it reads passes through `Guard`.

use std::{
    collections::VecDeque,
    io::{self, Read},
};

use super::lines::MAX_ROW_BYTES;

/// Columns of a file at most.
const MAX_FIELDS: usize = 10_000;

/// The rows of a file.
pub struct Rows<R> {
    reader: csv::Reader<Guard<R>>,
    record: csv::ByteRecord,
    fields: usize,
}

/// A row.
pub struct Row<'r> {
    /// The number of its first line.
    pub line: u64,
    /// Its fields.
    pub record: &'r csv::ByteRecord,
    /// How many fields the header has.
    pub expected: usize,
}

impl<R: Read> Rows<R> {
    /// Reads the header: the places of columns by their names.
    ///
    /// # Errors
    ///
    /// If there is none, or it is not UTF-8.
    pub fn begin(from: R, delimiter: char) -> Result<(Self, Vec<String>), String> {
        let delimiter = u8::try_from(delimiter).unwrap_or(b',');
        let guarded = Guard {
            from,
            delimiter,
            state: State::Begin,
            length: 0,
            line: 1,
            begin: 1,
            is_after_return: false,
            begun: VecDeque::new(),
        };
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .from_reader(guarded);
        let header = reader.byte_headers().map_err(|error| of_csv(&error))?;
        let names = header
            .iter()
            .map(|name| String::from_utf8(name.to_vec()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| "its header is not UTF-8".to_owned())?;
        if names.is_empty() {
            return Err("it is empty: not even a header is there".to_owned());
        }
        if names.len() > MAX_FIELDS {
            return Err(format!("its header has more than {MAX_FIELDS} columns"));
        }
        begin_of_row(reader.get_mut());
        let rows = Self {
            reader,
            record: csv::ByteRecord::new(),
            fields: names.len(),
        };
        Ok((rows, names))
    }

    /// Reads the next row; `None` at the end.
    ///
    /// # Errors
    ///
    /// If the file cannot be read further.
    pub fn next_row(&mut self) -> Result<Option<Row<'_>>, String> {
        let is_there = self
            .reader
            .read_byte_record(&mut self.record)
            .map_err(|error| of_csv(&error))?;
        Ok(is_there.then(|| Row {
            line: begin_of_row(self.reader.get_mut()),
            record: &self.record,
            expected: self.fields,
        }))
    }
}

/// The line of the next row that is given out; the last one may have no end.
fn begin_of_row<R>(guard: &mut Guard<R>) -> u64 {
    guard.begun.pop_front().unwrap_or(guard.begin)
}

fn of_csv(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Io(error) => error.to_string(),
        _ => error.to_string(),
    }
}

/// Where in a row a byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the beginning of a field.
    Begin,
    /// In a field without quotes.
    Plain,
    /// In a field with quotes.
    Quoted,
    /// Behind a quote in such a field: its end, or the first of two.
    AfterQuote,
}

/// Passes bytes on, and fails before a row gets too long, and where the file ends within quotes.
struct Guard<R> {
    from: R,
    delimiter: u8,
    state: State,
    length: usize,
    line: u64,
    begin: u64,
    is_after_return: bool,
    /// The first lines of rows that were passed on and not given out yet, which csv gives as those of
    /// the empty lines before them.
    begun: VecDeque<u64>,
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let taken = self.from.read(out)?;
            if taken == 0 && !out.is_empty() && self.state == State::Quoted {
                return Err(io::Error::other(format!(
                    "line {}: a quote is not closed before the file ends",
                    self.begin
                )));
            }
            let kept = self.pass(&mut out[..taken])?;
            // Nothing would be the end of the file.
            if kept > 0 || taken == 0 {
                return Ok(kept);
            }
        }
    }
}

impl<R> Guard<R> {
    /// Moves the bytes that are passed on to the front, and returns their number. A row ends in `\n` then,
    /// however it ended before: the numbers of lines are right so.
    fn pass(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let mut kept = 0;
        for place in 0..bytes.len() {
            let mut byte = bytes[place];
            if std::mem::take(&mut self.is_after_return) && byte == b'\n' {
                continue;
            }
            if byte == b'\r' && self.state != State::Quoted {
                byte = b'\n';
                self.is_after_return = true;
            }
            self.take(byte)?;
            bytes[kept] = byte;
            kept += 1;
        }
        Ok(kept)
    }

    fn take(&mut self, byte: u8) -> io::Result<()> {
        self.length += 1;
        self.line += u64::from(byte == b'\n');
        self.state = match (self.state, byte) {
            (State::Quoted, b'"') => State::AfterQuote,
            (State::Begin | State::AfterQuote, b'"') | (State::Quoted, _) => State::Quoted,
            (_, b'\n') => {
                if self.length > 1 {
                    self.begun.push_back(self.begin);
                }
                self.length = 0;
                self.begin = self.line;
                State::Begin
            }
            (_, byte) if byte == self.delimiter => State::Begin,
            _ => State::Plain,
        };
        if self.length > MAX_ROW_BYTES {
            return Err(io::Error::other(format!(
                "line {}: a row is longer than {MAX_ROW_BYTES} bytes; a quote may not be closed",
                self.begin
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn read(text: &str) -> Result<Vec<(u64, Vec<String>)>, String> {
        let (mut rows, header) = Rows::begin(text.as_bytes(), ',')?;
        let mut all = vec![(1, header)];
        while let Some(row) = rows.next_row()? {
            let fields = row.record.iter();
            let fields = fields.map(|field| String::from_utf8_lossy(field).into_owned());
            all.push((row.line, fields.collect()));
        }
        Ok(all)
    }

    #[test]
    fn quotes_may_hold_lines_commas_and_quotes() {
        let text = "a,b\r\n\"x\r\ny\",\"say \"\"hi\"\", z\"\r\n\r\n5\" nail,\"q\"x\n,\n";
        let rows = read(text).unwrap();
        let fields: Vec<Vec<&str>> = rows
            .iter()
            .map(|(_, row)| row.iter().map(String::as_str).collect())
            .collect();
        assert_eq!(
            fields,
            [
                vec!["a", "b"],
                vec!["x\r\ny", "say \"hi\", z"],
                vec!["5\" nail", "qx"],
                vec!["", ""]
            ]
        );
        let lines: Vec<u64> = rows.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [1, 2, 5, 6]);
    }

    #[test]
    fn what_would_fill_the_memory_or_hide_the_rest_is_refused() {
        let open = read("a,b\n1,2\n3,\"4\n5,6\n").unwrap_err();
        assert!(open.contains("line 3: a quote is not closed"), "{open}");
        let long = format!("a,b\n1,\"{}", "x\n".repeat(5 << 20));
        let refused = read(&long).unwrap_err();
        assert!(refused.contains("line 2: a row is longer"), "{refused}");
        assert!(read(&"x".repeat(2 << 20)).is_err());
        assert!(read("").unwrap_err().contains("not even a header"));
    }
}
