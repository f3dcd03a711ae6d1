//! A share of the rows of an answer, as a definition says it: `5%`.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de::Error as _};

/// More than this share is no exception any more, but a definition that does not fit.
const MAX_PERCENT: f64 = 50.0;

/// A share of rows, above 0 and at most a half.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    percent: f64,
}

impl Share {
    /// Returns whether `part` of `all` is at most this share.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of rows are small")]
    pub fn covers(self, part: usize, all: usize) -> bool {
        part as f64 * 100.0 <= self.percent * all as f64
    }
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.trim().strip_suffix('%').map(str::trim);
        let percent = number.and_then(|number| number.parse::<f64>().ok());
        match percent {
            Some(percent) if percent > 0.0 && percent <= MAX_PERCENT => Ok(Self { percent }),
            Some(_) => Err(format!(
                "`{text}` cannot be skipped; write more than 0% and at most {MAX_PERCENT}%"
            )),
            None => Err(format!("`{text}` is no share; write such as `5%`")),
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}%", self.percent)
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for Share {
    fn schema_name() -> Cow<'static, str> {
        "Share".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^ *[0-9]+([.][0-9]+)? *%$",
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_share_is_written_in_percent() {
        let few: Share = "2.5%".parse().unwrap();
        assert_eq!(few.to_string(), "2.5%");
        assert!(few.covers(1, 40) && !few.covers(2, 40));
        assert!(few.covers(0, 0));
        for (text, why) in [
            ("0.05", "is no share"),
            ("five%", "is no share"),
            ("0%", "cannot be skipped"),
            ("80%", "cannot be skipped"),
            ("NaN%", "cannot be skipped"),
        ] {
            let message = text.parse::<Share>().unwrap_err();
            assert!(message.contains(why), "{message}");
        }
    }
}
