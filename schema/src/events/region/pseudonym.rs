//! Pseudonyms: HMAC-SHA256 with a random key for each region, so that two regions cannot compare users.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;

/// The key of a region's pseudonyms; `Debug` does not show it.
#[derive(Clone)]
pub struct PseudonymKey([u8; KEY_BYTES]);

impl std::fmt::Debug for PseudonymKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PseudonymKey(…)")
    }
}

impl PseudonymKey {
    /// A key of these bytes; `None` if they are not [`KEY_BYTES`].
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// What the region knows a user of a client by: 64 letters and digits.
    #[must_use]
    pub fn user(&self, client: &str, external_id: &str, is_anonymous: bool) -> String {
        let kind = if is_anonymous { "anonymous" } else { "user" };
        hex(&self.hash(&[kind, client, external_id]))
    }

    /// What stands for the value of a field, as JSON text: equal for equal values of one field.
    #[must_use]
    pub fn value(&self, field: &str, json: &str) -> String {
        hex(&self.hash(&["field", field, json]))
    }

    /// The hash of texts, each with its length, so that no two lists of texts are one.
    #[must_use]
    pub fn hash(&self, texts: &[&str]) -> [u8; 32] {
        // A key of any length is accepted.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            return [0; 32];
        };
        for text in texts {
            mac.update(&(text.len() as u64).to_be_bytes());
            mac.update(text.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }
}

/// Bytes in hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string never fails.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pseudonyms_differ_by_key_client_kind_and_id() {
        let [one, other] = [PseudonymKey([1; KEY_BYTES]), PseudonymKey([2; KEY_BYTES])];
        let user = one.user("app", "ana", false);
        assert_eq!(user, one.user("app", "ana", false));
        assert_eq!(user.len(), 64);
        for differing in [
            other.user("app", "ana", false),
            one.user("kiosk", "ana", false),
            one.user("app", "ana", true),
            one.user("app", "bea", false),
            one.user("appa", "na", false),
            one.value("app", "ana"),
        ] {
            assert_ne!(user, differing);
        }
        assert!(!format!("{one:?}").contains('1'));
    }
}
