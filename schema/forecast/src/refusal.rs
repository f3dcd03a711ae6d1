//! Why nothing is forecast.

use thiserror::Error;

/// A reason for which the data cannot carry a forecast.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Too few showtimes are over.
    #[error(
        "only {found} finished showtimes are known, {needed} are needed: wait until more are over"
    )]
    TooFewShowtimes {
        /// Showtimes that are over.
        found: usize,
        /// Showtimes that are needed.
        needed: usize,
    },
    /// No work has sold as long before its release and has run since.
    #[error(
        "only {found} works with sales {days} days before their release are comparable, {needed} are needed: wait until more opening weeks are over"
    )]
    TooFewComparables {
        /// Comparable works.
        found: usize,
        /// Comparable works that are needed.
        needed: usize,
        /// Days before the release.
        days: i64,
    },
    /// Too little of it is sold.
    #[error("only {sold} seats are sold, {needed} are needed: wait until more are sold")]
    TooFewSales {
        /// Seats sold.
        sold: u32,
        /// Seats that are needed.
        needed: u32,
    },
    /// The release is not known.
    #[error("no first day is known in the territory: add it to the list of works")]
    NoRelease,
    /// The release is past.
    #[error("it is released: see its forecast by territory and day")]
    Released,
    /// The comparable works went so differently that they say nothing.
    #[error(
        "its 80 % interval by comparable works is {factor} times as high at its upper end as at its lower, {allowed} times are allowed: wait for the sales of another day"
    )]
    TooWide {
        /// Upper end of the 80 % interval over its lower end.
        factor: u32,
        /// The most that is allowed.
        allowed: u32,
    },
    /// Too few cinemas of the stratum and of all broader ones have seat maps.
    #[error("only {found} cinemas with seat maps are in the territory, {needed} are needed")]
    TooFewCinemas {
        /// Cinemas with seat maps.
        found: usize,
        /// Cinemas that are needed.
        needed: usize,
    },
}
