//! Bytes of a file as they arrive, unpacked by the ending of its name, at most so many.

use std::io::{self, BufRead as _, BufReader, Cursor, Read};

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use tokio::sync::mpsc;

/// The largest window of zstd, as a power of two: what every level of its program makes.
const MAX_ZSTD_WINDOW_LOG: u32 = 27;
/// The mark that some programs put in front of UTF-8.
const MARK: [u8; 3] = [0xEF, 0xBB, 0xBF];

/// A part of a file.
#[derive(Debug)]
pub enum Chunk {
    /// Its next bytes.
    Data(Bytes),
    /// It cannot be read further.
    Failed(String),
    /// It ends here.
    End,
}

/// Reads what another task receives.
#[derive(Debug)]
pub struct ChunkReader {
    chunks: mpsc::Receiver<Chunk>,
    current: Bytes,
    has_ended: bool,
}

impl ChunkReader {
    /// Reads chunks, in a thread that may block.
    #[must_use]
    pub fn new(chunks: mpsc::Receiver<Chunk>) -> Self {
        Self {
            chunks,
            current: Bytes::new(),
            has_ended: false,
        }
    }
}

impl Read for ChunkReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            if self.has_ended {
                return Ok(0);
            }
            match self.chunks.blocking_recv() {
                Some(Chunk::Data(bytes)) => self.current = bytes,
                Some(Chunk::Failed(reason)) => return Err(io::Error::other(reason)),
                Some(Chunk::End) => self.has_ended = true,
                // Never the end of the file: nothing would else tell a part from the whole.
                None => return Err(io::Error::other("the build was given up")),
            }
        }
        let taken = self.current.len().min(out.len());
        out[..taken].copy_from_slice(&self.current.split_to(taken));
        Ok(taken)
    }
}

/// Unpacks a file by the ending of its path (`.gz`, `.zst`), to at most `most` bytes; takes the mark in
/// front of UTF-8 away.
///
/// # Errors
///
/// If the beginning cannot be read; the reader fails later if the rest cannot, or is more.
pub fn unpacked<'r>(
    packed: impl Read + 'r,
    path: &str,
    most: u64,
) -> io::Result<Box<dyn io::BufRead + 'r>> {
    let has_ending = |ending: &str| path.ends_with(ending);
    let plain: Box<dyn Read + 'r> = if has_ending(".gz") {
        Box::new(MultiGzDecoder::new(packed))
    } else if has_ending(".zst") {
        let mut decoder = zstd::Decoder::new(packed)?;
        decoder.window_log_max(MAX_ZSTD_WINDOW_LOG)?;
        Box::new(decoder)
    } else {
        Box::new(packed)
    };
    let mut bounded = Bounded {
        inner: plain,
        left: most,
        most,
    };
    let mut head = [0; MARK.len()];
    let mut length = 0;
    while length < head.len() {
        match bounded.read(&mut head[length..])? {
            0 => break,
            taken => length += taken,
        }
    }
    let begin = if head == MARK { MARK.len() } else { 0 };
    let mut head = Cursor::new(head[..length].to_vec());
    head.consume(begin);
    Ok(Box::new(BufReader::with_capacity(
        64 << 10,
        head.chain(bounded),
    )))
}

/// Refuses more than so many bytes.
struct Bounded<R> {
    inner: R,
    left: u64,
    most: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let taken = self.inner.read(out)?;
        self.left = u64::try_from(taken)
            .ok()
            .and_then(|taken| self.left.checked_sub(taken))
            .ok_or_else(|| {
                io::Error::other(format!(
                    "it unpacks to more than {} bytes; set max_file_bytes if it is right so",
                    self.most
                ))
            })?;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn gz(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn read(bytes: &[u8], path: &str, most: u64) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        unpacked(bytes, path, most)?.read_to_end(&mut out)?;
        Ok(out)
    }

    #[test]
    fn a_file_is_unpacked_by_its_ending_also_in_several_members() {
        let twice = [gz(b"a\n"), gz(b"b\n")].concat();
        assert_eq!(read(&twice, "x.gz", 9).unwrap(), b"a\nb\n");
        let zst = [
            zstd::encode_all(&b"a\n"[..], 3).unwrap(),
            zstd::encode_all(&b"b\n"[..], 3).unwrap(),
        ]
        .concat();
        assert_eq!(read(&zst, "x.zst", 9).unwrap(), b"a\nb\n");
        assert_eq!(read(b"\xEF\xBB\xBFa", "x.csv", 9).unwrap(), b"a");
        assert_eq!(read(b"\xEF\xBB", "x.csv", 9).unwrap(), b"\xEF\xBB");
        assert_eq!(read(b"", "x.csv", 9).unwrap(), b"");
    }

    #[test]
    fn a_bomb_or_a_broken_file_is_refused() {
        let zeros = vec![b'0'; 10 << 20];
        let bombs = [
            (gz(&zeros), "x.gz"),
            (zstd::encode_all(&zeros[..], 3).unwrap(), "x.zst"),
            (zeros.clone(), "x"),
        ];
        for (bomb, path) in bombs {
            let refused = read(&bomb, path, 1 << 20).unwrap_err().to_string();
            assert!(refused.contains("more than 1048576 bytes"), "{refused}");
        }
        let half = gz(b"a long enough text");
        assert!(read(&half[..half.len() - 9], "x.gz", 99).is_err());
        assert!(read(b"no gzip at all", "x.gz", 99).is_err());
        assert!(read(b"no zstd at all", "x.zst", 99).is_err());
    }

    #[test]
    fn a_file_that_breaks_off_does_not_end() {
        let (sender, receiver) = mpsc::channel(4);
        sender
            .blocking_send(Chunk::Data(Bytes::from_static(b"ab")))
            .unwrap();
        drop(sender);
        let mut out = Vec::new();
        assert!(ChunkReader::new(receiver).read_to_end(&mut out).is_err());
        assert_eq!(out, b"ab");
    }
}
