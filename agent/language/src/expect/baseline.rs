//! The baseline: the earlier state with which an answer is compared.

use jiff::{Timestamp, civil::Date};

/// The earlier state of a showtime, or else of its auditorium. `None` means unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Baseline {
    /// Seats of the map.
    pub seat_count: Option<usize>,
    /// Of these sold; never of another showtime.
    pub sold: Option<usize>,
    /// Of these with a code that nothing mapped; never of another showtime.
    pub unmapped: Option<usize>,
    /// The state of its labels.
    pub labels: Option<LabelUse>,
    /// Median amount of the prices, in major units.
    pub price_median: Option<f64>,
}

/// The state of the labels of a layout.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LabelUse {
    /// Seats that share row, number and area with another.
    pub repeated: i16,
    /// Labels that nearly all seats have, as a sum of 1 for the row, 2 for the number, 4 for
    /// the area and 8 for the kind.
    pub fields: i16,
}

/// The last rows of a task that lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListingBaseline {
    /// Keys of the cinemas that it listed.
    pub cinemas: Vec<String>,
    /// Showtimes that it listed and that are still to come.
    pub showtimes: Vec<ShowtimeBaseline>,
    /// Optional fields for which nearly all rows had a value.
    pub fields: Vec<String>,
}

/// A showtime that a task listed and that is still to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShowtimeBaseline {
    /// The source's own key.
    pub key: String,
    /// When it starts, as far as was known.
    pub starts_at: Timestamp,
    /// The cinema's business day.
    pub business_on: Date,
}
