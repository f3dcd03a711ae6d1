//! Versions of schemas: `SchemaVer`, `MODEL-REVISION-ADDITION`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The largest number in a version.
const MAX_PART: u16 = 9_999;

/// A version of an event's schema. Versions are ordered by model, then revision, then addition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchemaVersion {
    /// Counts changes with which no older event is valid; from 1.
    pub model: u16,
    /// Counts changes within a model with which some older events are not valid; from 0.
    pub revision: u16,
    /// Counts changes within a revision with which all older events stay valid; from 0.
    pub addition: u16,
}

/// A text that is not a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a version MODEL-REVISION-ADDITION such as 1-0-2, with numbers up to {MAX_PART}")]
pub struct ParseVersionError;

impl SchemaVersion {
    /// Returns whether every event that is valid by `older` is valid by this version: it is the same
    /// version or a later addition to the same revision.
    #[must_use]
    pub fn accepts(self, older: Self) -> bool {
        (self.model, self.revision) == (older.model, older.revision)
            && self.addition >= older.addition
    }

    /// Returns which of the registered `versions` an event is checked against, if any.
    ///
    /// That is the version that the event declares; if it is not registered, the latest one that
    /// accepts it; if the event declares none, the latest of all.
    #[must_use]
    pub fn choose(
        versions: impl IntoIterator<Item = Self>,
        declared: Option<Self>,
    ) -> Option<Self> {
        let Some(declared) = declared else {
            return versions.into_iter().max();
        };
        versions
            .into_iter()
            .filter(|version| version.accepts(declared))
            .max_by_key(|version| (*version == declared, *version))
    }
}

impl fmt::Display for SchemaVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}-{}-{}",
            self.model, self.revision, self.addition
        )
    }
}

impl FromStr for SchemaVersion {
    type Err = ParseVersionError;

    fn from_str(text: &str) -> Result<Self, ParseVersionError> {
        let mut parts = text.split('-').map(parse_part);
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(Some(model)), Some(Some(revision)), Some(Some(addition)), None) if model > 0 => {
                Ok(Self {
                    model,
                    revision,
                    addition,
                })
            }
            _ => Err(ParseVersionError),
        }
    }
}

/// Returns the number that `text` is, written without sign and leading zeros.
fn parse_part(text: &str) -> Option<u16> {
    let is_canonical = text == "0" || !text.starts_with(['0', '+']);
    let number = text.parse().ok()?;
    (is_canonical && number <= MAX_PART).then_some(number)
}

impl Serialize for SchemaVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SchemaVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn version(text: &str) -> SchemaVersion {
        text.parse().unwrap()
    }

    #[test]
    fn a_version_is_written_as_it_was_read() {
        for text in ["1-0-0", "2-10-9999"] {
            assert_eq!(version(text).to_string(), text);
        }
    }

    #[test]
    fn other_texts_are_no_versions() {
        for text in [
            "",
            "1",
            "1-0",
            "1-0-0-0",
            "0-1-0",
            "1.0.0",
            "01-0-0",
            "+1-0-0",
            "1--0",
            "1-0-10000",
            "1-0-0 ",
        ] {
            assert_eq!(
                text.parse::<SchemaVersion>(),
                Err(ParseVersionError),
                "{text}"
            );
        }
    }

    #[test]
    fn versions_are_ordered_by_number_and_not_by_text() {
        assert!(version("1-0-10") > version("1-0-9"));
        assert!(version("2-0-0") > version("1-9-9"));
    }

    #[test]
    fn a_later_addition_accepts_and_a_revision_does_not() {
        assert!(version("1-0-2").accepts(version("1-0-1")));
        assert!(version("1-0-1").accepts(version("1-0-1")));
        assert!(!version("1-0-1").accepts(version("1-0-2")));
        assert!(!version("1-1-0").accepts(version("1-0-0")));
        assert!(!version("2-0-0").accepts(version("1-0-0")));
    }

    #[test]
    fn the_declared_version_comes_before_later_ones() {
        let versions = ["1-0-0", "1-0-2", "1-1-0", "2-0-0"].map(version);
        let choose = |declared: Option<&str>| {
            SchemaVersion::choose(versions, declared.map(version)).map(|chosen| chosen.to_string())
        };

        assert_eq!(choose(Some("1-0-0")).as_deref(), Some("1-0-0"));
        assert_eq!(choose(Some("1-0-1")).as_deref(), Some("1-0-2"));
        assert_eq!(choose(None).as_deref(), Some("2-0-0"));
        assert_eq!(choose(Some("1-1-1")), None);
        assert_eq!(SchemaVersion::choose([], None), None);
    }
}
