//! The origin of a forecast: the moment that divides what may be read from what may not.
//!
//! A record is wrapped in [`Recorded`] with the moment at which it was stored. Its value can be
//! read only by naming an [`Origin`], so a forecast cannot read what came later.

use chrono::{DateTime, NaiveDate, Utc};

/// The moment at which a forecast is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The moment.
    pub at: DateTime<Utc>,
    /// The business day that it falls on.
    pub on: NaiveDate,
}

impl Origin {
    /// An origin at a moment of the business day `on`.
    #[must_use]
    pub fn new(at: DateTime<Utc>, on: NaiveDate) -> Self {
        Self { at, on }
    }

    /// Whole days from the origin to a business day: 0 for the same day, negative before it.
    #[must_use]
    pub fn days_to(self, on: NaiveDate) -> i64 {
        on.signed_duration_since(self.on).num_days()
    }
}

/// A value with the moment at which it was stored.
///
/// ```
/// use chrono::{DateTime, NaiveDate, TimeDelta};
/// use forecast::{Origin, Recorded};
///
/// let at = DateTime::UNIX_EPOCH;
/// let origin = Origin::new(at, NaiveDate::default());
/// assert_eq!(Recorded::new(at, 7).as_of(origin), Some(&7));
/// assert_eq!(Recorded::new(at + TimeDelta::seconds(1), 7).as_of(origin), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recorded<T> {
    at: DateTime<Utc>,
    value: T,
}

impl<T> Recorded<T> {
    /// A value that was stored at `at`.
    #[must_use]
    pub fn new(at: DateTime<Utc>, value: T) -> Self {
        Self { at, value }
    }

    /// The value, if it was stored by the origin.
    #[must_use]
    pub fn as_of(&self, origin: Origin) -> Option<&T> {
        (self.at <= origin.at).then_some(&self.value)
    }

    /// When it was stored, if that was by the origin.
    #[must_use]
    pub fn stored_at(&self, origin: Origin) -> Option<DateTime<Utc>> {
        (self.at <= origin.at).then_some(self.at)
    }
}
