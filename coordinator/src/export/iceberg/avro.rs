//! Writes Avro object container files: what Iceberg keeps its lists of files in.
//!
//! Only writing is needed, of records with a fixed schema, which the crates for Avro do with a dozen
//! further crates. Source: the [specification](https://avro.apache.org/docs/1.12.0/specification/) of
//! Apache Avro, "Binary encoding" and "Object container files".

use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

const MAGIC: &[u8] = b"Obj\x01";
const SYNC_BYTES: usize = 16;

/// Encodes the values of records, one after the other.
#[derive(Debug, Default)]
pub struct AvroEncoder(Vec<u8>);

impl AvroEncoder {
    /// An `int` or a `long`: zigzag, seven bits a byte.
    pub fn long(&mut self, value: i64) {
        let mut rest = (value << 1).cast_unsigned() ^ (value >> 63).cast_unsigned();
        while rest > 0x7f {
            self.0.push(low_bits(rest) | 0x80);
            rest >>= 7;
        }
        self.0.push(low_bits(rest));
    }

    /// A number of files, rows or bytes.
    pub fn count(&mut self, value: u64) {
        self.long(i64::try_from(value).unwrap_or(i64::MAX));
    }

    /// A `bytes`.
    pub fn bytes(&mut self, value: &[u8]) {
        self.count(value.len() as u64);
        self.0.extend_from_slice(value);
    }

    /// A `string`.
    pub fn text(&mut self, value: &str) {
        self.bytes(value.as_bytes());
    }

    /// A `boolean`.
    pub fn flag(&mut self, value: bool) {
        self.0.push(u8::from(value));
    }

    /// A union of `null` and another type, whose value `encode` writes.
    pub fn optional<T>(&mut self, value: Option<T>, encode: impl FnOnce(&mut Self, T)) {
        match value {
            None => self.long(0),
            Some(value) => {
                self.long(1);
                encode(self, value);
            }
        }
    }

    /// An `array` in one block.
    pub fn array<T>(
        &mut self,
        items: impl ExactSizeIterator<Item = T>,
        mut encode: impl FnMut(&mut Self, T),
    ) {
        if items.len() > 0 {
            self.count(items.len() as u64);
            for item in items {
                encode(self, item);
            }
        }
        self.long(0);
    }
}

fn low_bits(value: u64) -> u8 {
    u8::try_from(value & 0x7f).unwrap_or(0)
}

/// Returns a file with `records` records of a schema, which `encoded` holds; `said` is further
/// metadata. The same content gives the same bytes.
#[must_use]
pub fn file(
    schema: &Value,
    said: &[(&str, String)],
    records: usize,
    encoded: &AvroEncoder,
) -> Bytes {
    let mut header = AvroEncoder(MAGIC.to_vec());
    header.count(said.len() as u64 + 2);
    for (key, value) in [
        ("avro.schema", schema.to_string()),
        ("avro.codec", "null".to_owned()),
    ]
    .iter()
    .map(|(key, value)| (*key, value))
    .chain(said.iter().map(|(key, value)| (*key, value)))
    {
        header.text(key);
        header.text(value);
    }
    header.long(0);
    // It separates blocks; a hash of the content is as good as chance and gives the same file again.
    let hash = Sha256::digest(&encoded.0);
    let sync = &hash[..SYNC_BYTES];
    header.0.extend_from_slice(sync);
    if records > 0 {
        header.count(records as u64);
        header.bytes(&encoded.0);
        header.0.extend_from_slice(sync);
    }
    header.0.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the specification.
    #[test]
    fn numbers_and_texts_are_those_of_the_specification() {
        let bytes_of = |value| {
            let mut encoder = AvroEncoder::default();
            encoder.long(value);
            encoder.0
        };
        assert_eq!(bytes_of(0), [0]);
        assert_eq!(bytes_of(-1), [1]);
        assert_eq!(bytes_of(1), [2]);
        assert_eq!(bytes_of(-64), [0x7f]);
        assert_eq!(bytes_of(64), [0x80, 1]);
        assert_eq!(bytes_of(i64::MIN).len(), 10);
        let mut encoder = AvroEncoder::default();
        encoder.text("foo");
        assert_eq!(encoder.0, [6, 0x66, 0x6f, 0x6f]);
        let mut encoder = AvroEncoder::default();
        encoder.array([3, 27].into_iter(), AvroEncoder::long);
        assert_eq!(encoder.0, [4, 6, 0x36, 0]);
    }
}
