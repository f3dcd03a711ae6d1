//! How rare the words of titles are: agreement on a rare word says more.
//!
//! The weight of a word is the information of meeting it in the title of another work, in bits:
//! the logarithm of one over its frequency, as Fellegi and Sunter weigh the agreement on a value
//! (1969, section 3.3.1). Without counts, its length stands for its rarity (Zipf's law of
//! abbreviation).

use std::collections::HashMap;

use crate::{fold::is_dense, title::NormalisedTitle, vocabulary::STOP_WORDS};

/// The least that a word of meaning weighs.
const MIN_BITS: f64 = 1.5;
/// The most that a word weighs.
const MAX_BITS: f64 = 8.0;
/// What a letter weighs in a script without spaces, where a letter is a syllable or a word.
const DENSE_LETTER_BITS: f64 = 2.0;
/// Titles from which on counts say more than lengths.
const MIN_TITLES: u32 = 1_000;

/// Counts of words in titles.
#[derive(Debug, Clone, Default)]
pub struct Corpus {
    counts: HashMap<String, u32>,
    titles: u32,
}

impl Corpus {
    /// Counts the words of a title, once each.
    pub fn add(&mut self, title: &NormalisedTitle) {
        let mut words: Vec<&String> = title.words.iter().collect();
        words.sort();
        words.dedup();
        for word in words {
            *self.counts.entry(word.clone()).or_default() += 1;
        }
        self.titles += 1;
    }

    /// Returns what agreement on a word weighs, in bits; 0 for articles and the like.
    #[must_use]
    pub fn bits(&self, word: &str) -> f64 {
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
        if self.titles >= MIN_TITLES {
            let count = self.counts.get(word).copied().unwrap_or(0);
            return (f64::from(self.titles + 1) / f64::from(count + 1))
                .log2()
                .clamp(MIN_BITS, MAX_BITS);
        }
        match word.chars().count() {
            0..=3 => MIN_BITS,
            4..=5 => 3.0,
            6..=7 => 4.0,
            _ => 5.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalise;

    #[test]
    fn a_rare_word_weighs_more_than_a_common_one() {
        let mut corpus = Corpus::default();
        for number in 0..2_000 {
            corpus.add(&normalise(&format!("Night Train {number}")));
        }
        corpus.add(&normalise("Quokka Night"));
        assert!(corpus.bits("quokka") > corpus.bits("night") + 5.0);
        assert!(corpus.bits("the").abs() < f64::EPSILON);
    }
}
