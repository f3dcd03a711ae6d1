//! The form of a token: `fh_`, 32 random letters and digits, 6 that are their checksum.
//!
//! The checksum tells a mistyped token without a query, and lets scanners of leaked secrets find
//! tokens with few false alarms. The random part has 190 bits.

use std::fmt;

use rand::RngExt as _;
use sha2::{Digest, Sha256};

const PREFIX: &str = "fh_";
const RANDOM_LETTERS: usize = 32;
const CHECK_LETTERS: usize = 6;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The text of a token; never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// Makes a new one from the random numbers of the operating system.
    #[must_use]
    pub fn generate() -> Self {
        let mut random = rand::rng();
        let letters: String = (0..RANDOM_LETTERS)
            .map(|_| char::from(ALPHABET[random.random_range(0..ALPHABET.len())]))
            .collect();
        let check = checksum(&letters);
        Self(format!("{PREFIX}{letters}{check}"))
    }

    /// Reads a token; `None` if it has another form or its checksum is wrong.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let behind = text.strip_prefix(PREFIX)?;
        let has_form = behind.len() == RANDOM_LETTERS + CHECK_LETTERS
            && behind.bytes().all(|letter| letter.is_ascii_alphanumeric());
        if !has_form {
            return None;
        }
        let (letters, check) = behind.split_at(RANDOM_LETTERS);
        (checksum(letters) == check).then(|| Self(text.to_owned()))
    }

    /// The text, for the one time when it is shown.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The SHA-256 that is stored.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

/// CRC-32 of the random letters, in six digits to the base 62.
fn checksum(letters: &str) -> String {
    let mut rest = crc32fast::hash(letters.as_bytes()) as usize;
    let mut digits = [b'0'; CHECK_LETTERS];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[rest % ALPHABET.len()];
        rest /= ALPHABET.len();
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_token_is_read_again_and_a_changed_one_is_not() {
        let secret = Secret::generate();
        assert_eq!(Secret::parse(secret.expose()), Some(secret.clone()));
        assert_eq!(secret.expose().len(), 41);
        for place in 3..41 {
            let mut letters: Vec<char> = secret.expose().chars().collect();
            letters[place] = if letters[place] == 'x' { 'y' } else { 'x' };
            let changed: String = letters.into_iter().collect();
            assert_eq!(Secret::parse(&changed), None, "{changed}");
        }
        for other in ["", "fh_", "fh_é", "xx_", "Bearer fh_"] {
            assert_eq!(Secret::parse(other), None);
        }
    }

    #[test]
    fn two_tokens_differ_and_are_not_shown_by_debug() {
        let (one, other) = (Secret::generate(), Secret::generate());
        assert_ne!(one.hash(), other.hash());
        assert!(!format!("{one:?}").contains("fh_"));
    }
}
