//! What a body is packed in, when its header says something else.
//!
//! Servers name a character set where the packing belongs, pack twice and say it once, or
//! say `gzip` of plain text. No text that we read begins like a gzip file, so its first
//! bytes tell.

use encoding_rs::Encoding;
use reqwest::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};

use super::{Unpack, Unpacker};
use crate::fetch::{FetchError, header_of};

/// How a gzip file begins.
const GZIP: [u8; 3] = [0x1f, 0x8b, 8];
/// A body is packed so often at most; what is packed more often is an attack.
const MAX_LAYERS: usize = 4;

/// Unpacks a body with all that it is packed in.
pub(in crate::fetch) struct Layers {
    outer: Outer,
    /// The packings inside of the outer one, the outermost last.
    inner: Vec<String>,
    limit: usize,
}

/// The outermost packing.
enum Outer {
    /// The first byte will tell whether it is one.
    Waiting {
        packing: String,
        announced: usize,
    },
    Known(Box<Unpacker>),
}

impl Layers {
    /// Prepares for a body with these headers, of which `announced` bytes will be sent.
    pub(in crate::fetch) fn new(
        headers: &HeaderMap,
        announced: usize,
        limit: usize,
    ) -> Result<Self, FetchError> {
        let said = header_of(headers, CONTENT_ENCODING).unwrap_or_default();
        let said = said.to_ascii_lowercase();
        let mut packings: Vec<String> = said
            .split(',')
            .map(str::trim)
            .filter(|packing| !is_plain(packing))
            .map(str::to_owned)
            .collect();
        packings.truncate(MAX_LAYERS);
        let packing = packings.pop().unwrap_or_default();
        // What cannot be unpacked is told before the body comes.
        unpacker(&packing, 0, limit)?;
        Ok(Self {
            outer: Outer::Waiting { packing, announced },
            inner: packings,
            limit,
        })
    }

    /// Takes the next bytes as they were sent.
    pub(in crate::fetch) fn take(&mut self, bytes: &[u8]) -> Result<(), Unpack> {
        if let (Outer::Waiting { packing, announced }, Some(first)) = (&self.outer, bytes.first()) {
            let is_gzip = packing.ends_with("gzip");
            let packing = if is_gzip && *first != GZIP[0] {
                ""
            } else {
                packing
            };
            let known = unpacker(packing, *announced, self.limit).map_err(broken)?;
            self.outer = Outer::Known(Box::new(known));
        }
        match &mut self.outer {
            Outer::Waiting { .. } => Ok(()),
            Outer::Known(unpacker) => unpacker.take(bytes),
        }
    }

    /// Gives the body when all was sent.
    pub(in crate::fetch) fn finish(self) -> Result<Vec<u8>, Unpack> {
        let mut body = match self.outer {
            Outer::Waiting { .. } => return Ok(Vec::new()),
            Outer::Known(unpacker) => unpacker.finish()?,
        };
        for packing in self.inner.iter().rev() {
            if !packing.ends_with("gzip") {
                body = again(packing, &body, self.limit)?;
            } else if body.starts_with(&GZIP) {
                body = again("gzip", &body, self.limit)?;
            }
        }
        for _ in 0..MAX_LAYERS {
            if !body.starts_with(&GZIP) {
                return Ok(body);
            }
            body = again("gzip", &body, self.limit)?;
        }
        Err(Unpack::Broken("it is packed again and again".to_owned()))
    }
}

/// Returns whether a word of the header names no packing: a character set, or nothing.
fn is_plain(packing: &str) -> bool {
    const NONE: [&str; 6] = ["", "identity", "none", "binary", "8bit", "7bit"];
    NONE.contains(&packing) || Encoding::for_label(packing.as_bytes()).is_some()
}

fn unpacker(packing: &str, announced: usize, limit: usize) -> Result<Unpacker, FetchError> {
    let value = HeaderValue::from_str(packing).unwrap_or_else(|_| HeaderValue::from_static("?"));
    let headers = HeaderMap::from_iter([(CONTENT_ENCODING, value)]);
    Unpacker::new(&headers, announced, limit)
}

fn again(packing: &str, body: &[u8], limit: usize) -> Result<Vec<u8>, Unpack> {
    let mut unpacker = unpacker(packing, 0, limit).map_err(broken)?;
    unpacker.take(body)?;
    unpacker.finish()
}

fn broken(error: FetchError) -> Unpack {
    Unpack::Broken(error.message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    const TEXT: &[u8] = br#"[{"id":1}]"#;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(text).unwrap();
        packer.finish().unwrap()
    }

    fn brotli(text: &[u8]) -> Vec<u8> {
        let mut packer = brotli::CompressorWriter::new(Vec::new(), 4096, 3, 18);
        packer.write_all(text).unwrap();
        packer.into_inner()
    }

    fn unpack(said: Option<&str>, packed: &[u8], limit: usize) -> Result<Vec<u8>, Unpack> {
        let said = said.map(|said| (CONTENT_ENCODING, said.parse().unwrap()));
        let headers: HeaderMap = said.into_iter().collect();
        let mut layers = Layers::new(&headers, packed.len(), limit).unwrap();
        for byte in packed {
            layers.take(&[*byte])?;
        }
        layers.finish()
    }

    #[test]
    fn a_body_is_read_whatever_its_header_says_of_its_packing() {
        let (once, twice) = (gzip(TEXT), gzip(&gzip(TEXT)));
        for (said, packed) in [
            (Some("utf-8"), TEXT),
            (Some("none"), TEXT),
            (Some("UTF-8"), TEXT),
            (Some(""), TEXT),
            (Some("gzip"), TEXT),
            (Some("gzip, gzip"), TEXT),
            (Some("gzip, gzip"), &once),
            (Some("gzip, gzip"), &twice),
            (Some("gzip"), &twice),
            (Some("gzip, identity"), &once),
            (Some("utf-8, gzip"), &once),
            (None, &once),
            (Some("identity"), &twice),
            (Some("br, gzip"), &gzip(&brotli(TEXT))),
            (Some("gzip, br"), &brotli(&once)),
        ] {
            assert_eq!(unpack(said, packed, 1000).unwrap(), TEXT, "{said:?}");
        }
        assert_eq!(unpack(Some("gzip"), b"", 1000).unwrap(), b"");
    }

    #[test]
    fn layers_are_bounded_in_number_and_bytes() {
        let mut deep = TEXT.to_vec();
        for _ in 0..9 {
            deep = gzip(&deep);
        }
        assert!(matches!(
            unpack(None, &deep, 10_000),
            Err(Unpack::Broken(_))
        ));
        let large = gzip(&gzip(&[b'x'; 5000]));
        assert!(matches!(
            unpack(Some("gzip"), &large, 4999),
            Err(Unpack::TooLarge)
        ));
        let zstd: HeaderMap = [(CONTENT_ENCODING, "zstd".parse().unwrap())]
            .into_iter()
            .collect();
        assert!(Layers::new(&zstd, 0, 100).is_err());
    }
}
