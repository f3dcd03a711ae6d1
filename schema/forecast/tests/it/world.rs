//! A simulated world of households that go to the cinema. It shares no model with the forecasts.
//!
//! **Shared with the forecaster:** the calendar of a listing (days, starts, releases every Friday),
//! which days are holidays, that weather is a number by territory and day, and that a cinema lists
//! its programme by the week.
//!
//! **Not shared:** there are no levels, no gamma, Poisson or negative binomial distribution, no booking curve
//! and no decay. Each household decides every day whether to go out (by its habits, the day of the week,
//! the weather by a saturating function, and a mood of the territory that nobody records), when it books (a
//! mixture of walk-ups, planners and fans of a title), and which showtime it prefers among those that
//! are listed and not sold out: by its taste, the time, the screen, what others say of the work (word
//! of mouth grows with those who saw it), and it sees no work twice. Decay comes from households that
//! have seen a work and from hype that fades; booking curves from the mixture; dispersion from
//! families that book together; competition from choice. Cinemas divide their screens by what sold
//! the week before. Nothing of `forecast` is used but its input records.

pub(crate) mod booking;
pub(crate) mod city;
pub(crate) mod film;
pub(crate) mod programme;
pub(crate) mod random;
pub(crate) mod record;

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use forecast::{History, Holidays};

use self::{city::City, film::Film, programme::Show, random::Random};

/// Days before the first: films that run already.
pub(crate) const RELEASE_WEEKS_BEFORE: i64 = 4;

/// Size of a world.
#[derive(Clone, Copy)]
pub(crate) struct Scale {
    pub(crate) cinemas: usize,
    pub(crate) days: i64,
    pub(crate) seed: u64,
}

pub(crate) struct World {
    pub(crate) scale: Scale,
    pub(crate) cities: Vec<City>,
    pub(crate) films: Vec<Film>,
    pub(crate) shows: Vec<Show>,
    /// Showtimes by city and day.
    pub(crate) of_day: HashMap<(usize, i64), Vec<usize>>,
    pub(crate) mood: Vec<[city::Mood; city::TERRITORIES]>,
    pub(crate) history: History,
}

/// Minutes from the first midnight.
pub(crate) type Minute = i64;

pub(crate) fn date(day: i64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 2).unwrap() + TimeDelta::days(day)
}

pub(crate) fn moment(minute: Minute) -> DateTime<Utc> {
    date(0).and_hms_opt(0, 0, 0).unwrap().and_utc() + TimeDelta::minutes(minute)
}

/// 0 for Monday; the first day is one.
pub(crate) fn weekday(day: i64) -> usize {
    usize::try_from(day.rem_euclid(7)).unwrap()
}

impl World {
    pub(crate) fn simulate(scale: Scale) -> Self {
        let mut random = Random::new(scale.seed);
        let films = film::make(&mut random, scale.days);
        let cities = (0..scale.cinemas)
            .map(|key| City::make(&mut random, key))
            .collect();
        let mood = city::moods(&mut random, scale.days);
        let mut world = Self {
            scale,
            cities,
            films,
            shows: Vec::new(),
            of_day: HashMap::new(),
            mood,
            history: History::default(),
        };
        for day in 0..scale.days {
            world.publish(&mut random, day);
            for key in 0..scale.cinemas {
                world.book(&mut random, key, day);
            }
            for film in &mut world.films {
                film.end_day();
            }
        }
        world.record(&mut random);
        world
    }

    pub(crate) fn holidays() -> Holidays {
        let mut days = Holidays::default();
        for territory in 0..city::TERRITORIES {
            for day in city::holidays(territory) {
                days.insert(city::CODES[territory], date(day));
            }
        }
        days
    }
}
