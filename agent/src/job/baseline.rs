//! The baseline of a task, converted from the types of the database to those of the definition
//! language.

use chrono::{Datelike as _, NaiveDate};
use jiff::{Timestamp, civil::Date};
use schema::{
    baseline::{StoredListing, StoredShowtime},
    queue::StoredBaseline,
};
use source_language::expect::{Baseline, LabelUse, ListingBaseline, ShowtimeBaseline};

/// Converts the baseline of a showtime or its auditorium.
pub(super) fn of_showtime(stored: &StoredBaseline) -> Baseline {
    let count = |count: Option<i16>| usize::try_from(count?).ok();
    Baseline {
        seat_count: count(stored.seat_count),
        sold: count(stored.sold),
        unmapped: count(stored.unmapped),
        labels: stored.repeated_labels.map(|repeated| LabelUse {
            repeated,
            fields: stored.label_fields.unwrap_or_default(),
        }),
        price_median: stored.price_median,
    }
}

/// Converts what a task listed last. A time that the language cannot represent is left out.
pub(super) fn of_listing(stored: StoredListing) -> ListingBaseline {
    let showtime = |row: StoredShowtime| {
        Some(ShowtimeBaseline {
            key: row.key,
            starts_at: Timestamp::from_microsecond(row.starts_at.timestamp_micros()).ok()?,
            business_on: date(row.business_on)?,
        })
    };
    ListingBaseline {
        cinemas: stored.cinemas,
        showtimes: stored.showtimes.into_iter().filter_map(showtime).collect(),
        fields: stored.fields,
    }
}

/// Converts a day; `None` if the language cannot represent it.
pub(super) fn date(day: NaiveDate) -> Option<Date> {
    let (year, month, day) = (day.year(), day.month(), day.day());
    Date::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
    )
    .ok()
}
