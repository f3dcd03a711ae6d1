//! Unpacks a compressed body, and stops before it is larger than it may be.
//!
//! Takes a body whose bytes are all there, and reserves memory as it grows, so that a small body that
//! unpacks to a large one costs no more than its bound.

use std::io::{self, Write};

use event_contract::limits::MAX_BODY_BYTES;
use source_fetch::unpack::{Packing, Unpack};

use crate::{memory::Reservation, problem::Problem};

/// Bytes of a decoder of zstd in addition to its window.
const ZSTD_TABLE_BYTES: usize = 256 << 10;
/// The largest window of zstd in HTTP is 8 MiB (RFC 9659).
const MAX_ZSTD_WINDOW_LOG: u32 = 23;

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    /// As answers of sources are packed, too.
    Packed(Packing),
    /// RFC 8878, one frame.
    Zstd,
}

impl Coding {
    /// Reads `Content-Encoding`; `None` if the body is plain.
    pub(crate) fn from_header(header: &str) -> Result<Option<Self>, Problem> {
        let mut codings = header
            .split(',')
            .map(|word| word.trim().to_ascii_lowercase())
            .filter(|word| !matches!(word.as_str(), "" | "identity"));
        let Some(first) = codings.next() else {
            return Ok(None);
        };
        let coding = match first.as_str() {
            "zstd" => Self::Zstd,
            name => Self::Packed(
                Packing::named(name)
                    .map_err(|_| Problem::Coding(header.chars().take(60).collect()))?,
            ),
        };
        match codings.next() {
            None => Ok(Some(coding)),
            Some(_) => Err(Problem::Coding(header.chars().take(60).collect())),
        }
    }

    /// Unpacks `packed`.
    pub(crate) fn unpack(
        self,
        packed: &[u8],
        memory: &mut Reservation,
    ) -> Result<Vec<u8>, Problem> {
        let working = self.working_bytes(packed)?;
        memory.grow(working).map_err(|_| Problem::Full)?;
        let mut body = Bounded {
            bytes: Vec::new(),
            memory,
            problem: None,
        };
        let unpacked = match self {
            Self::Packed(packing) => packing.unpack_to(packed, &mut body),
            Self::Zstd => unpack_zstd(packed, &mut body),
        };
        match (body.problem.take(), unpacked) {
            (Some(problem), _) => Err(problem),
            (None, Ok(())) => Ok(body.bytes),
            (None, Err(error)) => Err(Problem::Broken(error.to_string())),
        }
    }

    /// Bytes that unpacking takes in addition to the body itself.
    fn working_bytes(self, packed: &[u8]) -> Result<usize, Problem> {
        match self {
            Self::Packed(packing) => packing.working_bytes(packed).map_err(|error| match error {
                Unpack::TooLarge => Problem::BodyTooLarge,
                Unpack::Broken(reason) => Problem::Broken(reason),
            }),
            Self::Zstd => Ok(zstd_window_bytes(packed) + ZSTD_TABLE_BYTES),
        }
    }
}

/// A body that takes as many bytes as it may, and refuses the rest.
struct Bounded<'m> {
    bytes: Vec<u8>,
    memory: &'m mut Reservation,
    problem: Option<Problem>,
}

impl Bounded<'_> {
    fn refuse(&mut self, problem: Problem) -> io::Error {
        self.problem = Some(problem);
        io::ErrorKind::FileTooLarge.into()
    }
}

impl Write for Bounded<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let needed = self.bytes.len() + bytes.len();
        if needed > MAX_BODY_BYTES {
            return Err(self.refuse(Problem::BodyTooLarge));
        }
        if needed > self.bytes.capacity() {
            let more = needed.max(2 * self.bytes.capacity()).min(MAX_BODY_BYTES) - self.bytes.len();
            if self.memory.grow(more).is_err() {
                return Err(self.refuse(Problem::Full));
            }
            self.bytes.reserve_exact(more);
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn unpack_zstd(packed: &[u8], body: &mut Bounded<'_>) -> io::Result<()> {
    let mut decoder = zstd::Decoder::with_buffer(packed)?.single_frame();
    decoder.window_log_max(MAX_ZSTD_WINDOW_LOG)?;
    io::copy(&mut decoder, body)?;
    if decoder.finish().is_empty() {
        Ok(())
    } else {
        Err(io::Error::other("there is more after the end of its frame"))
    }
}

/// Returns the size of the window that a frame of zstd asks for (RFC 8878, 3.1.1.1), at most the largest
/// that is allowed.
fn zstd_window_bytes(packed: &[u8]) -> usize {
    let max = 1 << MAX_ZSTD_WINDOW_LOG;
    let (Some(descriptor), Some(window)) = (packed.get(4), packed.get(5)) else {
        return 0;
    };
    if descriptor & 0x20 != 0 {
        // A single segment: the window is the content.
        return MAX_BODY_BYTES.min(packed.len().saturating_mul(64));
    }
    let base: usize = 1 << (10 + u32::from(window >> 3)).min(MAX_ZSTD_WINDOW_LOG);
    (base + base / 8 * usize::from(window & 7)).min(max)
}

#[cfg(test)]
mod tests;
