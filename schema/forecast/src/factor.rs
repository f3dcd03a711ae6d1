//! The factors of a showtime's level, and the cell of each that a showtime falls into.

use chrono::{Datelike, NaiveDate};

use crate::{
    history::{Known, Map},
    record::{Listing, is_weekend},
};

/// How many factors a level has.
pub(crate) const FACTORS: usize = 13;

/// A factor: how slowly its cells leave 1, and how quickly they forget.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Factor {
    /// Admissions that it takes to move a cell half the way.
    pub(crate) strength: f64,
    /// Whether it forgets quickly.
    pub(crate) is_quick: bool,
}

/// Weeks in which the weight of an admission halves, in quick factors and in the others.
pub(crate) const QUICK_HALF_LIFE_WEEKS: f64 = 1.0;
pub(crate) const SLOW_HALF_LIFE_WEEKS: f64 = 4.0;

const SLOW: bool = false;
const QUICK: bool = true;

const fn factor(strength: f64, is_quick: bool) -> Factor {
    Factor { strength, is_quick }
}

/// In the order of [`cells`]. Broad factors come before narrow ones, which explain the rest.
pub(crate) const ALL: [Factor; FACTORS] = [
    factor(50.0, SLOW),  // weekday and part of the day
    factor(50.0, SLOW),  // territory and weekday
    factor(50.0, SLOW),  // cinema
    factor(100.0, SLOW), // distributor and format
    factor(50.0, SLOW),  // age of the work
    factor(50.0, QUICK), // work
    factor(60.0, QUICK), // work and territory
    factor(50.0, SLOW),  // showtimes of the work in the cinema on the day
    factor(50.0, SLOW),  // seats of the auditorium
    factor(60.0, QUICK), // work and part of the day
    factor(60.0, SLOW),  // cinema and part of the day, weekend or not
    factor(60.0, QUICK), // work and cinema
    factor(300.0, SLOW), // holiday and part of the day
];

/// Showtimes by work, cinema and day, of all that are known.
#[derive(Debug)]
pub(crate) struct Programme {
    of_work: Map<(i32, i32, NaiveDate), u16>,
    of_cinema: Map<(i32, NaiveDate), u16>,
}

impl Programme {
    pub(crate) fn of(known: &Known<'_>) -> Self {
        let (mut of_work, mut of_cinema) = (Map::default(), Map::default());
        for row in known.showtimes() {
            let listing = &row.listing;
            *of_work
                .entry((listing.work, listing.cinema, listing.on))
                .or_default() += 1;
            *of_cinema.entry((listing.cinema, listing.on)).or_default() += 1;
        }
        Self { of_work, of_cinema }
    }

    /// Showtimes of the work in the cinema on the day, and their share of all of its showtimes. What
    /// a cinema gives a new work says what it expects of it.
    fn cell(&self, listing: &Listing) -> u64 {
        let of = |count: Option<&u16>| u64::from(count.copied().unwrap_or(1));
        let shows = of(self
            .of_work
            .get(&(listing.work, listing.cinema, listing.on)));
        let all = of(self.of_cinema.get(&(listing.cinema, listing.on))).max(shows);
        let is_opening = u64::from(listing.week().is_none_or(|week| week == 0));
        (shows.min(6) * 8 + 6 * shows / all) * 2 + is_opening
    }
}

/// The cell of each factor for a showtime, as a number that is unique within the factor.
pub(crate) fn cells(listing: &Listing, programme: &Programme, is_holiday: bool) -> [u64; FACTORS] {
    let daypart = listing.daypart() as u64;
    // A holiday is like a Sunday until its own factor says otherwise.
    let weekday = if is_holiday {
        6
    } else {
        u64::from(listing.on.weekday().num_days_from_monday())
    };
    let (work, cinema) = (key(listing.work), key(listing.cinema));
    let territory = u64::from(listing.territory);
    let is_free_day = u64::from(is_holiday || is_weekend(listing.on));
    let holiday = match (is_holiday, is_weekend(listing.on)) {
        (false, _) => 0,
        (true, false) => 1 + daypart,
        (true, true) => 11 + daypart,
    };
    [
        weekday * 8 + daypart,
        territory * 8 + weekday,
        cinema,
        key(listing.distributor) << 8 | u64::from(listing.format),
        age_cell(listing),
        work,
        work << 16 | territory,
        programme.cell(listing),
        listing
            .seats
            .map_or(0, |seats| 1 + u64::from(u16::BITS - seats.leading_zeros())),
        work * 8 + daypart,
        (cinema * 8 + daypart) * 2 + is_free_day,
        work << 32 | cinema,
        holiday,
    ]
}

/// Age of the work: unknown, before the release, its first days one by one, then by weeks.
fn age_cell(listing: &Listing) -> u64 {
    let Some(released_on) = listing.released_on else {
        return 0;
    };
    let days = listing.on.signed_duration_since(released_on).num_days();
    match days {
        ..0 => 1,
        0..3 => 2 + days.unsigned_abs(),
        3..7 => 5,
        _ => 5 + (days / 7).min(6).unsigned_abs(),
    }
}

fn key(id: i32) -> u64 {
    u64::from(id.unsigned_abs())
}
