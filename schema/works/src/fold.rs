//! Folds text: case, accents and letters that have no decomposition.

use unicode_normalization::UnicodeNormalization as _;

/// Folds a word: compatibility decomposition (Unicode Annex 15), small letters, no accents.
///
/// Accents are the combining diacritical marks U+0300 to U+036F alone: the vowel signs of Indic
/// scripts and Thai are combining marks too, and belong to the word.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.nfkd().flat_map(char::to_lowercase).nfkd() {
        match letter {
            '\u{300}'..='\u{36f}' => {}
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'þ' => folded.push_str("th"),
            'ı' => folded.push('i'),
            other => folded.push(other),
        }
    }
    folded.nfc().collect()
}

/// Returns the words of a text, folded: runs of letters and digits.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    fold(text)
        .replace(['\'', '\u{2019}', '\u{2018}', '`'], "")
        .split(|letter: char| !is_word_letter(letter))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Decides whether a character is a part of a word; vowel signs are.
#[must_use]
pub fn is_word_letter(letter: char) -> bool {
    letter.is_alphanumeric()
        || matches!(letter, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{dff}' | '\u{e31}'..='\u{e4e}')
}

/// Decides whether a character is written without spaces between words: Han, kana, Hangul, Thai.
#[must_use]
pub fn is_dense(letter: char) -> bool {
    matches!(letter, '\u{e00}'..='\u{e7f}' | '\u{1100}'..='\u{11ff}' | '\u{3040}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_fall_and_vowel_signs_stay() {
        assert_eq!(
            fold("Łódź Ångström ŒUVRE Straße"),
            "lodz angstrom oeuvre strasse"
        );
        assert_eq!(fold("कांतारा"), "कांतारा");
        assert_eq!(fold("기생충"), "기생충");
    }

    #[test]
    fn an_apostrophe_joins_a_word() {
        assert_eq!(
            words("Nobody’s Fool: L'Avventura"),
            ["nobodys", "fool", "lavventura"]
        );
    }
}
