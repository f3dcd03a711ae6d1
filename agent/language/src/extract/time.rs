//! Times: formats, zones, hours past midnight.

use std::borrow::Cow;

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, DateTime},
    fmt::strtime::BrokenDownTime,
    tz::{Disambiguation, Offset, TimeZone},
};

use super::given::Given;
use crate::definition::{FieldTable, Fold, Year, Zone};

mod instant;
mod names;
mod refusal;
mod written;

#[cfg(test)]
mod tests;

use instant::{OffsetNames, Rfc3339};
use written::Written;

/// How a time is read.
#[derive(Debug)]
pub(crate) struct TimePlan {
    formats: Vec<Format>,
    zone: Zone,
    fold: Disambiguation,
    year: Option<Year>,
    /// Words for days and how far they are from the day of the answer, the longest first.
    relative_days: Vec<(String, i16)>,
    /// Hours before it belong to the day before.
    day_starts_at: i8,
    offsets: OffsetNames,
}

#[derive(Debug)]
enum Format {
    Rfc3339,
    EpochSeconds,
    EpochMilliseconds,
    Written(Box<Written>),
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
            _ => Written::compile(format, words).map(|plan| Format::Written(Box::new(plan))),
        };
        let day_starts_at = words.day_starts_at.unwrap_or(0);
        if words.day_starts_at.is_some() && !(1..=12).contains(&day_starts_at) {
            return Err("`day_starts_at` is an hour from 1 to 12".to_owned());
        }
        let mut relative_days: Vec<_> = words.relative_days.clone().into_iter().collect();
        relative_days.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        if relative_days.iter().any(|(word, _)| word.trim().is_empty()) {
            return Err("a word of `relative_days` is empty".to_owned());
        }
        Ok(Self {
            relative_days,
            day_starts_at,
            offsets: OffsetNames::compile(&words.offsets)?,
            formats: words
                .formats
                .0
                .iter()
                .map(compile)
                .collect::<Result<_, _>>()?,
            year: words.year,
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
        let text = &self.dated(text, given)?;
        self.first(text, |format| self.read(format, text, given))
    }

    /// Reads a day.
    pub(crate) fn date(&self, text: &str, given: &Given<'_>) -> Result<Date, String> {
        let text = &self.dated(text, given)?;
        self.first(text, |format| match format {
            Format::Written(written) => {
                let read = written.parse(text)?.time;
                self.with_year(read, given)?.to_date()
            }
            Format::Rfc3339 if !self.is_instant() => Rfc3339::date(text),
            // The day of an instant is that of the cinema's clock.
            Format::Rfc3339 | Format::EpochSeconds | Format::EpochMilliseconds => {
                let at = self.read(format, text, given)?.at;
                instant::day(at, given.timezone, self.day_starts_at)
            }
        })
    }

    /// Puts the date in place of a word that stands for it, by the calendar of the cinema.
    fn dated<'t>(&self, text: &'t str, given: &Given<'_>) -> Result<Cow<'t, str>, String> {
        let mut words = self.relative_days.iter();
        let Some((word, days)) = words.find(|(word, _)| text.contains(word.as_str())) else {
            return Ok(text.into());
        };
        let today = given.received_at.to_zoned(given.timezone.clone()).date();
        let date = today.checked_add(i64::from(*days).days());
        let date = date.map_err(|_| format!("the date {days} days after today is out of range"))?;
        Ok(text.replacen(word, &date.to_string(), 1).into())
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
        let problem = problem.map_or_else(
            || "there is no format".to_owned(),
            |error| refusal::problem(&error, &self.formats),
        );
        Err(format!(
            "`{}` is not a time: {problem}",
            crate::wording::shown(text)
        ))
    }

    /// Returns whether a time with an offset, or in UTC, is an instant: what the clock of
    /// the cinema shows then follows from it, and not the other way.
    fn is_instant(&self) -> bool {
        matches!(self.zone, Zone::Offset | Zone::Utc)
    }

    fn read(&self, format: &Format, text: &str, given: &Given<'_>) -> Result<Moment, jiff::Error> {
        let number = || {
            let number = text.trim().parse::<i64>();
            number.map_err(|_| jiff::Error::from_args(format_args!("it is no whole number")))
        };
        let instant = |at| {
            Ok(Moment {
                at,
                business_on: instant::business_day(at, given.timezone, self.day_starts_at)?,
            })
        };
        match format {
            Format::EpochSeconds => instant(Timestamp::from_second(number()?)?),
            Format::EpochMilliseconds => instant(Timestamp::from_millisecond(number()?)?),
            Format::Rfc3339 => {
                let read = Rfc3339::read(text)?;
                if self.is_instant() {
                    return instant(read.instant()?);
                }
                self.by_the_clock(read.local, 0, read.offset, given.timezone)
            }
            Format::Written(written) => {
                let read = written.parse(text)?;
                let time = self.with_year(read.time, given)?;
                let local = time.to_datetime()?;
                let offset = match (&read.zone, self.zone) {
                    (Some(name), Zone::Offset | Zone::Venue) => {
                        Some(self.offsets.find(name, local, given.timezone)?)
                    }
                    _ => time.offset(),
                };
                if !self.is_instant() {
                    return self.by_the_clock(local, read.days, offset, given.timezone);
                }
                let later = local.checked_add(read.days.days())?;
                let offset = if self.zone == Zone::Utc {
                    Offset::UTC
                } else {
                    offset
                        .ok_or_else(|| jiff::Error::from_args(format_args!("it has no offset")))?
                };
                let moment = instant(offset.to_timestamp(later)?)?;
                let of_date = (read.days > 0).then(|| local.date());
                Ok(Moment {
                    business_on: of_date.or(moment.business_on),
                    ..moment
                })
            }
        }
    }

    /// Returns the instant at which the clock of the cinema shows `local`, or so many days
    /// later; an hour before that at which the day starts is of the day after its date.
    fn by_the_clock(
        &self,
        local: DateTime,
        days: i64,
        offset: Option<Offset>,
        venue: &TimeZone,
    ) -> Result<Moment, jiff::Error> {
        let is_early = days == 0 && local.hour() < self.day_starts_at;
        let days = if is_early { 1 } else { days };
        let later = local.checked_add(days.days())?;
        let offset = offset.filter(|_| self.zone == Zone::Venue);
        let at = match offset {
            // If an hour comes twice, the offset decides which one is meant.
            Some(offset) if venue.to_offset(offset.to_timestamp(later)?) == offset => {
                offset.to_timestamp(later)?
            }
            _ => self.place(later, venue)?,
        };
        instant::agrees(at, offset, venue)?;
        Ok(Moment {
            at,
            business_on: (days > 0).then(|| local.date()),
        })
    }

    /// Gives a time that is written without a year the one that is meant.
    fn with_year(
        &self,
        mut read: BrokenDownTime,
        given: &Given<'_>,
    ) -> Result<BrokenDownTime, jiff::Error> {
        let (Some(Year::Nearest), None) = (self.year, read.year()) else {
            return Ok(read);
        };
        let today = given.received_at.to_zoned(given.timezone.clone()).date();
        let (from, to) = (
            today.checked_sub(2.months())?,
            today.checked_add(10.months())?,
        );
        for year in [today.year() - 1, today.year(), today.year() + 1] {
            read.set_year(Some(year))?;
            // The weekday may be written, and must then be right.
            if read.to_date().is_ok_and(|date| from <= date && date < to) {
                return Ok(read);
            }
        }
        Err(jiff::Error::from_args(format_args!(
            "no year puts it between {from} and {to}"
        )))
    }

    fn place(&self, local: DateTime, venue: &TimeZone) -> Result<Timestamp, jiff::Error> {
        venue.to_ambiguous_timestamp(local).disambiguate(self.fold)
    }
}
