//! Finds the compression of a body whose header names another one.
//!
//! Servers write a character set in place of the compression, compress twice and name it once, or
//! name `gzip` for plain text. No text that we read begins like a gzip file, so the first bytes
//! decide.

use encoding_rs::Encoding;
use reqwest::header::{CONTENT_ENCODING, HeaderMap};
use source_language::response::{FetchError, header_of};

use super::{Packing, Unpack};

/// How a gzip file begins.
const GZIP: [u8; 3] = [0x1f, 0x8b, 8];
/// A body is packed so often at most; what is packed more often is an attack.
const MAX_LAYERS: usize = 4;

/// All that a body is packed in, as far as it is not unpacked yet.
#[derive(Debug)]
pub(crate) struct Layers {
    /// The packings that the headers name, the outermost last.
    named: Vec<Packing>,
    /// How many more may be found that no header names.
    unnamed_left: usize,
}

impl Layers {
    /// Reads what the headers name.
    ///
    /// # Errors
    ///
    /// As [`Packing::named`].
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, FetchError> {
        let said = header_of(headers, CONTENT_ENCODING).unwrap_or_default();
        let said = said.to_ascii_lowercase();
        let words = said
            .split(',')
            .map(str::trim)
            .filter(|word| !is_plain(word));
        let named = words
            .take(MAX_LAYERS)
            .map(Packing::named)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            named,
            unnamed_left: MAX_LAYERS,
        })
    }

    /// Returns the outermost packing of `body`, as it is now; none if it is plain.
    ///
    /// # Errors
    ///
    /// [`Unpack::Broken`] if it is packed more often than any server does.
    pub(crate) fn next_of(&mut self, body: &[u8]) -> Result<Option<Packing>, Unpack> {
        if body.is_empty() {
            return Ok(None);
        }
        while let Some(packing) = self.named.pop() {
            if packing != Packing::Gzip || body.first() == Some(&GZIP[0]) {
                return Ok(Some(packing));
            }
        }
        if !body.starts_with(&GZIP) {
            return Ok(None);
        }
        let left = self.unnamed_left.checked_sub(1);
        let again = || Unpack::Broken("it is packed again and again".to_owned());
        self.unnamed_left = left.ok_or_else(again)?;
        Ok(Some(Packing::Gzip))
    }
}

/// Returns whether a word of the header names no packing: a character set, or nothing.
fn is_plain(packing: &str) -> bool {
    const NONE: [&str; 6] = ["", "identity", "none", "binary", "8bit", "7bit"];
    NONE.contains(&packing) || Encoding::for_label(packing.as_bytes()).is_some()
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
        let mut layers = Layers::of(&headers).unwrap();
        let mut body = packed.to_vec();
        while let Some(packing) = layers.next_of(&body)? {
            body = packing.unpack(&body, limit)?;
        }
        Ok(body)
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
        assert!(Layers::of(&zstd).is_err());
    }
}
