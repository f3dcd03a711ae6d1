//! Lines of a file, each of at most so many bytes.

use std::io::{self, BufRead};

/// Bytes of a line, or of a row of CSV, at most.
pub const MAX_ROW_BYTES: usize = 1 << 20;

/// A line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'b> {
    /// Its number, from 1.
    pub number: u64,
    /// Its bytes without its end; of one that is too long, the beginning.
    pub bytes: &'b [u8],
    /// Whether it is longer than [`MAX_ROW_BYTES`].
    pub is_too_long: bool,
}

/// Reads lines.
#[derive(Debug)]
pub struct Lines<R> {
    from: R,
    number: u64,
    bytes: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    /// Reads the lines of a file.
    #[must_use]
    pub fn new(from: R) -> Self {
        Self {
            from,
            number: 0,
            bytes: Vec::new(),
        }
    }

    /// Reads the next line; `None` at the end.
    ///
    /// # Errors
    ///
    /// If the file cannot be read further.
    pub fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        self.bytes.clear();
        let mut is_too_long = false;
        let mut has_any = false;
        loop {
            let found = self.from.fill_buf()?;
            if found.is_empty() {
                break;
            }
            has_any = true;
            let end = found.iter().position(|byte| *byte == b'\n');
            let part = &found[..end.unwrap_or(found.len())];
            let room = MAX_ROW_BYTES - self.bytes.len();
            self.bytes.extend_from_slice(&part[..part.len().min(room)]);
            is_too_long |= part.len() > room;
            let taken = part.len() + usize::from(end.is_some());
            self.from.consume(taken);
            if end.is_some() {
                break;
            }
        }
        if !has_any {
            return Ok(None);
        }
        self.number += 1;
        if self.bytes.last() == Some(&b'\r') {
            self.bytes.pop();
        }
        Ok(Some(Line {
            number: self.number,
            bytes: &self.bytes,
            is_too_long,
        }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::{BufReader, Cursor};

    use super::*;

    #[test]
    fn lines_end_in_either_way_and_are_bounded() {
        let long = "x".repeat(10 << 20);
        let text = format!("a\r\n\nb{long}\nc");
        let mut lines = Lines::new(BufReader::with_capacity(7, Cursor::new(text)));
        let mut found = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            assert!(line.bytes.len() <= MAX_ROW_BYTES);
            let begin =
                String::from_utf8_lossy(&line.bytes[..line.bytes.len().min(1)]).into_owned();
            found.push((line.number, begin, line.is_too_long));
        }
        let expected = [
            (1, "a", false),
            (2, "", false),
            (3, "b", true),
            (4, "c", false),
        ];
        assert_eq!(
            found,
            expected.map(|(number, begin, is_long)| (number, begin.to_owned(), is_long))
        );
        assert!(lines.bytes.capacity() <= 2 * MAX_ROW_BYTES);
    }
}
