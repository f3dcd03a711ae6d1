//! Earlier forecasts with what came: what later ones learn from.

use chrono::NaiveDate;

use crate::distribution::Predictive;

/// Where a work is in its release when the forecast is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// No admissions of it are known.
    New,
    /// Its first week.
    Opening,
    /// Later.
    Running,
}

impl Phase {
    /// Phase by number, as it is stored; later ones for larger numbers.
    #[must_use]
    pub fn from_number(number: i16) -> Self {
        match number {
            0 => Self::New,
            1 => Self::Opening,
            _ => Self::Running,
        }
    }

    /// The number by which it is stored.
    #[must_use]
    pub fn number(self) -> i16 {
        match self {
            Self::New => 0,
            Self::Opening => 1,
            Self::Running => 2,
        }
    }
}

/// A forecast of a showtime that was made earlier, with what came.
#[derive(Debug, Clone, PartialEq)]
pub struct PastForecast {
    /// Business day of the showtime.
    pub on: NaiveDate,
    /// Whole days from the origin to it.
    pub days: i64,
    /// Hours from the forecast to the start.
    pub lead_hours: f64,
    /// Phase of the work.
    pub phase: Phase,
    /// Level before any sales.
    pub level: f64,
    /// What was sold for the work by then, against what was expected.
    pub presale: f64,
    /// Seats sold when it was made, if they were known.
    pub sold: Option<u16>,
    /// The distribution that was forecast, before its recalibration.
    pub predictive: Predictive,
    /// Share of `predictive` below what came, half of that on it; see [`Predictive::rank`].
    pub rank: f64,
    /// What came.
    pub admissions: u16,
}

/// A forecast of a work by territory and day that was made earlier, with what came.
#[derive(Debug, Clone, PartialEq)]
pub struct PastTotal {
    /// The business day.
    pub on: NaiveDate,
    /// Whole days from the origin to it.
    pub days: i64,
    /// Phase of the work.
    pub phase: Phase,
    /// Seats sold at the origin for the day.
    pub sold: u32,
    /// What was expected: listed and not listed.
    pub expected: f64,
    /// Share of the distribution below what came, half of that on it.
    pub rank: f64,
    /// What came.
    pub admissions: u32,
}
