//! What hostile hosts send before anything is read of it: rules, and packed bodies.

use source_fetch::unpack::Packing;
use source_language::source::robots::{RobotsRules, Verdict};

/// More than any unpacked body of the target may have.
const MAX_BYTES: usize = 1 << 20;

/// Reads the rules in `bytes` behind their first line, and decides about the path that this is.
///
/// # Panics
///
/// If a short path is not decided about, or `robots.txt` itself is not allowed.
pub fn robots(bytes: &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let (path, file) = bytes.split_at(end.unwrap_or(bytes.len()));
    let rules = RobotsRules::parse("Fullhouse", file);
    let path = format!("/{}", String::from_utf8_lossy(path));
    assert!(
        path.len() > 1_000 || rules.verdict(&path) != Verdict::TooLong,
        "{path}"
    );
    assert_eq!(rules.verdict("/robots.txt"), Verdict::Allowed);
    assert!(
        rules.bytes() <= 16 * bytes.len() + 4_096,
        "{} bytes",
        rules.bytes()
    );
}

/// Unpacks what follows the first byte, which says how it is packed: the whole body, and as much
/// of it as there is.
///
/// # Panics
///
/// If more comes out than may, or something else than the whole body begins with.
pub fn unpack(bytes: &[u8]) {
    let Some((kind, packed)) = bytes.split_first() else {
        return;
    };
    let packing = [Packing::Gzip, Packing::Brotli, Packing::Deflate];
    let packing = packing[usize::from(*kind) % packing.len()];
    let whole = packing.unpack(packed, MAX_BYTES);
    let first = packing.unpack_first(packed, true, MAX_BYTES);
    for body in [&whole, &first].into_iter().flatten() {
        assert!(body.capacity() <= MAX_BYTES, "{} bytes", body.capacity());
    }
    if let Ok(whole) = whole {
        assert!(first.is_ok_and(|first| first == whole), "not all of it");
        let half = packing.unpack_first(packed, false, whole.len() / 2);
        assert!(
            half.is_ok_and(|half| whole.starts_with(&half)),
            "not its first half"
        );
    }
}
