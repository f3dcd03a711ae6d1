//! Unpacks a body whose bytes are all there, and stops before it is larger than it may be.
//!
//! The client could do this itself, but would hide how much was sent: an endless stream
//! that unpacks to nothing must end too. A body is unpacked at once rather than as it comes,
//! so that no window of a decompressor waits for a source that sends slowly, and so that it
//! can be tried again when there is more memory for it.

mod layers;

use std::io::{self, Write};

use brotli::DecompressorWriter;
use flate2::{Decompress, FlushDecompress, Status, write::MultiGzDecoder};
use reqwest::header::HeaderValue;
use source_language::response::FetchError;
use thiserror::Error;
use vocabulary::ErrorClass;

pub(crate) use layers::Layers;

/// The encodings that can be unpacked.
pub(crate) const ACCEPTED: HeaderValue = HeaderValue::from_static("gzip, br, deflate");
/// Bytes that brotli unpacks at a time.
const BROTLI_BUFFER_BYTES: usize = 16 << 10;
/// Bytes of a brotli stream in addition to its window: tables, and the buffer.
const BROTLI_TABLE_BYTES: usize = 256 << 10;
/// Bytes that deflate unpacks at a time.
const DEFLATE_BUFFER_BYTES: usize = 16 << 10;
/// Bytes of a deflate stream: a window of 32 KiB, tables, and the buffer.
const DEFLATE_BYTES: usize = 80 << 10;

/// Why a body could not be unpacked.
#[derive(Debug, Error)]
pub enum Unpack {
    /// The body is larger than the limit.
    #[error("it is too large")]
    TooLarge,
    /// The body is not what its header says.
    #[error("the body cannot be unpacked: {0}")]
    Broken(String),
}

impl From<Unpack> for FetchError {
    fn from(error: Unpack) -> Self {
        Self::new(ErrorClass::Malformed, error.to_string())
    }
}

/// One way in which a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// gzip (RFC 1952), one member or several.
    Gzip,
    /// Brotli (RFC 7932).
    Brotli,
    /// zlib (RFC 1950) as HTTP means it, or the bare stream (RFC 1951) that some servers send.
    Deflate,
}

impl Packing {
    /// Returns the packing of this name in `Content-Encoding`, in lower case.
    ///
    /// # Errors
    ///
    /// [`ErrorClass::Malformed`] if it is a packing that was not asked for.
    pub fn named(name: &str) -> Result<Self, FetchError> {
        match name {
            "gzip" | "x-gzip" => Ok(Self::Gzip),
            "br" => Ok(Self::Brotli),
            "deflate" => Ok(Self::Deflate),
            other => {
                let message = format!("the body is packed as `{other}`, which was not asked for");
                Err(FetchError::new(ErrorClass::Malformed, message))
            }
        }
    }

    /// Returns how many bytes unpacking takes in addition to the body itself.
    ///
    /// # Errors
    ///
    /// [`Unpack::Broken`] if a window is larger than the format allows: the extension of
    /// brotli for large ones lets a few bytes ask for a gigabyte, and RFC 7932 has no such
    /// thing.
    pub fn working_bytes(self, packed: &[u8]) -> Result<usize, Unpack> {
        match self {
            Self::Gzip | Self::Deflate => Ok(DEFLATE_BYTES),
            // The window is copied once while it grows.
            Self::Brotli => Ok(2 * brotli_window_bytes(packed)? + BROTLI_TABLE_BYTES),
        }
    }

    /// Unpacks `packed` to `limit` bytes at most.
    ///
    /// # Errors
    ///
    /// See [`Unpack`].
    pub fn unpack(self, packed: &[u8], limit: usize) -> Result<Vec<u8>, Unpack> {
        let mut body = Vec::new();
        self.unpack_into(&mut body, packed, limit)?;
        Ok(body)
    }

    /// Unpacks the first `limit` bytes and ignores the rest. If `is_cut`, the end of `packed`
    /// is missing, and everything before the cut is returned.
    ///
    /// # Errors
    ///
    /// [`Unpack::Broken`] if it is broken before that.
    pub fn unpack_first(
        self,
        packed: &[u8],
        is_cut: bool,
        limit: usize,
    ) -> Result<Vec<u8>, Unpack> {
        let mut body = Vec::new();
        match self.unpack_into(&mut body, packed, limit) {
            Err(Unpack::Broken(_)) if is_cut && !body.is_empty() => {}
            Ok(()) | Err(Unpack::TooLarge) => {}
            Err(broken) => return Err(broken),
        }
        Ok(body)
    }

    fn unpack_into(self, body: &mut Vec<u8>, packed: &[u8], limit: usize) -> Result<(), Unpack> {
        self.working_bytes(packed)?;
        self.unpack_to(packed, Bounded { body, limit })
            .map_err(|error| why(&error))
    }

    /// Unpacks `packed` into `writer`, which bounds what comes out: an error of it ends the work.
    ///
    /// # Errors
    ///
    /// That of the writer, or an error that says how the body is broken. What was written before stays.
    pub fn unpack_to(self, packed: &[u8], writer: impl Write) -> io::Result<()> {
        match self {
            Self::Gzip => whole(MultiGzDecoder::new(writer), packed, MultiGzDecoder::finish),
            Self::Brotli => {
                let unpacker = DecompressorWriter::new(writer, BROTLI_BUFFER_BYTES);
                whole(unpacker, packed, |mut unpacker| {
                    unpacker.close()?;
                    let cut = |_| io::Error::from(io::ErrorKind::UnexpectedEof);
                    unpacker.into_inner().map_err(cut)
                })
            }
            // The low half of the first byte of zlib names the method, 8.
            Self::Deflate => {
                let is_zlib = packed.first().is_none_or(|first| first & 0x0f == 8);
                inflate(Decompress::new(is_zlib), packed, writer)
            }
        }
    }
}

/// A body that takes as many bytes as its limit allows, and refuses the rest.
struct Bounded<'b> {
    body: &'b mut Vec<u8>,
    limit: usize,
}

impl Write for Bounded<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.limit - self.body.len();
        if room == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let bytes = bytes.get(..room).unwrap_or(bytes);
        let needed = self.body.len() + bytes.len();
        if needed > self.body.capacity() {
            // Twice as much each time, but never beyond what was set aside.
            let capacity = needed.max(2 * self.body.capacity()).min(self.limit);
            self.body.reserve_exact(capacity - self.body.len());
        }
        self.body.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn whole<U: Write, W>(
    mut unpacker: U,
    packed: &[u8],
    finish: impl FnOnce(U) -> io::Result<W>,
) -> io::Result<()> {
    unpacker.write_all(packed)?;
    finish(unpacker).map(drop)
}

/// Unpacks a zlib or deflate stream. The decoders of the library take a stream that is cut for a
/// whole one, so the end of the stream is looked for here.
fn inflate(mut stream: Decompress, packed: &[u8], mut writer: impl Write) -> io::Result<()> {
    let mut buffer = vec![0; DEFLATE_BUFFER_BYTES];
    let mut left = packed;
    loop {
        let (read, made) = (stream.total_in(), stream.total_out());
        let status = stream.decompress(left, &mut buffer, FlushDecompress::None)?;
        let read = usize::try_from(stream.total_in() - read).unwrap_or(left.len());
        let made = usize::try_from(stream.total_out() - made).unwrap_or(buffer.len());
        writer.write_all(&buffer[..made])?;
        left = &left[read..];
        match status {
            Status::StreamEnd if left.is_empty() => return Ok(()),
            Status::StreamEnd => return Err(io::Error::other("there is more after its end")),
            Status::Ok | Status::BufError if read == 0 && made == 0 => {
                return Err(io::Error::other("its end is missing"));
            }
            Status::Ok | Status::BufError => {}
        }
    }
}

/// Returns the size of the window that a stream of brotli asks for in its first bits (RFC
/// 7932, 9.1).
fn brotli_window_bytes(packed: &[u8]) -> Result<usize, Unpack> {
    let first = packed.first().copied().unwrap_or_default();
    let bits = match (first & 1, (first >> 1) & 7, (first >> 4) & 7) {
        (0, ..) => 16,
        (_, 0, 0) => 17,
        (_, 0, 1) => {
            let problem = "its window is larger than the 16 MiB that RFC 7932 allows";
            return Err(Unpack::Broken(problem.to_owned()));
        }
        (_, 0, more) => 8 + u32::from(more),
        (_, more, _) => 17 + u32::from(more),
    };
    Ok(1 << bits)
}

fn why(error: &io::Error) -> Unpack {
    if error.kind() == io::ErrorKind::FileTooLarge {
        Unpack::TooLarge
    } else {
        Unpack::Broken(error.to_string())
    }
}

#[cfg(test)]
mod tests;
