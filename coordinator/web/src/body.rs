//! A stored body as text that a person can read, cut and without control characters.

use std::io::Read as _;

use flate2::read::MultiGzDecoder;

/// Bytes of a body that are shown.
pub const MAX_SHOWN: usize = 24 * 1024;

/// A body for a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShownBody {
    /// Its text; bytes that are none are shown as a mark.
    pub text: String,
    /// Whether the text is only its beginning.
    pub is_cut: bool,
}

/// Unpacks the first bytes of a body that was packed with gzip. What cannot be unpacked is left out.
#[must_use]
pub fn of_gzip(packed: &[u8], whole_bytes: i32) -> ShownBody {
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_SHOWN).unwrap_or(u64::MAX) + 1;
    // A body that was cut before it was packed, or a damaged one, still has its beginning.
    let _ended = MultiGzDecoder::new(packed)
        .take(limit)
        .read_to_end(&mut bytes);
    let whole = usize::try_from(whole_bytes).unwrap_or_default();
    let is_cut = bytes.len() > MAX_SHOWN || bytes.len() < whole;
    bytes.truncate(MAX_SHOWN);
    ShownBody {
        text: text(&bytes),
        is_cut,
    }
}

/// Bytes of a body in quarantine that are unpacked at most.
const MAX_UNPACKED: u64 = 16 << 20;

/// Unpacks a body that was packed with gzip, up to a bound.
#[must_use]
pub fn whole_of_gzip(packed: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ended = MultiGzDecoder::new(packed)
        .take(MAX_UNPACKED)
        .read_to_end(&mut bytes);
    bytes
}

/// Shows the first bytes of a body.
#[must_use]
pub fn of_bytes(body: &[u8]) -> ShownBody {
    let shown = body.get(..MAX_SHOWN).unwrap_or(body);
    ShownBody {
        text: text(shown),
        is_cut: shown.len() < body.len(),
    }
}

/// Makes text of bytes. Control characters, also those that turn the direction of a text, are
/// shown as a mark.
fn text(bytes: &[u8]) -> String {
    let is_hidden = |letter: char| {
        (letter.is_control() && !matches!(letter, '\n' | '\t'))
            || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    String::from_utf8_lossy(bytes)
        .replace("\r\n", "\n")
        .chars()
        .map(|letter| {
            if is_hidden(letter) {
                '\u{fffd}'
            } else {
                letter
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn packed(body: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_bomb_is_unpacked_only_as_far_as_it_is_shown() {
        let shown = of_gzip(&packed(&vec![b'a'; 4 << 20]), 4 << 20);
        assert_eq!((shown.text.len(), shown.is_cut), (MAX_SHOWN, true));
    }

    #[test]
    fn control_characters_and_damage_are_shown_as_marks() {
        let shown = of_gzip(&packed("a\u{0}b\u{202e}c\r\nd\u{ff}".as_bytes()), 1);
        assert_eq!(shown.text, "a\u{fffd}b\u{fffd}c\ndÿ");
        assert_eq!(of_gzip(b"no gzip", 9).text, "");
    }
}
