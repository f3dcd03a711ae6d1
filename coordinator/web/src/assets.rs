//! The style sheet, the scripts and the icon: compiled in, compressed once at start, with their
//! hash in the path so that a browser may keep them for ever.

use std::{fmt::Write as _, sync::LazyLock};

use actix_web::{HttpRequest, HttpResponse, web::Path};
use flate2::Compression;
use sha2::{Digest, Sha256};

use crate::{
    compression::{accepts, compress},
    problem::WebError,
};

/// Every file: its name, its media type, its bytes.
const FILES: [(&str, &str, &[u8]); 4] = [
    (
        "style.css",
        "text/css; charset=utf-8",
        include_bytes!("../assets/style.css"),
    ),
    (
        "page.js",
        "text/javascript; charset=utf-8",
        include_bytes!("../assets/page.js"),
    ),
    (
        "showtime.js",
        "text/javascript; charset=utf-8",
        include_bytes!("../assets/showtime.js"),
    ),
    (
        "icon.svg",
        "image/svg+xml",
        include_bytes!("../assets/icon.svg"),
    ),
];

/// The hash of all files together: a page never mixes two versions, and scripts may import each
/// other by relative paths.
static HASH: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = Sha256::new();
    for (name, _, bytes) in FILES {
        hasher.update(name);
        hasher.update(bytes);
    }
    hex(&hasher.finalize()[..8])
});

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| FILES.map(Asset::of).into());

/// A file in the encodings that browsers accept.
struct Asset {
    name: &'static str,
    media_type: &'static str,
    plain: &'static [u8],
    gzip: Vec<u8>,
    brotli: Vec<u8>,
}

impl Asset {
    fn of((name, media_type, plain): (&'static str, &'static str, &'static [u8])) -> Self {
        // An empty encoding is never sent.
        let gzip = compress(plain, Compression::best()).unwrap_or_default();
        let mut brotli = Vec::new();
        let mut input = plain;
        let params = brotli::enc::BrotliEncoderParams::default();
        if brotli::BrotliCompress(&mut input, &mut brotli, &params).is_err() {
            brotli.clear();
        }
        Self {
            name,
            media_type,
            plain,
            gzip,
            brotli,
        }
    }
}

/// Writes bytes as hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").ok();
        text
    })
}

/// Returns the path of a file below the root of the server.
#[must_use]
pub fn path(name: &str) -> String {
    format!("assets/{}/{name}", HASH.as_str())
}

/// `GET /assets/{hash}/{name}`.
///
/// # Errors
///
/// [`WebError::NotFound`] if there is no such file in this version.
pub async fn serve(
    request: HttpRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, WebError> {
    let (hash, name) = path.into_inner();
    let asset = ASSETS
        .iter()
        .find(|asset| asset.name == name && hash == *HASH)
        .ok_or_else(|| WebError::no("file", &name))?;
    let mut response = HttpResponse::Ok();
    response
        .content_type(asset.media_type)
        .insert_header(("Cache-Control", "public, max-age=31536000, immutable"))
        .insert_header(("Vary", "Accept-Encoding"));
    if accepts(&request, "br") && !asset.brotli.is_empty() {
        response.insert_header(("Content-Encoding", "br"));
        return Ok(response.body(asset.brotli.as_slice()));
    }
    if accepts(&request, "gzip") && !asset.gzip.is_empty() {
        response.insert_header(("Content-Encoding", "gzip"));
        return Ok(response.body(asset.gzip.as_slice()));
    }
    Ok(response.body(asset.plain))
}
