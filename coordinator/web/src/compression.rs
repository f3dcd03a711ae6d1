//! Compression of answers for clients that accept it: a table of a hundred rows becomes a tenth.
//!
//! No answer holds a secret beside a text that a stranger chose, so its length gives nothing away.

use std::io::Write as _;

use actix_web::{HttpRequest, http::header::ACCEPT_ENCODING};
use flate2::{Compression, write::GzEncoder};

/// Smaller answers are sent as they are.
const MIN_BYTES: usize = 2_000;

/// Whether the client of `request` accepts an encoding.
#[must_use]
pub fn accepts(request: &HttpRequest, encoding: &str) -> bool {
    request
        .headers()
        .get_all(ACCEPT_ENCODING)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|one| one.trim() == encoding)
}

/// Returns `plain` compressed, if the client of `request` accepts that and it is worth it.
#[must_use]
pub fn gzip(request: &HttpRequest, plain: &[u8], level: Compression) -> Option<Vec<u8>> {
    if !accepts(request, "gzip") || plain.len() < MIN_BYTES {
        return None;
    }
    compress(plain, level)
}

/// Compresses bytes; none if that fails, which writing to memory does not.
#[must_use]
pub fn compress(plain: &[u8], level: Compression) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), level);
    encoder.write_all(plain).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use actix_web::test::TestRequest;
    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn a_page_is_compressed_for_those_who_accept_it() {
        let page = "<tr><td>seats</td></tr>".repeat(1_000);
        let request = |accepted| {
            TestRequest::default()
                .insert_header((ACCEPT_ENCODING, accepted))
                .to_http_request()
        };
        let small =
            gzip(&request("br, gzip"), page.as_bytes(), Compression::fast()).unwrap_or_default();
        let mut text = String::new();
        GzDecoder::new(small.as_slice())
            .read_to_string(&mut text)
            .unwrap_or_default();
        assert_eq!(text, page);
        assert!(small.len() < page.len() / 10, "{} bytes", small.len());
        assert_eq!(
            gzip(
                &request("br, gzip;q=0"),
                page.as_bytes(),
                Compression::fast()
            ),
            None
        );
        assert_eq!(gzip(&request("gzip"), b"short", Compression::fast()), None);
    }
}
