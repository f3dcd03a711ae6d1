//! One format of `strptime`, with what that cannot read: names of other languages, hours
//! past midnight, months from zero.

use std::borrow::Cow;

use jiff::{
    fmt::strtime::{self, BrokenDownTime},
    tz::TimeZone,
};
use regex::Regex;

use super::names::Names;
use crate::definition::FieldTable;

/// A text as a format reads it.
#[derive(Debug)]
pub(super) struct Read {
    /// What it says.
    pub(super) time: BrokenDownTime,
    /// The days that its hour is past midnight.
    pub(super) days: i64,
    /// The name of its offset, where the format has `%Z`.
    pub(super) zone: Option<String>,
}

/// A format, compiled.
#[derive(Debug)]
pub(super) struct Written {
    /// As `strptime` takes it: without `%Z`, which it cannot read.
    format: String,
    /// Finds the parts of a text that are rewritten, if there are any.
    parts: Option<Regex>,
    names: Option<Names>,
    past_midnight: bool,
    zero_based_month: bool,
    names_zone: bool,
}

impl Written {
    /// Compiles a format with the words that change how it is read.
    pub(super) fn compile(format: &str, words: &FieldTable) -> Result<Self, String> {
        // A format that cannot read what it writes has a mistake in it.
        let sample = jiff::civil::date(2026, 11, 21)
            .at(19, 30, 0, 0)
            .to_zoned(TimeZone::UTC);
        // The pattern is made of the format as it is written.
        let whole = format;
        let names_zone = whole.contains("%Z");
        let format = &whole.replace("%Z", "");
        let broken = || {
            let why = super::refusal::of_format(format);
            format!("the time format `{whole}` is broken: {why}")
        };
        let sample = sample.map_err(|_| broken())?;
        let sample = strtime::format(format, &sample).map_err(|_| broken())?;
        BrokenDownTime::parse(format, &sample).map_err(|_| broken())?;
        let names = words.locale.as_deref().map(Names::of).transpose()?;
        let plan = Self {
            format: format.to_owned(),
            parts: None,
            past_midnight: words.past_midnight,
            zero_based_month: words.zero_based_month,
            names,
            names_zone,
        };
        if plan.names.is_none() && !plan.past_midnight && !plan.zero_based_month && !names_zone {
            return Ok(plan);
        }
        Ok(Self {
            parts: Some(plan.pattern(whole)?),
            ..plan
        })
    }

    /// Returns the format as it is written.
    pub(super) fn format(&self) -> &str {
        &self.format
    }

    /// Reads a text.
    pub(super) fn parse(&self, text: &str) -> Result<Read, jiff::Error> {
        let read = |text: &str, days, zone| {
            let time = BrokenDownTime::parse(self.format.trim(), text.trim())?;
            Ok(Read { time, days, zone })
        };
        match self.rewritten(text) {
            Some((text, days, zone)) => read(&text, days, zone),
            None if self.names.is_some() => Err(jiff::Error::from_args(format_args!(
                "it is not `{}` with the names of the locale",
                self.format
            ))),
            None if self.names_zone => Err(jiff::Error::from_args(format_args!(
                "it is not `{}` with the name of an offset",
                self.format
            ))),
            None => BrokenDownTime::parse(&self.format, text).map(|time| Read {
                time,
                days: 0,
                zone: None,
            }),
        }
    }

    /// Returns the text as `strptime` reads it, the days that its hour is past midnight, and
    /// the name of its offset; `None` if it is not written in this format.
    fn rewritten(&self, text: &str) -> Option<(String, i64, Option<String>)> {
        let found = self.parts.as_ref()?.captures(text)?;
        let mut days = 0;
        let mut parts: Vec<(std::ops::Range<usize>, String)> = Vec::new();
        if let (true, Some(part)) = (self.past_midnight, found.name("hour")) {
            let hour: u32 = part.as_str().parse().ok()?;
            // Cinemas count on to the small hours; 48 and more is a mistake.
            if (24..48).contains(&hour) {
                days = 1;
                parts.push((part.range(), format!("{:02}", hour - 24)));
            }
        }
        let zone = found.name("zone").filter(|_| self.names_zone);
        if let Some(part) = zone {
            parts.push((part.range(), String::new()));
        }
        let zone = zone.map(|part| part.as_str().to_owned());
        if let (true, Some(part)) = (self.zero_based_month, found.name("month")) {
            let month: u32 = part.as_str().parse().ok()?;
            parts.push((part.range(), format!("{:02}", month + 1)));
        }
        if let Some(names) = &self.names {
            for group in ["month_name", "day_name"] {
                if let Some(part) = found.name(group) {
                    let full = self.has(if group == "day_name" { 'A' } else { 'B' });
                    let name = names.english(group == "day_name", part.as_str(), full)?;
                    parts.push((part.range(), name.to_owned()));
                }
            }
        }
        // From the back, so that the places of those before stay right.
        parts.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
        let mut text = text.to_owned();
        for (range, part) in parts {
            text.replace_range(range, &part);
        }
        Some((text, days, zone))
    }

    fn has(&self, directive: char) -> bool {
        self.format.contains(&format!("%{directive}"))
    }

    /// Returns an expression that finds the parts in a text of this format.
    fn pattern(&self, format: &str) -> Result<Regex, String> {
        let mut pattern = String::from(r"^\s*");
        let mut letters = format.chars().peekable();
        while let Some(letter) = letters.next() {
            if letter.is_whitespace() {
                pattern.push_str(r"\s*");
                continue;
            }
            if letter != '%' {
                pattern.push_str(&regex::escape(&letter.to_string()));
                continue;
            }
            while letters
                .next_if(|c| ['-', '_', '0', '^', '#'].contains(c))
                .is_some()
            {}
            let names = self.names.as_ref();
            let part: Cow<'_, str> = match (letters.next(), names) {
                (Some('H'), _) => r"(?<hour>\d{1,2})".into(),
                (Some('T'), _) => r"(?<hour>\d{1,2}):\d{2}:\d{2}".into(),
                (Some('R'), _) => r"(?<hour>\d{1,2}):\d{2}".into(),
                (Some('m'), _) => r"(?<month>\d{1,2})".into(),
                (Some('Y'), _) => r"\d{4}".into(),
                (Some('y' | 'd' | 'e' | 'M' | 'S' | 'I' | 'k' | 'l'), _) => r"\s*\d{1,2}".into(),
                (Some('F'), _) => r"\d{4}-\d{2}-\d{2}".into(),
                (Some('Z'), _) => r"(?<zone>[A-Za-z]{1,6}|[+-]\d{2,4})".into(),
                (Some('a' | 'A'), Some(names)) => format!("(?<day_name>{})", names.days()).into(),
                (Some('b' | 'B' | 'h'), Some(names)) => {
                    format!("(?<month_name>{})", names.months()).into()
                }
                _ => r".+?".into(),
            };
            pattern.push_str(&part);
        }
        pattern.push_str(r"\s*$");
        let needs = |wanted: bool, group: &str, word: &str, directive: &str| {
            if wanted && !pattern.contains(&format!("?<{group}>")) {
                return Err(format!(
                    "`{word}` needs {directive}, which is not in `{format}`"
                ));
            }
            Ok(())
        };
        needs(self.past_midnight, "hour", "past_midnight", "%H")?;
        needs(self.zero_based_month, "month", "zero_based_month", "%m")?;
        Regex::new(&pattern)
            .map_err(|_| format!("the time format `{format}` names something twice"))
    }
}
