//! Times: formats, zones, hours past midnight.

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, DateTime},
    fmt::strtime::BrokenDownTime,
    tz::{Disambiguation, TimeZone},
};
use regex::Regex;

use super::given::Given;
use crate::definition::{FieldTable, Fold, Zone};

/// How a time is read.
#[derive(Debug)]
pub(crate) struct TimePlan {
    formats: Vec<Format>,
    zone: Zone,
    fold: Disambiguation,
}

#[derive(Debug)]
enum Format {
    Rfc3339,
    EpochSeconds,
    EpochMilliseconds,
    /// A format of `strptime`, and where its hour stands if that may pass 23.
    Written {
        format: String,
        hour: Option<Regex>,
    },
}

/// A time as it was read.
#[derive(Debug, PartialEq)]
pub(crate) struct Moment {
    /// The instant.
    pub(crate) at: Timestamp,
    /// The day to which the source counts it, if its hour is past midnight.
    pub(crate) business_on: Option<Date>,
}

impl TimePlan {
    /// Compiles the words of a time.
    pub(crate) fn compile(words: &FieldTable) -> Result<Self, String> {
        let compile = |format: &String| match format.as_str() {
            "rfc3339" => Ok(Format::Rfc3339),
            "epoch_seconds" => Ok(Format::EpochSeconds),
            "epoch_milliseconds" => Ok(Format::EpochMilliseconds),
            _ => Format::written(format, words.past_midnight),
        };
        Ok(Self {
            formats: words
                .formats
                .0
                .iter()
                .map(compile)
                .collect::<Result<_, _>>()?,
            zone: words.zone.unwrap_or(Zone::Venue),
            fold: match words.fold {
                Fold::Compatible => Disambiguation::Compatible,
                Fold::Earlier => Disambiguation::Earlier,
                Fold::Later => Disambiguation::Later,
                Fold::Error => Disambiguation::Reject,
            },
        })
    }

    /// Reads an instant; local times are by the clock of the cinema.
    pub(crate) fn moment(&self, text: &str, given: &Given<'_>) -> Result<Moment, String> {
        let venue = given.timezone;
        self.first(text, |format| self.read(format, text, venue))
    }

    /// Reads a day.
    pub(crate) fn date(&self, text: &str, _given: &Given<'_>) -> Result<Date, String> {
        self.first(text, |format| match format {
            Format::Written { format, .. } => BrokenDownTime::parse(format, text)?.to_date(),
            Format::Rfc3339 => text.parse(),
            Format::EpochSeconds | Format::EpochMilliseconds => {
                Err(jiff::Error::from_args(format_args!("an instant is no day")))
            }
        })
    }

    /// Returns what the first format that fits gives, or why the last one does not.
    fn first<T>(
        &self,
        text: &str,
        mut read: impl FnMut(&Format) -> Result<T, jiff::Error>,
    ) -> Result<T, String> {
        let mut problem = None;
        for format in &self.formats {
            match read(format) {
                Ok(value) => return Ok(value),
                Err(error) => problem = Some(error),
            }
        }
        let problem = problem.map_or_else(|| "there is no format".to_owned(), |e| e.to_string());
        Err(format!(
            "`{}` is not a time: {problem}",
            text.chars().take(60).collect::<String>()
        ))
    }

    fn read(&self, format: &Format, text: &str, venue: &TimeZone) -> Result<Moment, jiff::Error> {
        let at = |at| Moment {
            at,
            business_on: None,
        };
        let number = || {
            text.parse::<i64>()
                .map_err(|_| jiff::Error::from_args(format_args!("not a whole number")))
        };
        match format {
            Format::EpochSeconds => Timestamp::from_second(number()?).map(at),
            Format::EpochMilliseconds => Timestamp::from_millisecond(number()?).map(at),
            Format::Rfc3339 => match self.zone {
                Zone::Offset | Zone::Utc => text.parse().map(at),
                Zone::Venue | Zone::IgnoreOffset => {
                    let local = jiff::fmt::temporal::DateTimeParser::new().parse_datetime(text)?;
                    self.place(local, venue).map(at)
                }
            },
            Format::Written { format, hour } => match BrokenDownTime::parse(format, text) {
                Ok(read) => self.instant(&read, 0, venue).map(at),
                Err(error) => {
                    let Some((text, days)) = hour.as_ref().and_then(|hour| fold_hour(hour, text))
                    else {
                        return Err(error);
                    };
                    let read = BrokenDownTime::parse(format, text)?;
                    let business_on = Some(read.to_date()?);
                    Ok(Moment {
                        at: self.instant(&read, days, venue)?,
                        business_on,
                    })
                }
            },
        }
    }

    fn instant(
        &self,
        read: &BrokenDownTime,
        days: i64,
        venue: &TimeZone,
    ) -> Result<Timestamp, jiff::Error> {
        let local = read.to_datetime()?.checked_add(days.days())?;
        match self.zone {
            Zone::Utc => local.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()),
            Zone::Venue | Zone::IgnoreOffset => self.place(local, venue),
            Zone::Offset => match read.offset() {
                Some(offset) => offset.to_timestamp(local),
                None => Err(jiff::Error::from_args(format_args!("it has no offset"))),
            },
        }
    }

    fn place(&self, local: DateTime, venue: &TimeZone) -> Result<Timestamp, jiff::Error> {
        venue.to_ambiguous_timestamp(local).disambiguate(self.fold)
    }
}

impl Format {
    fn written(format: &str, past_midnight: bool) -> Result<Self, String> {
        // A format that cannot read what it writes has a mistake in it.
        let sample = jiff::civil::date(2026, 11, 21)
            .at(19, 30, 0, 0)
            .to_zoned(TimeZone::UTC);
        let written = sample.map_err(|error| error.to_string())?;
        let written = jiff::fmt::strtime::format(format, &written)
            .map_err(|error| format!("the time format `{format}` is broken: {error}"))?;
        BrokenDownTime::parse(format, &written)
            .map_err(|error| format!("the time format `{format}` cannot be read: {error}"))?;
        let hour = past_midnight.then(|| hour_of(format)).transpose()?;
        Ok(Self::Written {
            format: format.to_owned(),
            hour,
        })
    }
}

/// Returns an expression that finds the hour in a text of this format.
fn hour_of(format: &str) -> Result<Regex, String> {
    let mut pattern = String::from("^");
    let mut letters = format.chars();
    let mut has_hour = false;
    while let Some(letter) = letters.next() {
        if letter != '%' {
            pattern.push_str(&regex::escape(&letter.to_string()));
            continue;
        }
        pattern.push_str(match letters.next() {
            Some('H') => {
                has_hour = true;
                r"(\d{1,2})"
            }
            Some('Y') => r"\d{4}",
            Some('y' | 'm' | 'd' | 'M' | 'S') => r"\d{1,2}",
            Some('T') => {
                has_hour = true;
                r"(\d{1,2}):\d{2}:\d{2}"
            }
            Some('F') => r"\d{4}-\d{2}-\d{2}",
            _ => r".+?",
        });
    }
    pattern.push('$');
    if !has_hour {
        return Err(format!(
            "`past_midnight` needs %H, which is not in `{format}`"
        ));
    }
    Regex::new(&pattern).map_err(|error| error.to_string())
}

/// Returns the text with its hour below 24, and the days that this takes off.
fn fold_hour(hour: &Regex, text: &str) -> Option<(String, i64)> {
    let found = hour.captures(text)?.get(1)?;
    let hours: i64 = found.as_str().parse().ok()?;
    // Cinemas count on to the small hours; 48 and more is a mistake.
    if !(24..48).contains(&hours) {
        return None;
    }
    let (before, after) = (text.get(..found.start())?, text.get(found.end()..)?);
    Some((format!("{before}{:02}{after}", hours - 24), 1))
}
