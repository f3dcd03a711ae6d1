//! The meaning of an attribute of a showtime: its kind, and one word of that kind.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer};

/// Bytes of the word of a meaning at most.
const MAX_WORD_BYTES: usize = 60;

/// The kind of an attribute of a showtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AttributeKind {
    /// Brand of the screen or of its projection, such as `imax` or `screenx`.
    Format,
    /// Two or three dimensions: `2d`, `3d`.
    Dimension,
    /// Sound system, such as `atmos`.
    Sound,
    /// Language that is spoken, such as `fr` or `original`.
    Language,
    /// Language of the subtitles, such as `en`, or `hard-of-hearing`.
    Subtitles,
    /// For whom it is shown, such as `family` or `relaxed`.
    Audience,
    /// What it is besides a showing, such as `preview` or `marathon`.
    Event,
}

impl AttributeKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Format,
        Self::Dimension,
        Self::Sound,
        Self::Language,
        Self::Subtitles,
        Self::Audience,
        Self::Event,
    ];

    /// The word as definitions, commands and SQL have it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Dimension => "dimension",
            Self::Sound => "sound",
            Self::Language => "language",
            Self::Subtitles => "subtitles",
            Self::Audience => "audience",
            Self::Event => "event",
        }
    }
}

/// The meaning of an attribute, written as `kind:word`, such as `format:imax`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttributeMeaning {
    /// Its kind.
    pub kind: AttributeKind,
    /// The word of this kind: small letters, digits and hyphens, 60 bytes at most.
    pub word: Box<str>,
}

impl fmt::Display for AttributeMeaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.label(), self.word)
    }
}

impl FromStr for AttributeMeaning {
    type Err = String;

    /// Reads `kind:word`; the problem says what may be written.
    fn from_str(text: &str) -> Result<Self, String> {
        let kinds = || AttributeKind::ALL.map(AttributeKind::label).join(", ");
        let (kind, word) = text.split_once(':').ok_or_else(|| {
            format!(
                "`{text}` is no meaning; write KIND:WORD such as `format:imax`, where KIND is one of {}",
                kinds()
            )
        })?;
        let kind = AttributeKind::ALL
            .into_iter()
            .find(|known| known.label() == kind)
            .ok_or_else(|| {
                format!(
                    "`{kind}` is no kind of an attribute; write one of {}",
                    kinds()
                )
            })?;
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if word.is_empty() || word.len() > MAX_WORD_BYTES || !word.bytes().all(is_plain) {
            return Err(format!(
                "`{word}` is no word of a meaning; write small letters, digits and hyphens, \
                 {MAX_WORD_BYTES} at most"
            ));
        }
        Ok(Self {
            kind,
            word: word.into(),
        })
    }
}

impl<'de> Deserialize<'de> for AttributeMeaning {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for AttributeMeaning {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AttributeMeaning".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let kinds = AttributeKind::ALL.map(AttributeKind::label).join("|");
        schemars::json_schema!({
            "type": "string",
            "pattern": format!("^({kinds}):[a-z0-9-]{{1,{MAX_WORD_BYTES}}}$"),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_meaning_is_written_as_it_is_read() {
        for kind in AttributeKind::ALL {
            let text = format!("{}:a-1", kind.label());
            let meaning: AttributeMeaning = text.parse().unwrap();
            assert_eq!((meaning.kind, meaning.to_string()), (kind, text));
        }
    }

    #[test]
    fn what_is_no_meaning_is_refused_with_what_may_be_written() {
        for (text, part) in [
            ("imax", "KIND:WORD"),
            ("screen:imax", "format, dimension, sound"),
            ("format:", "small letters"),
            ("format:IMAX", "small letters"),
            ("format:a b", "small letters"),
        ] {
            let problem = text.parse::<AttributeMeaning>().unwrap_err();
            assert!(problem.contains(part), "{text}: {problem}");
        }
        let long = format!("event:{}", "x".repeat(61));
        assert!(long.parse::<AttributeMeaning>().is_err());
    }
}
