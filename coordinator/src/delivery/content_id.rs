//! Ids of what is delivered.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// Bytes of the hash that are used: ids of a billion documents still differ.
const ID_BYTES: usize = 16;

/// Returns an id of `content`, always the same for the same: 32 hexadecimal digits.
#[must_use]
pub fn content_id(content: &str) -> String {
    let hash = Sha256::digest(content.as_bytes());
    hash.iter()
        .take(ID_BYTES)
        .fold(String::new(), |mut id, byte| {
            let _ = write!(id, "{byte:02x}");
            id
        })
}
