//! Hours of the day, as a limit says them: `22:00-06:00`.

use std::{borrow::Cow, fmt, str::FromStr};

use jiff::civil::Time;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de::Error as _};

/// From one time of day to another; past midnight where the second is the earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Between {
    /// The first minute in which requests may be sent.
    pub opens: Time,
    /// The first in which they may not.
    pub closes: Time,
}

impl Between {
    /// How many minutes of a day they are.
    #[must_use]
    pub fn minutes(&self) -> u32 {
        let minute = |time: Time| i32::from(time.hour()) * 60 + i32::from(time.minute());
        let open = (minute(self.closes) - minute(self.opens)).rem_euclid(24 * 60);
        open.unsigned_abs()
    }
}

impl FromStr for Between {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let time = |text: &str| {
            let text = text.trim();
            let has_form = text.len() == 5 && text.as_bytes().get(2) == Some(&b':');
            has_form.then(|| text.parse::<Time>().ok()).flatten()
        };
        let times = text
            .split_once('-')
            .and_then(|(opens, closes)| Some((time(opens)?, time(closes)?)));
        match times {
            None => Err(format!(
                "`{text}` are no hours; write such as `22:00-06:00`"
            )),
            Some((opens, closes)) if opens == closes => Err(format!(
                "`{text}` are no hours at all; leave `between` out to send at any time"
            )),
            Some((opens, closes)) => Ok(Self { opens, closes }),
        }
    }
}

impl fmt::Display for Between {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (opens, closes) = (self.opens, self.closes);
        write!(
            formatter,
            "{:02}:{:02}-{:02}:{:02}",
            opens.hour(),
            opens.minute(),
            closes.hour(),
            closes.minute()
        )
    }
}

impl<'de> Deserialize<'de> for Between {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for Between {
    fn schema_name() -> Cow<'static, str> {
        "Between".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_may_pass_midnight() {
        let minutes = |text: &str| text.parse::<Between>().map(|between| between.minutes());
        assert_eq!(minutes("22:00-06:00"), Ok(480));
        assert_eq!(minutes("09:30-17:00"), Ok(450));
        assert_eq!(minutes("23:59-00:00"), Ok(1));
        let shown = "22:00-06:05".parse::<Between>().map(|it| it.to_string());
        assert_eq!(shown.as_deref(), Ok("22:00-06:05"));
    }

    #[test]
    fn what_is_no_hours_is_told() {
        for text in [
            "22-06",
            "22:00",
            "24:00-06:00",
            "22:00-06:00:00",
            "a-b",
            "9:00-17:00",
        ] {
            let result = text.parse::<Between>();
            assert!(
                result.is_err_and(|message| message.contains("22:00-06:00")),
                "{text}"
            );
        }
        let result = "06:00-06:00".parse::<Between>();
        assert!(result.is_err_and(|message| message.contains("leave `between` out")));
    }
}
