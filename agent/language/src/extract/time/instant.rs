//! Which instant a time is that is written with an offset, or with the name of one.
//!
//! An offset that contradicts the clock of the cinema is not passed over: the definition
//! says which of the two is right.

use std::collections::BTreeMap;

use jiff::{
    Error, Timestamp, ToSpan,
    civil::{Date, DateTime},
    fmt::{strtime::BrokenDownTime, temporal::Pieces},
    tz::{AmbiguousOffset, Offset, TimeZone},
};

/// Names of UTC, wherever the cinema is.
const OF_UTC: [&str; 4] = ["UTC", "GMT", "UT", "Z"];

/// A time in RFC 3339, taken apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rfc3339 {
    /// What a clock shows.
    pub(super) local: DateTime,
    /// The offset that is written, `Z` among them.
    pub(super) offset: Option<Offset>,
}

impl Rfc3339 {
    /// Reads a time with or without an offset.
    pub(super) fn read(text: &str) -> Result<Self, Error> {
        let pieces = pieces(text)?;
        let time = pieces.time();
        let time = time.ok_or_else(|| Error::from_args(format_args!("it has no time of day")))?;
        Ok(Self {
            local: pieces.date().to_datetime(time),
            offset: pieces.to_numeric_offset(),
        })
    }

    /// Reads the date of a time, or a date alone.
    pub(super) fn date(text: &str) -> Result<Date, Error> {
        pieces(text).map(|pieces| pieces.date())
    }

    /// Returns the instant that the offset gives.
    pub(super) fn instant(self) -> Result<Timestamp, Error> {
        match self.offset {
            Some(offset) => offset.to_timestamp(self.local),
            None => Err(Error::from_args(format_args!("it has no offset"))),
        }
    }
}

fn pieces(text: &str) -> Result<Pieces<'_>, Error> {
    Pieces::parse(text.trim()).map_err(|_| {
        Error::from_args(format_args!(
            "it is not written such as 2026-11-21T19:30:00Z"
        ))
    })
}

/// Refuses an offset that the clock at `venue` does not have at that time: then it is the
/// offset that is right, or the clock.
pub(super) fn agrees(at: Timestamp, offset: Option<Offset>, venue: &TimeZone) -> Result<(), Error> {
    let own = venue.to_offset(at);
    match offset {
        Some(offset) if offset != own => Err(Error::from_args(format_args!(
            "its offset is {offset}, and that of the cinema is {own}: say \
             `zone = \"offset\"` or `zone = \"ignore_offset\"`"
        ))),
        _ => Ok(()),
    }
}

/// Returns the day to which a cinema counts an instant whose hour is before that at which its
/// day starts; none for others, which are of the day on which they are.
pub(super) fn business_day(
    at: Timestamp,
    venue: &TimeZone,
    day_starts_at: i8,
) -> Result<Option<Date>, Error> {
    let local = venue.to_datetime(at);
    let is_before = local.hour() < day_starts_at;
    is_before
        .then(|| local.date().checked_sub(1.day()))
        .transpose()
}

/// Returns the day on which an instant is, by the clock of the cinema.
pub(super) fn day(at: Timestamp, venue: &TimeZone, day_starts_at: i8) -> Result<Date, Error> {
    let before = business_day(at, venue, day_starts_at)?;
    Ok(before.unwrap_or_else(|| venue.to_datetime(at).date()))
}

/// Names of offsets such as `CET`, and what each stands for.
#[derive(Debug, Default)]
pub(super) struct OffsetNames(Vec<(String, Offset)>);

impl OffsetNames {
    /// Compiles the words.
    ///
    /// # Errors
    ///
    /// The problem, in a sentence.
    pub(super) fn compile(words: &BTreeMap<String, String>) -> Result<Self, String> {
        let read = |(name, offset): (&String, &String)| {
            let read = BrokenDownTime::parse("%:z", offset).ok();
            let read = read.and_then(|read| read.offset());
            read.map(|read| (name.clone(), read))
                .ok_or_else(|| format!("`{offset}` is no offset: write such as \"+01:00\""))
        };
        words.iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Returns the offset that `name` stands for at this time of the clock at `venue`: by
    /// the definition, or UTC, or because the clock is called so then.
    pub(super) fn find(
        &self,
        name: &str,
        local: DateTime,
        venue: &TimeZone,
    ) -> Result<Offset, Error> {
        if let Some((_, offset)) = self.0.iter().find(|(known, _)| known == name) {
            return Ok(*offset);
        }
        if OF_UTC.contains(&name) {
            return Ok(Offset::UTC);
        }
        let candidates = match venue.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => [offset, offset],
            AmbiguousOffset::Gap { before, after } | AmbiguousOffset::Fold { before, after } => {
                [before, after]
            }
        };
        for offset in candidates {
            let at = offset.to_timestamp(local)?;
            let info = venue.to_offset_info(at);
            if info.offset() == offset && info.abbreviation() == name {
                return Ok(offset);
            }
        }
        Err(Error::from_args(format_args!(
            "the clock of the cinema is not called `{name}` then: say such as \
             `offsets = {{ {name} = \"+01:00\" }}`"
        )))
    }
}
