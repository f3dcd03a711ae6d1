//! The kinds of rows that a step gives, and their words.

use serde::{Deserialize, Serialize};

/// The kind of the rows of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::Type))]
#[cfg_attr(
    feature = "sqlx",
    sqlx(type_name = "step_yield", rename_all = "snake_case")
)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Yields {
    /// Cinemas of the source.
    Cinemas,
    /// Showtimes of a cinema.
    Showtimes,
    /// Seats of a showtime.
    Seats,
    /// Prices of a showtime.
    Prices,
    /// Rows that further steps fan out over: films, regions, dates. They are not stored.
    Items,
    /// Values over time: weather, views of a video, mentions of a film.
    Observations,
}

impl Yields {
    /// Returns the words for fields of this kind: the required, and the further ones.
    #[must_use]
    pub fn fields(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Cinemas => (
                &["key", "name"],
                &["timezone", "territory", "city", "latitude", "longitude"],
            ),
            Self::Showtimes => (
                &["key", "film_key", "film_title", "starts_at"],
                &[
                    "auditorium_key",
                    "auditorium_name",
                    "business_on",
                    "seats_total",
                    "seats_available",
                    "sold_out",
                    "film_original_title",
                    "film_year",
                    "film_runtime",
                    "film_director",
                    "film_distributor",
                    "film_released_on",
                ],
            ),
            Self::Seats => (
                &["key"],
                &["row", "number", "area", "kind", "group", "x", "y"],
            ),
            Self::Prices => (
                &["amount"],
                &["ticket", "area", "currency", "amount_max", "fee", "tax"],
            ),
            Self::Items => (&["key"], &[]),
            Self::Observations => (&["subject"], &["metric", "value", "at"]),
        }
    }

    /// Returns what every row hands down to the steps below, beside what it carries.
    #[must_use]
    pub fn handed_down(self) -> &'static [&'static str] {
        match self {
            Self::Cinemas => &["key", "name", "timezone", "latitude", "longitude"],
            Self::Showtimes => &["key", "film_key", "auditorium_key", "starts_at"],
            Self::Items => &["key"],
            Self::Seats | Self::Prices | Self::Observations => &[],
        }
    }

    /// Returns the kind of row that must stand somewhere above.
    #[must_use]
    pub fn belongs_to(self) -> Option<Self> {
        match self {
            Self::Cinemas | Self::Items | Self::Observations => None,
            Self::Showtimes => Some(Self::Cinemas),
            Self::Seats | Self::Prices => Some(Self::Showtimes),
        }
    }

    /// Returns whether its rows are stored under the row above, so that there is one above.
    #[must_use]
    pub fn singular_kind(self) -> bool {
        matches!(self, Self::Cinemas | Self::Showtimes)
    }

    /// Returns the word as it is written.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Cinemas => "cinemas",
            Self::Showtimes => "showtimes",
            Self::Seats => "seats",
            Self::Prices => "prices",
            Self::Items => "items",
            Self::Observations => "observations",
        }
    }
}
