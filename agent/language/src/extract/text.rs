//! Normalises texts: removes characters that no reader sees.
//!
//! Keys, names, labels and codes are compared and stored in one form: without control
//! characters, without zero-width characters, without blanks around them, and composed
//! (NFC). Two keys that look the same are the same.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// The zero-width characters that join or part letters and choose glyphs. A name keeps them
/// where they stand between letters; a key does not.
const JOINERS: [char; 2] = ['\u{200C}', '\u{200D}'];

/// Returns whether `c` takes no place on a page: zero-width characters, marks of direction,
/// the soft hyphen, the byte order mark, fillers.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}'
            | '\u{34F}'
            | '\u{61C}'
            | '\u{115F}'
            | '\u{1160}'
            | '\u{17B4}'
            | '\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

/// Returns a key or a code without what cannot be seen.
pub(crate) fn key(text: &str) -> Cow<'_, str> {
    cleaned(text, |_| false)
}

/// Returns a name without what cannot be seen. Joiners and glyph selectors between letters
/// belong to how words and pictures are written, and stay.
pub(crate) fn name(text: &str) -> Cow<'_, str> {
    let stays = |c: char| JOINERS.contains(&c) || ('\u{FE00}'..='\u{FE0F}').contains(&c);
    cleaned(text, stays)
}

/// Returns a text without U+0000, which no text of the database can hold.
pub(crate) fn without_nul(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', ""))
    } else {
        text
    }
}

fn cleaned(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    // Nearly all keys: nothing to be done, found out in one pass.
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if is_plain {
        return Cow::Borrowed(text.trim_matches(' '));
    }
    let seen = text.chars().filter_map(|c| match c {
        c if c.is_whitespace() => Some(' '),
        c if c.is_control() || is_invisible(c) && !stays(c) => None,
        c => Some(c),
    });
    let seen: String = seen.collect();
    let composed: Cow<'_, str> = if is_nfc(&seen) {
        Cow::Borrowed(&seen)
    } else {
        Cow::Owned(seen.nfc().collect())
    };
    let bare = composed.trim_matches(|c: char| c == ' ' || is_invisible(c));
    Cow::Owned(bare.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_looks_the_same_is_the_same_key() {
        for text in [
            "a",
            " a",
            "a\r",
            "a\r\n",
            "\ta ",
            "\u{200B}a",
            "a\u{FEFF}",
            "\u{A0}a",
            "a\u{3000}",
            "\u{200E}a\u{200F}",
            "a\u{AD}",
            "a\0",
            "\u{202A}a\u{202C}",
            "a\u{2060}",
            "\u{1}a",
            "a\u{200D}",
            "a\u{FE0F}",
            "a\u{85}",
            "a\u{2028}",
            "\u{E0061}a",
            "a\u{7F}",
        ] {
            assert_eq!(key(text), "a", "{text:?}");
        }
        assert_eq!(key("Cine\u{301}ma"), "Cinéma");
        assert_eq!(key("A\u{A0}1"), "A 1");
        assert_eq!(key("A  1"), "A  1");
        assert!(matches!(key("A1"), Cow::Borrowed("A1")));
    }

    #[test]
    fn a_name_keeps_what_its_script_needs() {
        let persian = "می\u{200C}خواهم";
        assert_eq!(name(persian), persian);
        let family = "👩\u{200D}👧 ❤\u{FE0F} night";
        assert_eq!(name(family), family);
        assert_eq!(name("\u{200D}Film\u{200B} \n"), "Film");
        for blank in [
            "",
            " ",
            "\n",
            "\u{200D}",
            "\u{3164}",
            "\u{2800} \u{FEFF}",
            "\0",
        ] {
            assert_eq!(name(blank), "", "{blank:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_clean_stays_as_it_is(text in "\\PC{0,12}|[\\x00-\\x20a\u{200B}\u{301}]{0,8}") {
            for clean in [key, name] {
                let once = clean(&text).into_owned();
                prop_assert_eq!(clean(&once), once.as_str());
                prop_assert!(!once.contains(|c: char| c.is_control()));
            }
        }
    }
}
