//! Everything that was recorded, and the part of it that was known at an origin.
//!
//! [`History`] holds dated records and gives them out only as [`Known`], which is the one input of
//! every forecast and every baseline.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::{
    origin::{Origin, Recorded},
    past::{PastForecast, PastTotal},
    record::{Count, Holidays, Listing, Outcome, Territory, Weather},
};

/// Days back to which earlier forecasts are learnt from.
pub const PAST_DAYS: i64 = 35;

/// A map that is walked in the order of its keys, so that sums are the same to the last digit.
pub(crate) type Map<K, V> = BTreeMap<K, V>;

/// Dated records of any order.
#[derive(Debug, Default)]
pub struct History {
    /// Showtimes, from when they were first listed.
    pub listings: Vec<Recorded<Listing>>,
    /// Counts of sold seats.
    pub counts: Vec<Recorded<Count>>,
    /// Admissions.
    pub outcomes: Vec<Recorded<Outcome>>,
    /// Weather; of several records of a day the latest holds.
    pub weather: Vec<Recorded<Weather>>,
    /// Earlier forecasts of showtimes with what came, from when it came.
    pub past: Vec<Recorded<PastForecast>>,
    /// Earlier forecasts of works by territory and day with what came.
    pub past_totals: Vec<Recorded<PastTotal>>,
    /// Holidays.
    pub holidays: Holidays,
}

/// A showtime as it was known at an origin.
#[derive(Debug, Clone)]
pub struct KnownShowtime {
    /// What its source lists.
    pub listing: Listing,
    /// The latest count of sold seats before its start.
    pub sold: Option<u16>,
    /// Its admissions, if it is over.
    pub admissions: Option<u16>,
}

/// What was known at an origin.
#[derive(Debug)]
pub struct Known<'a> {
    origin: Origin,
    showtimes: Vec<KnownShowtime>,
    weather: Map<(Territory, NaiveDate), f64>,
    past: Vec<&'a PastForecast>,
    past_totals: Vec<&'a PastTotal>,
    holidays: &'a Holidays,
}

impl History {
    /// What was known at the origin: showtimes of the last `window` days and all later ones.
    #[must_use]
    pub fn as_of(&self, origin: Origin, window: i64) -> Known<'_> {
        let first = origin.on - TimeDelta::days(window);
        let past_first = origin.on - TimeDelta::days(PAST_DAYS);
        let mut places: Map<i32, usize> = Map::default();
        let mut showtimes = Vec::new();
        let listings = self.listings.iter().filter_map(|row| row.as_of(origin));
        for listing in listings.filter(|listing| listing.on >= first) {
            places.insert(listing.showtime, showtimes.len());
            showtimes.push(KnownShowtime {
                listing: listing.clone(),
                sold: None,
                admissions: None,
            });
        }
        let mut counted: Vec<DateTime<Utc>> = vec![DateTime::<Utc>::MIN_UTC; showtimes.len()];
        for row in &self.counts {
            let Some((count, at)) = row.as_of(origin).zip(row.stored_at(origin)) else {
                continue;
            };
            let Some(&place) = places.get(&count.showtime) else {
                continue;
            };
            if at >= counted[place] && at <= showtimes[place].listing.starts_at {
                counted[place] = at;
                showtimes[place].sold = Some(count.sold);
            }
        }
        for outcome in self.outcomes.iter().filter_map(|row| row.as_of(origin)) {
            if let Some(&place) = places.get(&outcome.showtime) {
                showtimes[place].admissions = Some(outcome.admissions);
            }
        }
        Known {
            origin,
            showtimes,
            weather: self.weather_as_of(origin),
            past: recent(&self.past, origin, |past| past.on >= past_first),
            past_totals: recent(&self.past_totals, origin, |past| past.on >= past_first),
            holidays: &self.holidays,
        }
    }

    fn weather_as_of(&self, origin: Origin) -> Map<(Territory, NaiveDate), f64> {
        let mut latest: Map<(Territory, NaiveDate), (DateTime<Utc>, f64)> = Map::default();
        for row in &self.weather {
            if let Some((day, at)) = row.as_of(origin).zip(row.stored_at(origin)) {
                let entry = latest
                    .entry((day.territory, day.on))
                    .or_insert((at, day.outdoor));
                if at >= entry.0 {
                    *entry = (at, day.outdoor);
                }
            }
        }
        latest
            .into_iter()
            .map(|(key, (_, outdoor))| (key, outdoor))
            .collect()
    }
}

fn recent<T>(rows: &[Recorded<T>], origin: Origin, is_recent: impl Fn(&T) -> bool) -> Vec<&T> {
    let known = rows.iter().filter_map(|row| row.as_of(origin));
    known.filter(|row| is_recent(row)).collect()
}

impl Known<'_> {
    /// The origin.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// All showtimes.
    #[must_use]
    pub fn showtimes(&self) -> &[KnownShowtime] {
        &self.showtimes
    }

    /// Showtimes that are over and of which the admissions are known.
    pub fn finished(&self) -> impl Iterator<Item = (&Listing, u16)> {
        let rows = self.showtimes.iter();
        rows.filter_map(|row| Some((&row.listing, row.admissions?)))
    }

    /// Showtimes that start after the origin.
    pub fn upcoming(&self) -> impl Iterator<Item = &KnownShowtime> {
        let origin = self.origin;
        self.showtimes
            .iter()
            .filter(move |row| row.listing.starts_at > origin.at && row.admissions.is_none())
    }

    /// How far the day invites people outdoors; 0 if nothing is known.
    #[must_use]
    pub fn outdoor(&self, territory: Territory, on: NaiveDate) -> f64 {
        self.weather.get(&(territory, on)).copied().unwrap_or(0.0)
    }

    /// Whether the day is a holiday.
    #[must_use]
    pub fn is_holiday(&self, territory: Territory, on: NaiveDate) -> bool {
        self.holidays.contains(territory, on)
    }

    /// Earlier forecasts of showtimes with what came.
    #[must_use]
    pub fn past(&self) -> &[&PastForecast] {
        &self.past
    }

    /// Earlier forecasts of works by territory and day with what came.
    #[must_use]
    pub fn past_totals(&self) -> &[&PastTotal] {
        &self.past_totals
    }
}
