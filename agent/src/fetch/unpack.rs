//! Unpacks a body as it comes, and stops before it is too large.
//!
//! The client could do this itself, but would hide how much was sent: an endless stream
//! that unpacks to nothing must end too.

mod layers;

use std::io::{self, Write};

use brotli::DecompressorWriter;
use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use reqwest::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};
use schema::word::ErrorClass;
use thiserror::Error;

use super::{FetchError, header_of};

pub(super) use layers::Layers;

/// What we can unpack.
pub(super) const ACCEPTED: HeaderValue = HeaderValue::from_static("gzip, br, deflate");
/// Bytes that brotli unpacks at a time.
const BROTLI_BUFFER_BYTES: usize = 16 << 10;

/// Why a body could not be unpacked.
#[derive(Debug, Error)]
pub(super) enum Unpack {
    /// It is larger than the limit.
    #[error("it is too large")]
    TooLarge,
    /// It is not what its header says.
    #[error("the body cannot be unpacked: {0}")]
    Broken(String),
}

impl From<Unpack> for FetchError {
    fn from(error: Unpack) -> Self {
        Self::new(ErrorClass::Malformed, error.to_string())
    }
}

/// See the module.
pub(super) enum Unpacker {
    Plain(Bounded),
    Gzip(Box<MultiGzDecoder<Bounded>>),
    Brotli(Box<DecompressorWriter<Bounded>>),
    /// `deflate` means zlib, but some servers send the bare stream: the first byte tells.
    Undecided(Bounded),
    Zlib(Box<ZlibDecoder<Bounded>>),
    Deflate(Box<DeflateDecoder<Bounded>>),
}

/// A body that refuses to grow beyond its limit.
pub(super) struct Bounded {
    body: Vec<u8>,
    limit: usize,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.body.len() + bytes.len() > self.limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.body.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Unpacker {
    /// Prepares for a body with these headers, of which `announced` bytes will be sent.
    pub(super) fn new(
        headers: &HeaderMap,
        announced: usize,
        limit: usize,
    ) -> Result<Self, FetchError> {
        let bounded = |room| Bounded {
            body: Vec::with_capacity(room),
            limit,
        };
        let packed = header_of(headers, CONTENT_ENCODING).unwrap_or_default();
        Ok(match packed.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Self::Plain(bounded(announced)),
            "gzip" | "x-gzip" => Self::Gzip(Box::new(MultiGzDecoder::new(bounded(0)))),
            "br" => {
                let unpacker = DecompressorWriter::new(bounded(0), BROTLI_BUFFER_BYTES);
                Self::Brotli(Box::new(unpacker))
            }
            "deflate" => Self::Undecided(bounded(0)),
            other => {
                let message = format!("the body is packed as `{other}`, which was not asked for");
                return Err(FetchError::new(ErrorClass::Malformed, message));
            }
        })
    }

    /// Takes the next bytes as they were sent.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<(), Unpack> {
        if let (Self::Undecided(bounded), Some(first)) = (&mut *self, bytes.first()) {
            let limit = bounded.limit;
            let bounded = Bounded {
                body: Vec::new(),
                limit,
            };
            // The low half of the first byte of zlib names the method, 8.
            *self = if first & 0x0f == 8 {
                Self::Zlib(Box::new(ZlibDecoder::new(bounded)))
            } else {
                Self::Deflate(Box::new(DeflateDecoder::new(bounded)))
            };
        }
        let taken = match self {
            Self::Plain(body) | Self::Undecided(body) => body.write_all(bytes),
            Self::Gzip(unpacker) => unpacker.write_all(bytes),
            Self::Brotli(unpacker) => unpacker.write_all(bytes),
            Self::Zlib(unpacker) => unpacker.write_all(bytes),
            Self::Deflate(unpacker) => unpacker.write_all(bytes),
        };
        taken.map_err(|error| why(&error))
    }

    /// Gives the body when all was sent.
    pub(super) fn finish(self) -> Result<Vec<u8>, Unpack> {
        let body = match self {
            Self::Plain(body) | Self::Undecided(body) => Ok(body),
            Self::Gzip(unpacker) => unpacker.finish(),
            Self::Brotli(mut unpacker) => unpacker.close().and_then(|()| {
                let cut = |_| io::Error::from(io::ErrorKind::UnexpectedEof);
                unpacker.into_inner().map_err(cut)
            }),
            Self::Zlib(unpacker) => unpacker.finish(),
            Self::Deflate(unpacker) => unpacker.finish(),
        };
        body.map(|bounded| bounded.body)
            .map_err(|error| why(&error))
    }
}

fn why(error: &io::Error) -> Unpack {
    if error.kind() == io::ErrorKind::FileTooLarge {
        Unpack::TooLarge
    } else {
        Unpack::Broken(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use flate2::{
        Compression,
        write::{DeflateEncoder, GzEncoder, ZlibEncoder},
    };

    use super::*;

    const TEXT: &[u8] = b"seats and more seats and more seats";

    fn unpack(kind: &str, packed: &[u8], limit: usize) -> Result<Vec<u8>, Unpack> {
        let headers = HeaderMap::from_iter([(CONTENT_ENCODING, kind.parse().unwrap())]);
        let mut unpacker = Unpacker::new(&headers, 0, limit).unwrap();
        for byte in packed {
            unpacker.take(&[*byte])?;
        }
        unpacker.finish()
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(text).unwrap();
        packer.finish().unwrap()
    }

    #[test]
    fn what_servers_send_is_unpacked_byte_by_byte() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(TEXT).unwrap();
        let mut bare = DeflateEncoder::new(Vec::new(), Compression::fast());
        bare.write_all(TEXT).unwrap();
        let mut brotli = brotli::CompressorWriter::new(Vec::new(), 4096, 3, 18);
        brotli.write_all(TEXT).unwrap();
        for (kind, packed) in [
            ("identity", TEXT.to_vec()),
            ("GZIP", gzip(TEXT)),
            ("deflate", zlib.finish().unwrap()),
            ("deflate", bare.finish().unwrap()),
            ("br", brotli.into_inner()),
        ] {
            assert_eq!(unpack(kind, &packed, 100).unwrap(), TEXT, "{kind}");
        }
    }

    #[test]
    fn what_is_cut_or_too_large_is_refused() {
        let packed = gzip(TEXT);
        let cut = unpack("gzip", &packed[..packed.len() - 9], 100);
        assert!(matches!(cut, Err(Unpack::Broken(_))), "{cut:?}");
        let large = unpack("gzip", &packed, TEXT.len() - 1);
        assert!(matches!(large, Err(Unpack::TooLarge)), "{large:?}");
        let headers = HeaderMap::from_iter([(CONTENT_ENCODING, "zstd".parse().unwrap())]);
        assert!(Unpacker::new(&headers, 0, 100).is_err());
    }
}
