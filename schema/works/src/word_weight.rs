//! How much agreement on a word of a title says.
//!
//! Fellegi and Sunter weigh the agreement on a value by its rarity (1969, section 3.3.1). Words of
//! many titles are in a fixed table (`word_frequency`); of all others the length stands for the
//! rarity (Zipf's law of abbreviation).

use crate::{
    fold::is_dense,
    vocabulary::STOP_WORDS,
    word_frequency::{Frequency, frequency},
};

/// What a word of hundreds of titles weighs.
const VERY_COMMON_BITS: f64 = 3.0;
/// What a word of dozens of titles weighs.
const COMMON_BITS: f64 = 4.0;
/// What a number weighs: as the number of a part it is in many titles.
const NUMBER_BITS: f64 = 1.5;
/// The most that a word weighs.
const MAX_BITS: f64 = 8.0;
/// What a letter weighs in a script without spaces, where a letter is a syllable or a word.
const DENSE_LETTER_BITS: f64 = 2.0;

/// Returns what agreement on a word weighs, in bits; 0 for articles and the like.
pub(crate) fn bits(word: &str) -> f64 {
    if STOP_WORDS.contains(&word) {
        return 0.0;
    }
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        return NUMBER_BITS;
    }
    if word.chars().any(is_dense) {
        let letters = word
            .chars()
            .filter(|letter| letter.is_alphanumeric())
            .count();
        return (DENSE_LETTER_BITS * f64::from(u32::try_from(letters).unwrap_or(u32::MAX)))
            .min(MAX_BITS);
    }
    match (frequency(word), word.chars().count()) {
        (Frequency::VeryCommon, _) => VERY_COMMON_BITS,
        (Frequency::Common, 0..=3) | (Frequency::Rare, 0..=2) => 2.0,
        (Frequency::Common, _) => COMMON_BITS,
        (Frequency::Rare, 3) => 3.5,
        (Frequency::Rare, 4) => 5.0,
        (Frequency::Rare, 5) => 6.0,
        (Frequency::Rare, _) => 7.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rare_word_weighs_more_than_a_common_one_and_an_article_nothing() {
        assert!(bits("estuary") > bits("thunder"));
        assert!(bits("thunder") > bits("love"));
        assert!(bits("the").abs() < f64::EPSILON);
        assert!(bits("基督") > bits("2"));
    }
}
