//! What a caller gives: showtimes, counts of sold seats, admissions, weather and holidays.

use std::collections::HashSet;

use chrono::{DateTime, Datelike, NaiveDate, Utc, Weekday};

/// A territory: the two letters of its ISO 3166 code as a number, see [`territory`].
pub type Territory = u16;

/// The territory of a code of two letters.
///
/// ```
/// assert_eq!(forecast::territory(*b"GB").to_be_bytes(), *b"GB");
/// ```
#[must_use]
pub const fn territory(code: [u8; 2]) -> Territory {
    u16::from_be_bytes(code)
}

/// A showtime as its source lists it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    /// Its key.
    pub showtime: i32,
    /// The film across all sources.
    pub work: i32,
    /// The cinema.
    pub cinema: i32,
    /// Territory of the cinema.
    pub territory: Territory,
    /// Distributor of the work; 0 if it is not known.
    pub distributor: i32,
    /// A code of the format, such as 0 for plain and 1 for a premium screen.
    pub format: u8,
    /// First day of the work in the territory, if it is known.
    pub released_on: Option<NaiveDate>,
    /// When it starts.
    pub starts_at: DateTime<Utc>,
    /// Its business day.
    pub on: NaiveDate,
    /// Minutes from the local midnight of the business day to the start.
    pub minute: u16,
    /// Seats of the auditorium, if they are known.
    pub seats: Option<u16>,
}

/// A count of the seats that are sold before the start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Count {
    /// The showtime.
    pub showtime: i32,
    /// Seats sold.
    pub sold: u16,
}

/// The admissions of a showtime that is over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// The showtime.
    pub showtime: i32,
    /// Seats taken.
    pub admissions: u16,
}

/// Weather of a territory and day, measured or forecast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weather {
    /// The territory.
    pub territory: Territory,
    /// The business day.
    pub on: NaiveDate,
    /// How far the day invites people outdoors: standard deviations from what is usual in the season.
    pub outdoor: f64,
}

/// Public and school holidays by territory, known long before.
#[derive(Debug, Clone, Default)]
pub struct Holidays {
    days: HashSet<(Territory, NaiveDate)>,
}

impl Holidays {
    /// Adds a holiday of a territory.
    pub fn insert(&mut self, territory: Territory, on: NaiveDate) {
        self.days.insert((territory, on));
    }

    /// Whether the day is a holiday.
    #[must_use]
    pub fn contains(&self, territory: Territory, on: NaiveDate) -> bool {
        self.days.contains(&(territory, on))
    }
}

impl FromIterator<(Territory, NaiveDate)> for Holidays {
    fn from_iter<I: IntoIterator<Item = (Territory, NaiveDate)>>(days: I) -> Self {
        Self {
            days: days.into_iter().collect(),
        }
    }
}

impl Listing {
    /// Part of the day: 0 before 13:00, then before 16:00, 18:30 and 21:00; 4 later.
    #[must_use]
    pub fn daypart(&self) -> usize {
        [780, 960, 1110, 1260]
            .iter()
            .filter(|edge| self.minute >= **edge)
            .count()
    }

    /// Whole weeks since the release; `None` if the release is not known or still to come.
    #[must_use]
    pub fn week(&self) -> Option<i64> {
        let days = self.on.signed_duration_since(self.released_on?).num_days();
        (days >= 0).then_some(days / 7)
    }
}

/// Whether a day is a Saturday or a Sunday.
#[must_use]
pub fn is_weekend(on: NaiveDate) -> bool {
    matches!(on.weekday(), Weekday::Sat | Weekday::Sun)
}
