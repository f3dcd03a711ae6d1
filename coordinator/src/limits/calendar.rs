//! The calendar of a limit key: the hours in which it may send, and its days.
//!
//! Pure: instants of the database's clock in, times of day and days of a zone out.
//! A permit may be used for a while after it was given, so it is given only if the whole
//! of that while lies in one day and within the hours. Then a budget of a day and the
//! hours hold on the wire, not just at the leader.

use chrono::{NaiveDate, NaiveTime, Timelike as _};
use jiff::{Timestamp, civil, tz::TimeZone};
use schema::schedule::LimitKey;

use crate::db_time::DbTime;

/// Days and hours of one zone.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    zone: TimeZone,
    hours: Option<(civil::Time, civil::Time)>,
}

impl Calendar {
    /// The calendar of a key, if it has hours or a budget of a day.
    ///
    /// A zone that this machine does not know counts as UTC; definitions are checked
    /// before they are applied.
    #[must_use]
    pub fn of(limit: &LimitKey) -> Option<Self> {
        let zone = limit.zone.as_deref()?;
        Some(Self {
            zone: TimeZone::get(zone).unwrap_or(TimeZone::UTC),
            hours: limit.opens_at.map(time).zip(limit.closes_at.map(time)),
        })
    }

    /// The day of `at`.
    #[must_use]
    pub fn day(&self, at: DbTime) -> NaiveDate {
        let on = self.local(at).date();
        let part = |value: i8| u32::try_from(value).unwrap_or(1);
        NaiveDate::from_ymd_opt(i32::from(on.year()), part(on.month()), part(on.day()))
            .unwrap_or(NaiveDate::MIN)
    }

    /// The day that contains the whole span from `from` to `until`, if there is one and the hours
    /// allow all of the span.
    #[must_use]
    pub fn open_day(&self, from: DbTime, until: DbTime) -> Option<NaiveDate> {
        let is_open = self.is_open(from) && self.is_open(until);
        let day = self.day(from);
        (is_open && day == self.day(until)).then_some(day)
    }

    /// Whether the hours allow `at`. Where they pass midnight, they begin in the evening.
    fn is_open(&self, at: DbTime) -> bool {
        let Some((opens, closes)) = self.hours else {
            return true;
        };
        let time = self.local(at).time();
        if opens < closes {
            time >= opens && time < closes
        } else {
            time >= opens || time < closes
        }
    }

    fn local(&self, at: DbTime) -> civil::DateTime {
        let instant = Timestamp::from_microsecond(at.micros()).unwrap_or(Timestamp::UNIX_EPOCH);
        self.zone.to_datetime(instant)
    }
}

fn time(of_day: NaiveTime) -> civil::Time {
    let part = |value: u32| i8::try_from(value).unwrap_or(0);
    civil::Time::new(
        part(of_day.hour()),
        part(of_day.minute()),
        part(of_day.second()),
        0,
    )
    .unwrap_or(civil::Time::MIN)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use super::*;

    fn calendar(zone: &str, hours: Option<(u32, u32)>) -> Calendar {
        let at = |hour| NaiveTime::from_hms_opt(hour, 0, 0);
        Calendar::of(&LimitKey {
            limit_key_id: 1,
            name: "host".to_owned(),
            rate_per_second: 1.0,
            burst: 1,
            concurrency: None,
            paused_until: None,
            rate_share: 1.0,
            per_day: None,
            day_on: None,
            day_reserved: 0,
            opens_at: hours.and_then(|(opens, _)| at(opens)),
            closes_at: hours.and_then(|(_, closes)| at(closes)),
            zone: Some(zone.to_owned()),
        })
        .unwrap()
    }

    fn time_of(text: &str) -> DbTime {
        DbTime::from_micros(text.parse::<Timestamp>().unwrap().as_microsecond())
    }

    fn is_open(calendar: &Calendar, text: &str) -> bool {
        calendar.open_day(time_of(text), time_of(text)).is_some()
    }

    #[test]
    fn a_day_is_that_of_the_zone() {
        let seoul = calendar("Asia/Seoul", None);
        let day = |text| seoul.day(time_of(text)).to_string();
        assert_eq!(day("2026-11-21T14:59:59Z"), "2026-11-21");
        assert_eq!(day("2026-11-21T15:00:00Z"), "2026-11-22");
    }

    #[test]
    fn nights_begin_in_the_evening_and_end_in_the_morning() {
        let nights = calendar("Asia/Seoul", Some((22, 6)));
        assert!(is_open(&nights, "2026-11-21T13:00:00Z"), "22:00");
        assert!(is_open(&nights, "2026-11-21T20:59:59Z"), "05:59");
        assert!(!is_open(&nights, "2026-11-21T21:00:00Z"), "06:00");
        assert!(!is_open(&nights, "2026-11-21T12:59:59Z"), "21:59");
        let days = calendar("UTC", Some((6, 22)));
        assert!(is_open(&days, "2026-11-21T06:00:00Z"));
        assert!(!is_open(&days, "2026-11-21T22:00:00Z"));
    }

    /// Invariant 3: what is permitted just before the end arrives after it.
    #[test]
    fn nothing_is_permitted_that_may_arrive_on_another_day_or_when_it_is_closed() {
        let utc = calendar("UTC", None);
        let before = time_of("2026-11-21T23:59:58Z");
        let second = Duration::from_secs(1);
        assert!(utc.open_day(before, before + second).is_some());
        assert_eq!(utc.open_day(before, before + 2 * second), None);
        let days = calendar("UTC", Some((6, 22)));
        let before = time_of("2026-11-21T21:59:58Z");
        assert!(days.open_day(before, before + second).is_some());
        assert_eq!(days.open_day(before, before + 2 * second), None);
    }

    #[test]
    fn a_day_on_which_clocks_change_is_one_day() {
        let berlin = calendar("Europe/Berlin", None);
        let day = |text| berlin.day(time_of(text)).to_string();
        assert_eq!(day("2026-10-24T22:00:00Z"), "2026-10-25");
        assert_eq!(day("2026-10-25T22:59:59Z"), "2026-10-25");
        assert_eq!(day("2026-10-25T23:00:00Z"), "2026-10-26");
    }
}
