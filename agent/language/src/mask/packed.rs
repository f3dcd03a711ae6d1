//! Bodies that are packed once more than their header says: a secret inside is found only
//! when they are unpacked.

use std::io::Read;

use flate2::read::{MultiGzDecoder, ZlibDecoder};

use super::Mask;

/// The beginning of gzip.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Returns `body` as `mask` leaves it, at most `limit` bytes. One that is packed with gzip or
/// zlib and holds a secret comes unpacked, without it.
#[must_use]
pub fn body(mask: &Mask, body: &[u8], limit: usize) -> Vec<u8> {
    // What is behind the end of what is kept may belong to a secret before it.
    const BEHIND: usize = 64 << 10;
    let cut = body.get(..limit.saturating_add(BEHIND)).unwrap_or(body);
    let mut kept = match unpacked(cut, limit.saturating_add(BEHIND)) {
        Some(inside) if !mask.is_empty() => {
            let masked = self::body(mask, &inside, limit);
            if masked == inside {
                cut.to_vec()
            } else {
                masked
            }
        }
        Some(_) | None => mask.body(cut),
    };
    kept.truncate(limit);
    kept
}

/// Unpacks as much as can be, at most `limit` bytes; what is broken ends there.
fn unpacked(body: &[u8], limit: usize) -> Option<Vec<u8>> {
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    let mut inside = Vec::new();
    let read = match body {
        [a, b, ..] if [*a, *b] == GZIP => MultiGzDecoder::new(body)
            .take(limit)
            .read_to_end(&mut inside),
        // Deflate, with a check of these two bytes.
        [a, b, ..] if a & 0x0f == 8 && u16::from_be_bytes([*a, *b]).is_multiple_of(31) => {
            ZlibDecoder::new(body).take(limit).read_to_end(&mut inside)
        }
        _ => return None,
    };
    // What came before an error came all the same.
    drop(read);
    (!inside.is_empty()).then_some(inside)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Write as _;

    use flate2::{
        Compression,
        write::{GzEncoder, ZlibEncoder},
    };

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    }

    #[test]
    fn a_secret_inside_a_packed_body_is_found() {
        let mask = Mask::new(["hunter2-hunter2"], []);
        let plain = b"a hunter2-hunter2 b";
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(plain).unwrap();
        for packed in [gzip(plain), gzip(&gzip(plain)), zlib.finish().unwrap()] {
            assert_eq!(body(&mask, &packed, 1 << 20), b"a *** b");
            // A part of it is read as far as it goes.
            let _ = body(&mask, &packed[..packed.len() - 4], 1 << 20);
        }
        let other = gzip(b"nothing of it");
        assert_eq!(body(&mask, &other, 1 << 20), other);
    }

    #[test]
    fn a_secret_at_the_end_of_what_is_kept_is_hidden_before_it_is_cut() {
        let mask = Mask::new(["hunter2-hunter2"], []);
        assert_eq!(body(&mask, b"1234 hunter2-hunter2", 10), b"1234 ***");
    }
}
