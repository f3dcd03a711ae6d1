//! The message id: the key by which a repeated event is recognised.

use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use crate::fields::Field;
use crate::identifier;
use crate::limits::MAX_MESSAGE_ID_CHARS;
use crate::rejection::Refusal;

/// A message id as it was sent, and the UUID under which it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MessageId {
    /// The id as it was sent; answers name it.
    pub text: String,
    /// The UUID that the text is, or else the first 16 bytes of the SHA-256 of the text as a UUID
    /// of version 8.
    pub uuid: Uuid,
}

impl MessageId {
    /// Makes the id of a text that was already checked.
    ///
    /// One UUID in two spellings is one id. Of a hash 122 bits are kept: among a thousand million
    /// texts two share a UUID with a probability of 10⁻¹⁹.
    #[must_use]
    pub fn from_text(text: String) -> Self {
        let uuid = Uuid::try_parse(&text).unwrap_or_else(|_| {
            let mut bytes = [0; 16];
            for (byte, hashed) in bytes.iter_mut().zip(Sha256::digest(text.as_bytes())) {
                *byte = hashed;
            }
            Builder::from_custom_bytes(bytes).into_uuid()
        });
        Self { text, uuid }
    }

    /// Makes the id of an event that came without one. If the event is sent twice, it gets two ids.
    #[must_use]
    pub fn from_uuid(uuid: Uuid) -> Self {
        Self {
            text: uuid.to_string(),
            uuid,
        }
    }
}

/// Returns the message id in `field`.
///
/// Placeholders are refused as for users: a program that sends `undefined` with every event would
/// have all but the first taken as duplicates.
pub(crate) fn parse(field: &Field) -> Result<MessageId, Refusal> {
    identifier::parse_bounded(field, MAX_MESSAGE_ID_CHARS).map(MessageId::from_text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_kept_in_any_spelling() {
        let uuid = "0190f7a2-5b7e-7c3a-8f11-2b1d6b0f9a01";
        assert_eq!(MessageId::from_text(uuid.into()).uuid.to_string(), uuid);
        assert_eq!(
            MessageId::from_text(uuid.to_uppercase()).uuid,
            MessageId::from_text(uuid.replace('-', "")).uuid
        );
    }

    #[test]
    fn another_text_becomes_a_uuid_of_version_8_that_stays_the_same() {
        let id = MessageId::from_text("node-next-1772396100250-abc".into());

        assert_eq!(id.uuid.get_version_num(), 8);
        assert_eq!(id.uuid, MessageId::from_text(id.text.clone()).uuid);
        assert_ne!(
            id.uuid,
            MessageId::from_text("node-next-1772396100250-abd".into()).uuid
        );
        // The first bytes of the SHA-256 of "abc" are ba7816bf 8f01 cfea 4141 40de5dae2223.
        assert_eq!(
            MessageId::from_text("abc".into()).uuid.to_string(),
            "ba7816bf-8f01-8fea-8141-40de5dae2223"
        );
    }
}
