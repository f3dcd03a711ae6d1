//! Totals by day that films and cinemas share.

use chrono::NaiveDate;
use schema::reading::totals::{self, WeekHour};

use super::list::response_of;

response_of! {
    /// Totals of a business day in one currency.
    DayTotal from totals::DayTotal {
        /// The business day.
        business_on: NaiveDate,
        /// ISO 4217 code; `XXX` for the showtimes whose prices were not seen.
        currency: String,
        /// Showtimes whose seats were seen and that were not cancelled.
        showtimes: i64,
        /// Showtimes that were cancelled.
        cancelled: i64,
        /// Showtimes that were looked at within 15 minutes of their start on both sides.
        exact: i64,
        /// Seats.
        seats: i64,
        /// Admissions; of showtimes that are still to come, the seats sold so far.
        admissions: i64,
        /// Admissions times the median price, in major units, as text.
        gross: Option<String>,
    }
}

response_of! {
    /// Showtimes that start at one hour of one weekday.
    WeekHourTotal from WeekHour {
        /// Weekday of the business day: 1 is Monday, 7 is Sunday.
        weekday: i32,
        /// Hour of the start, in the cinema's zone.
        hour: i32,
        /// Showtimes whose seats were seen.
        showtimes: i64,
        /// Seats sold.
        sold: i64,
        /// Seats.
        seats: i64,
    }
}
