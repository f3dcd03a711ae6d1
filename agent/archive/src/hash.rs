//! The name of a body: the SHA-256 of its bytes.

use std::{fmt, str::FromStr};

use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// The SHA-256 of a body. Only this makes names in the archive: 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BodyHash([u8; 32]);

/// A text or bytes that are no SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a body hash has 64 hexadecimal digits")]
pub struct InvalidHash;

impl BodyHash {
    /// Computes the hash of a body.
    #[must_use]
    pub fn of(body: &[u8]) -> Self {
        Self(Sha256::digest(body).into())
    }

    /// Returns its bytes, as the history stores them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the name of the body below the archive.
    pub(crate) fn name(self) -> String {
        let digits = self.to_string();
        // 256 directories, so that none has millions of files.
        let (directory, _) = digits.split_at(2);
        format!("{directory}/{digits}{EXTENSION}")
    }
}

/// What names in the archive end in.
pub(crate) const EXTENSION: &str = ".zst";

impl fmt::Display for BodyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for BodyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<&[u8]> for BodyHash {
    type Error = InvalidHash;

    fn try_from(bytes: &[u8]) -> Result<Self, InvalidHash> {
        bytes.try_into().map(Self).map_err(|_| InvalidHash)
    }
}

impl FromStr for BodyHash {
    type Err = InvalidHash;

    fn from_str(text: &str) -> Result<Self, InvalidHash> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(InvalidHash);
        }
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            let [high, low] = pair else {
                return Err(InvalidHash);
            };
            *byte = (digit(*high)? << 4) | digit(*low)?;
        }
        Ok(Self(hash))
    }
}

/// Small digits only, so that a hash has one text.
fn digit(character: u8) -> Result<u8, InvalidHash> {
    match character {
        b'0'..=b'9' => Ok(character - b'0'),
        b'a'..=b'f' => Ok(character - b'a' + 10),
        _ => Err(InvalidHash),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_a_hash_is_a_name() {
        let hash = BodyHash::of(b"abc");
        let digits = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash.to_string(), digits);
        assert_eq!(digits.parse(), Ok(hash));
        assert_eq!(hash.name(), format!("ba/{digits}.zst"));
        let long = "../".repeat(21) + "a";
        let null = format!("{}\0", &digits[1..]);
        for other in [
            "",
            "../../../etc/passwd",
            "/etc/passwd",
            "..%2f..%2fetc%2fpasswd",
            &long,
            &null,
            &digits[1..],
            &digits.to_uppercase(),
            &format!("{digits}0"),
            &"/".repeat(64),
            &"ä".repeat(32),
        ] {
            assert_eq!(other.parse::<BodyHash>(), Err(InvalidHash), "{other:?}");
        }
        assert_eq!(BodyHash::try_from(&[1_u8, 2][..]), Err(InvalidHash));
    }
}
