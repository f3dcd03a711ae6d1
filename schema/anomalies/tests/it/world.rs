//! A simulated world: ten chains in three territories, with their bookings by showtime.
//!
//! It shares no model with the detector. Here, guests come to showtimes: a film draws people by its
//! own appeal, which fades at a rate of its own; cinemas have their tastes, towns their weather,
//! rooms their capacity, and programmes change every week. Counts are Poisson around log-normal
//! demand, cut off at the seats. The detector has none of this: it sees totals by day, compares
//! them with medians of the same weekday, and takes their spread for that of a gamma distribution.
//! What the two share: that weekdays differ, that a film loses admissions from week to week, that
//! weather and holidays hold for a whole territory, and the names of holidays and openings.

use super::random::Random;

pub(crate) const TERRITORIES: [&str; 3] = ["GB", "DE", "FR"];

/// The territory of each source; two sources are alone in theirs.
pub(crate) const SOURCES: [usize; 10] = [0, 0, 0, 0, 0, 1, 1, 1, 2, 2];

/// Weeks of the past, then four weeks that are looked at.
pub(crate) const PAST_DAYS: usize = 77;
pub(crate) const DAYS: usize = PAST_DAYS + 28;

/// Days on which cinemas of a territory are full, or closed: day, territory, closed, name.
pub(crate) const HOLIDAYS: [(usize, usize, bool, &str); 5] = [
    (24, 0, false, "half-term"),
    (38, 1, true, "day of mourning"),
    (60, 2, false, "national day"),
    (84, 0, false, "bank holiday"),
    (92, 1, true, "holy day"),
];

pub(crate) struct Cinema {
    pub source: usize,
    rooms: Vec<f64>,
    appeal: f64,
    weekday: [f64; 7],
    closed: Option<usize>,
    /// From when to when it is closed for building work.
    works: Option<(usize, usize)>,
    per_room: f64,
}

pub(crate) struct Film {
    appeal: f64,
    fade: f64,
    /// The day of its opening in each territory.
    pub opens: [usize; 3],
}

/// What was recorded of a cinema on a day.
#[derive(Clone, Copy, Default)]
pub(crate) struct CinemaDay {
    pub showtimes: f64,
    pub seen: f64,
    pub seats: f64,
    pub admissions: f64,
    pub sold: f64,
}

/// What was recorded of a film at a source on a day.
#[derive(Clone, Copy, Default)]
pub(crate) struct FilmDay {
    pub showtimes: f64,
    pub admissions: f64,
}

pub(crate) struct World {
    pub cinemas: Vec<Cinema>,
    pub films: Vec<Film>,
    /// By cinema and day.
    pub days: Vec<Vec<CinemaDay>>,
    /// By film, source and day.
    pub film_days: Vec<Vec<Vec<FilmDay>>>,
    /// By source and day.
    pub prices: Vec<Vec<f64>>,
}

/// What a day is like for a cinema, and for each film.
struct Chances<'a> {
    mood: f64,
    seen: f64,
    buzz: &'a [f64],
}

const WEEKDAYS: [f64; 7] = [0.9, 0.6, 0.65, 0.55, 0.8, 1.25, 1.9];

fn f(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap())
}

impl World {
    pub(crate) fn new(seed: u64, cinemas: usize) -> Self {
        let mut random = Random::new(seed);
        let mut world = Self {
            cinemas: (0..cinemas).map(|_| cinema(&mut random)).collect(),
            films: films(&mut random),
            days: vec![vec![CinemaDay::default(); DAYS]; cinemas],
            film_days: Vec::new(),
            prices: prices(&mut random),
        };
        world.film_days =
            vec![vec![vec![FilmDay::default(); DAYS]; SOURCES.len()]; world.films.len()];
        world.book(&mut random);
        world
    }

    /// Books all showtimes.
    fn book(&mut self, random: &mut Random) {
        let mut weather = [0.0; 3];
        let coverage: Vec<f64> = SOURCES.iter().map(|_| random.between(0.86, 0.97)).collect();
        let mut programmes: Vec<Vec<usize>> = vec![Vec::new(); self.cinemas.len()];
        for day in 0..DAYS {
            let buzz: Vec<f64> = self.films.iter().map(|_| random.factor(0.08)).collect();
            let outage: Vec<f64> = SOURCES
                .iter()
                .map(|_| {
                    if random.chance(0.05) {
                        random.between(0.93, 1.0)
                    } else {
                        1.0
                    }
                })
                .collect();
            for one in &mut weather {
                *one = 0.7 * *one + 0.10 * random.normal();
            }
            for at in 0..self.cinemas.len() {
                let territory = SOURCES[self.cinemas[at].source];
                if day % 7 == 3 || programmes[at].is_empty() {
                    programmes[at] = self.programme(random, at, day, territory);
                }
                let holiday = HOLIDAYS
                    .iter()
                    .find(|one| one.0 == day && one.1 == territory);
                let is_shut = holiday.is_some_and(|one| one.2) && !random.chance(0.05);
                if self.cinemas[at].is_closed(day) || is_shut {
                    continue;
                }
                let mood = weather[territory].exp() * if holiday.is_some() { 1.8 } else { 1.0 };
                let seen = coverage[self.cinemas[at].source] * outage[self.cinemas[at].source];
                let chances = Chances {
                    mood,
                    seen,
                    buzz: &buzz,
                };
                self.book_day(random, at, day, &programmes[at], &chances);
            }
        }
        self.sell(random);
    }

    /// Chooses what the rooms of a cinema show this week.
    fn programme(
        &self,
        random: &mut Random,
        at: usize,
        day: usize,
        territory: usize,
    ) -> Vec<usize> {
        let week = day + 3 - day % 7;
        let mut draws: Vec<(f64, usize)> = (0..self.films.len())
            .filter_map(|film| {
                let pull = self.films[film].pull(territory, week.min(day + 3))?;
                Some((pull * random.factor(0.5), film))
            })
            .collect();
        draws.sort_by(|one, other| other.0.total_cmp(&one.0));
        let slots = self.cinemas[at].rooms.len() + 3;
        draws.iter().take(slots).map(|(_, film)| *film).collect()
    }

    fn book_day(
        &mut self,
        random: &mut Random,
        at: usize,
        day: usize,
        programme: &[usize],
        chances: &Chances<'_>,
    ) {
        let cinema = &self.cinemas[at];
        let territory = SOURCES[cinema.source];
        let town = random.factor(0.15);
        let mut total = CinemaDay::default();
        for (room, seats) in cinema.rooms.iter().enumerate() {
            let mut shows = cinema.per_room.floor();
            if random.chance(cinema.per_room.fract()) {
                shows += 1.0;
            }
            let mut slot = 0.0;
            while slot < shows {
                let place = if slot > 1.0 {
                    room
                } else {
                    (room + 1 + random.below(3)) % programme.len()
                };
                let film = programme[place.min(programme.len() - 1)];
                let pull = self.films[film].pull(territory, day).unwrap_or(0.0);
                let demand = 28.0
                    * cinema.appeal
                    * cinema.weekday[day % 7]
                    * chances.mood
                    * town
                    * chances.buzz[film]
                    * pull.powf(0.7)
                    * [0.5, 0.8, 1.5, 1.2, 1.0][room.min(4)]
                    * random.factor(0.5);
                let tickets = random.events(demand).min(*seats);
                total.showtimes += 1.0;
                if random.chance(chances.seen) {
                    total.seen += 1.0;
                    total.seats += seats;
                    total.admissions += tickets;
                    let of_film = &mut self.film_days[film][cinema.source][day];
                    of_film.showtimes += 1.0;
                    of_film.admissions += tickets;
                }
                slot += 1.0;
            }
        }
        self.days[at][day] = total;
    }

    /// Two thirds of tickets are sold on the day, the others the day before.
    fn sell(&mut self, random: &mut Random) {
        for days in &mut self.days {
            for day in 0..DAYS {
                let next = days
                    .get(day + 1)
                    .map_or(days[day].admissions, |one| one.admissions);
                let mean = 0.67 * days[day].admissions + 0.33 * next;
                let mean = mean * random.factor(0.1);
                days[day].sold = random.events(mean);
            }
        }
    }
}

impl Cinema {
    fn is_closed(&self, day: usize) -> bool {
        self.closed == Some(day % 7)
            || self
                .works
                .is_some_and(|(from, to)| (from..to).contains(&day))
    }
}

impl Film {
    /// How many people it draws on a day; nothing if it is not shown.
    fn pull(&self, territory: usize, day: usize) -> Option<f64> {
        let age = day.checked_sub(self.opens[territory])?;
        (age < 70).then(|| self.appeal * self.fade.powf(f(age) / 7.0))
    }
}

fn cinema(random: &mut Random) -> Cinema {
    // Chains differ in size.
    let source = random
        .below(SOURCES.len())
        .min(random.below(SOURCES.len() + 3));
    let rooms = 1 + random.below(14).min(random.below(14));
    let mut weekday = WEEKDAYS;
    for one in &mut weekday {
        *one *= random.factor(0.15);
    }
    let works = random.chance(0.002).then(|| {
        let from = random.below(DAYS);
        (from, from + 5 + random.below(15))
    });
    Cinema {
        source,
        rooms: (0..rooms)
            .map(|_| random.between(60.0, 320.0).round())
            .collect(),
        appeal: random.factor(0.4),
        weekday,
        closed: (rooms <= 3 && random.chance(0.2)).then(|| random.below(4)),
        works,
        per_room: random.between(2.5, 5.0),
    }
}

fn films(random: &mut Random) -> Vec<Film> {
    let mut films = Vec::new();
    let mut week = 3;
    for back in 0..9 {
        // What is on at the beginning.
        for _ in 0..4 {
            let mut film = film(random, 0);
            film.appeal *= film.fade.powi(back);
            films.push(film);
        }
    }
    while week < DAYS {
        for _ in 0..4 + random.below(3) {
            films.push(film(random, week));
        }
        week += 7;
    }
    films
}

fn film(random: &mut Random, opens: usize) -> Film {
    let hit = if random.chance(0.06) { 4.0 } else { 1.0 };
    let mut days = [opens; 3];
    for one in &mut days {
        if opens > 0 && random.chance(0.3) {
            *one += 7 * (1 + random.below(2));
        }
    }
    Film {
        appeal: hit * random.factor(0.7),
        fade: random.between(0.45, 0.85),
        opens: days,
    }
}

fn prices(random: &mut Random) -> Vec<Vec<f64>> {
    SOURCES
        .iter()
        .map(|_| {
            let mut level = random.between(8.0, 14.0);
            let saver = random.below(4);
            let rise = random.below(DAYS * 2);
            (0..DAYS)
                .map(|day| {
                    if day == rise {
                        level *= 1.03;
                    }
                    let discount = if day % 7 == saver { 0.7 } else { 1.0 };
                    level * discount * random.factor(0.012)
                })
                .collect()
        })
        .collect()
}
