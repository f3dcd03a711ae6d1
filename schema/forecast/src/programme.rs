//! Which cinemas have listed their programme of which days, and how large they are.

use chrono::{NaiveDate, TimeDelta};

use crate::history::{Known, Map};

/// A day is listed if a cinema lists at least this share of its usual showtimes.
const LISTED_SHARE: f64 = 0.5;
/// Weeks over which the usual number of showtimes is taken.
const WEEKS: i64 = 2;

/// Showtimes of each cinema by day, and its size.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    counts: Map<(i32, NaiveDate), u32>,
    /// Admissions in the last two weeks.
    sizes: Map<i32, f64>,
}

impl Listed {
    pub(crate) fn of(known: &Known<'_>) -> Self {
        let mut listed = Self::default();
        let first = known.origin().on - TimeDelta::days(7 * WEEKS);
        for row in known.showtimes() {
            *listed
                .counts
                .entry((row.listing.cinema, row.listing.on))
                .or_default() += 1;
            if let Some(admissions) = row.admissions.filter(|_| row.listing.on >= first) {
                *listed.sizes.entry(row.listing.cinema).or_default() += f64::from(admissions);
            }
        }
        listed
    }

    /// Whether a cinema has listed its programme of a day.
    pub(crate) fn is_listed(&self, cinema: i32, on: NaiveDate, origin_on: NaiveDate) -> bool {
        let count = |on| self.counts.get(&(cinema, on)).copied().unwrap_or(0);
        let ahead = on.signed_duration_since(origin_on).num_days();
        let last = on - TimeDelta::days(7 * (ahead / 7 + 1));
        let usual = (0..WEEKS)
            .map(|week| count(last - TimeDelta::days(7 * week)))
            .max()
            .unwrap_or(0);
        let now = f64::from(count(on));
        now > 0.0 && now >= LISTED_SHARE * f64::from(usual)
    }

    /// The share of the admissions of the last two weeks that is of those of `cinemas` that have
    /// listed the day; 1 if no admissions are known.
    pub(crate) fn share(
        &self,
        cinemas: impl Iterator<Item = i32>,
        on: NaiveDate,
        origin_on: NaiveDate,
    ) -> f64 {
        let (mut complete, mut all) = (0.0, 0.0);
        for cinema in cinemas {
            let size = self.sizes.get(&cinema).copied().unwrap_or(0.0);
            all += size;
            if self.is_listed(cinema, on, origin_on) {
                complete += size;
            }
        }
        if all > 0.0 { complete / all } else { 1.0 }
    }

    pub(crate) fn cinemas(&self) -> impl Iterator<Item = i32> {
        self.sizes.keys().copied()
    }
}
