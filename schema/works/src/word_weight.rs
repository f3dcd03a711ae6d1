//! How much agreement on a word of a title says.
//!
//! Fellegi and Sunter weigh the agreement on a value by its rarity (1969, section 3.3.1). The length
//! of a word stands for its rarity (Zipf's law of abbreviation): counts over the present films would
//! change with each that arrives, and with them what was decided before.

use crate::{fold::is_dense, vocabulary::STOP_WORDS};

/// The least that a word of meaning weighs.
const MIN_BITS: f64 = 1.5;
/// The most that a word weighs.
const MAX_BITS: f64 = 8.0;
/// What a letter weighs in a script without spaces, where a letter is a syllable or a word.
const DENSE_LETTER_BITS: f64 = 2.0;

/// Returns what agreement on a word weighs, in bits; 0 for articles and the like.
pub(crate) fn bits(word: &str) -> f64 {
    if STOP_WORDS.contains(&word) {
        return 0.0;
    }
    if word.chars().any(is_dense) {
        let letters = word
            .chars()
            .filter(|letter| letter.is_alphanumeric())
            .count();
        return (DENSE_LETTER_BITS * f64::from(u32::try_from(letters).unwrap_or(u32::MAX)))
            .min(MAX_BITS);
    }
    match word.chars().count() {
        0..=3 => MIN_BITS,
        4..=5 => 3.0,
        6..=7 => 4.0,
        _ => 5.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_word_weighs_more_than_a_short_one_and_an_article_nothing() {
        assert!(bits("lighthouse") > bits("sea"));
        assert!(bits("the").abs() < f64::EPSILON);
        assert!(bits("基督") > bits("sea"));
    }
}
