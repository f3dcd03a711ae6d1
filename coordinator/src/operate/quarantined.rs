//! Bodies of answers in quarantine.

use std::io::Read as _;

use anyhow::Context as _;
use flate2::read::GzDecoder;
use schema::quarantine::Body;

/// Bytes of a decompressed body at most; pods keep less.
const MAX_BODY_BYTES: u64 = 16 << 20;

/// The body as a pod kept it.
///
/// # Errors
///
/// If it is damaged.
pub fn decompressed(body: &Body) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    GzDecoder::new(body.body.as_slice())
        .take(MAX_BODY_BYTES)
        .read_to_end(&mut bytes)
        .with_context(|| format!("the body of job {} cannot be decompressed", body.job_id))?;
    Ok(bytes)
}
