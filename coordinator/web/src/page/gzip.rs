//! Compression of a page for a browser that accepts it: a table of a hundred rows becomes a tenth.
//!
//! A page holds no secret beside a text that a stranger chose, so its length tells nothing.

use std::io::Write as _;

use actix_web::{HttpRequest, http::header::ACCEPT_ENCODING};
use flate2::{Compression, write::GzEncoder};

/// Smaller pages are sent as they are.
const MIN_BYTES: usize = 2_000;

/// Returns `text` compressed, if the client of `request` accepts that and it is worth it.
#[must_use]
pub fn gzip(request: &HttpRequest, text: &str) -> Option<Vec<u8>> {
    let accepts = request
        .headers()
        .get_all(ACCEPT_ENCODING)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|encoding| encoding.trim() == "gzip");
    if !accepts || text.len() < MIN_BYTES {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(text.len() / 4), Compression::fast());
    encoder.write_all(text.as_bytes()).ok()?;
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
        let small = gzip(&request("br, gzip"), &page).unwrap_or_default();
        let mut text = String::new();
        GzDecoder::new(small.as_slice())
            .read_to_string(&mut text)
            .unwrap_or_default();
        assert_eq!(text, page);
        assert!(small.len() < page.len() / 10, "{} bytes", small.len());
        assert_eq!(gzip(&request("br, gzip;q=0"), &page), None);
        assert_eq!(gzip(&request("gzip"), "short"), None);
    }
}
