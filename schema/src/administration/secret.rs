//! The form of tokens of the HTTP API and of keys of events: a prefix, 32 random letters and digits, and
//! 6 that are their checksum.
//!
//! By the checksum, a mistyped one is refused without a query, and scanners of leaked secrets find
//! them with few false alarms. The random part has 190 bits.

use std::fmt;

use rand::RngExt as _;
use sha2::{Digest, Sha256};

const RANDOM_LETTERS: usize = 32;
const CHECK_LETTERS: usize = 6;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretKind {
    /// A token of the HTTP API and the web page: `fh_…`.
    Token,
    /// A key with which a client sends events: `fhe_…`.
    EventKey,
}

impl SecretKind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Token => "fh_",
            Self::EventKey => "fhe_",
        }
    }
}

/// The text of a token or key; never logged.
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
    pub fn generate(kind: SecretKind) -> Self {
        let mut random = rand::rng();
        let letters: String = (0..RANDOM_LETTERS)
            .map(|_| char::from(ALPHABET[random.random_range(0..ALPHABET.len())]))
            .collect();
        let check = checksum(&letters);
        Self(format!("{}{letters}{check}", kind.prefix()))
    }

    /// Reads a secret of a kind; `None` if it has another form or its checksum is wrong.
    #[must_use]
    pub fn parse(kind: SecretKind, text: &str) -> Option<Self> {
        let behind = text.strip_prefix(kind.prefix())?;
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
        let secret = Secret::generate(SecretKind::Token);
        assert_eq!(
            Secret::parse(SecretKind::Token, secret.expose()),
            Some(secret.clone())
        );
        assert_eq!(secret.expose().len(), 41);
        for place in 3..41 {
            let mut letters: Vec<char> = secret.expose().chars().collect();
            letters[place] = if letters[place] == 'x' { 'y' } else { 'x' };
            let changed: String = letters.into_iter().collect();
            assert_eq!(
                Secret::parse(SecretKind::Token, &changed),
                None,
                "{changed}"
            );
        }
        let key = Secret::generate(SecretKind::EventKey);
        assert_eq!(
            Secret::parse(SecretKind::EventKey, key.expose()),
            Some(key.clone())
        );
        for other in ["", "fh_", "fh_é", "xx_", "Bearer fh_", key.expose()] {
            assert_eq!(Secret::parse(SecretKind::Token, other), None);
        }
    }

    #[test]
    fn two_tokens_differ_and_are_not_shown_by_debug() {
        let (one, other) = (
            Secret::generate(SecretKind::Token),
            Secret::generate(SecretKind::Token),
        );
        assert_ne!(one.hash(), other.hash());
        assert!(!format!("{one:?}").contains("fh_"));
    }
}
