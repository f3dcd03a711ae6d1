//! Lines to compressed bytes, and back: nothing is unpacked beyond a bound.

use std::io::{self, BufRead, BufReader, Read as _, Write as _};

use flate2::{read::MultiGzDecoder, write::GzEncoder};
use serde::{Deserialize, Serialize};

use super::{MAX_LINE_BYTES, MAX_UNPACKED_BYTES};

/// Effort of zstd: its default.
const ZSTD_LEVEL: i32 = 3;
/// The largest window that is unpacked, as a power of two: 8 MiB. Packing at [`ZSTD_LEVEL`] needs 2 MiB.
const MAX_WINDOW_LOG: u32 = 23;

/// How a file is compressed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// zstd.
    #[default]
    Zstd,
    /// gzip.
    Gzip,
}

impl Compression {
    /// The word of the database and of files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
        }
    }

    /// The compression of this word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        [Self::Zstd, Self::Gzip]
            .into_iter()
            .find(|one| one.word() == word)
    }

    /// The ending of names of files.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Zstd => ".jsonl.zst",
            Self::Gzip => ".jsonl.gz",
        }
    }

    /// The compression of a file of this name.
    #[must_use]
    pub fn of_file(path: &str) -> Option<Self> {
        [Self::Zstd, Self::Gzip]
            .into_iter()
            .find(|one| path.ends_with(one.ending()))
    }
}

enum Encoder {
    Zstd(zstd::stream::write::Encoder<'static, Vec<u8>>),
    Gzip(GzEncoder<Vec<u8>>),
}

/// Packs lines. The same lines give the same bytes.
pub struct Packer(Encoder);

impl Packer {
    /// Packs nothing yet.
    ///
    /// # Errors
    ///
    /// If there is no memory.
    pub fn new(compression: Compression) -> io::Result<Self> {
        Ok(Self(match compression {
            Compression::Zstd => {
                Encoder::Zstd(zstd::stream::write::Encoder::new(Vec::new(), ZSTD_LEVEL)?)
            }
            Compression::Gzip => {
                Encoder::Gzip(GzEncoder::new(Vec::new(), flate2::Compression::default()))
            }
        }))
    }

    /// Adds a line.
    ///
    /// # Errors
    ///
    /// If it cannot be written as JSON.
    pub fn push(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        match &mut self.0 {
            Encoder::Zstd(encoder) => encoder.write_all(&text),
            Encoder::Gzip(encoder) => encoder.write_all(&text),
        }
    }

    /// Bytes so far; some may be held back.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Encoder::Zstd(encoder) => encoder.get_ref().len(),
            Encoder::Gzip(encoder) => encoder.get_ref().len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Ends; gives the bytes.
    ///
    /// # Errors
    ///
    /// If there is no memory.
    pub fn finish(self) -> io::Result<Vec<u8>> {
        match self.0 {
            Encoder::Zstd(encoder) => encoder.finish(),
            Encoder::Gzip(encoder) => encoder.finish(),
        }
    }
}

/// The lines of a file.
pub struct UnpackedLines {
    reader: Box<dyn BufRead + Send>,
    left: u64,
    line: Vec<u8>,
}

impl UnpackedLines {
    /// Begins to unpack the bytes of a file.
    ///
    /// # Errors
    ///
    /// If there is no memory.
    pub fn of(compression: Compression, packed: bytes::Bytes) -> io::Result<Self> {
        let packed = io::Cursor::new(packed);
        let reader: Box<dyn BufRead + Send> = match compression {
            Compression::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(packed)?;
                decoder.window_log_max(MAX_WINDOW_LOG)?;
                Box::new(BufReader::new(decoder))
            }
            Compression::Gzip => Box::new(BufReader::new(MultiGzDecoder::new(packed))),
        };
        Ok(Self {
            reader,
            left: MAX_UNPACKED_BYTES,
            line: Vec::new(),
        })
    }

    /// The next line, without its end; `None` after the last.
    ///
    /// # Errors
    ///
    /// If the bytes are no compressed text, or a line or the whole is longer than it may be.
    pub fn next_line(&mut self) -> io::Result<Option<&[u8]>> {
        self.line.clear();
        let most = MAX_LINE_BYTES as u64 + 1;
        let read = (&mut self.reader)
            .take(most)
            .read_until(b'\n', &mut self.line)?;
        if read == 0 {
            return Ok(None);
        }
        self.left = self.left.saturating_sub(read as u64);
        if self.left == 0 {
            return Err(too_large(format!(
                "it has more than {MAX_UNPACKED_BYTES} bytes when unpacked"
            )));
        }
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
        } else if read as u64 == most {
            return Err(too_large(format!(
                "it has a line of more than {MAX_LINE_BYTES} bytes"
            )));
        }
        Ok(Some(&self.line))
    }
}

fn too_large(sentence: String) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, sentence)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn packed(compression: Compression, lines: &[&str]) -> Vec<u8> {
        let mut packer = Packer::new(compression).unwrap();
        for line in lines {
            packer.push(line).unwrap();
        }
        packer.finish().unwrap()
    }

    #[test]
    fn lines_come_back_and_the_same_lines_give_the_same_bytes() {
        for compression in [Compression::Zstd, Compression::Gzip] {
            let bytes = packed(compression, &["a", "b"]);
            assert_eq!(bytes, packed(compression, &["a", "b"]));
            let mut lines = UnpackedLines::of(compression, bytes.into()).unwrap();
            assert_eq!(lines.next_line().unwrap().unwrap(), b"\"a\"");
            assert_eq!(lines.next_line().unwrap().unwrap(), b"\"b\"");
            assert!(lines.next_line().unwrap().is_none());
        }
    }

    #[test]
    fn a_line_that_never_ends_is_refused() {
        for compression in [Compression::Zstd, Compression::Gzip] {
            let long = "0".repeat(MAX_LINE_BYTES * 4);
            let bytes = packed(compression, &[&long]);
            assert!(bytes.len() < MAX_LINE_BYTES);
            let mut lines = UnpackedLines::of(compression, bytes.into()).unwrap();
            let refused = lines.next_line().unwrap_err().to_string();
            assert!(refused.contains("a line of more than"), "{refused}");
        }
        let mut lines = UnpackedLines::of(Compression::Zstd, "no zstd".into()).unwrap();
        assert!(lines.next_line().is_err());
    }
}
