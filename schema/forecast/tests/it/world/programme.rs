//! Programmes: cinemas divide their screens by what sold lately, and list a week at a time.

use super::{Minute, World, random::Random, weekday};

pub(crate) struct Show {
    pub(crate) film: usize,
    pub(crate) city: usize,
    pub(crate) screen: usize,
    pub(crate) day: i64,
    pub(crate) starts: Minute,
    pub(crate) listed: Minute,
    pub(crate) sold: u16,
    /// When each seat was sold.
    pub(crate) bookings: Vec<Minute>,
}

/// Days before the release at which a film that many wait for is on sale.
const PRESALE_DAYS: i64 = 17;

impl World {
    /// Lists what is listed on a day: the week of each cinema, and presales.
    pub(crate) fn publish(&mut self, random: &mut Random, day: i64) {
        if day == 0 {
            for city in 0..self.cities.len() {
                self.publish_week(random, city, 0, -3, 0);
            }
        }
        for city in 0..self.cities.len() {
            let ahead = self.cities[city].lists_ahead;
            // On the first days a cinema catches up with the weeks that it would have listed.
            let first = if day == 0 { 4 } else { day + ahead };
            for friday in (first..=day + ahead).filter(|day| weekday(*day) == 4) {
                self.publish_week(random, city, day, friday, friday);
            }
        }
        for film in 0..self.films.len() {
            if self.films[film].fans > 0.0 && self.films[film].release - PRESALE_DAYS == day {
                self.publish_presale(film, day);
            }
        }
    }

    fn publish_presale(&mut self, film: usize, day: i64) {
        let release = self.films[film].release;
        for city in 0..self.cities.len() {
            for on in release..release + 3 {
                let listed = day * 1_440 + 9 * 60;
                self.add(film, city, 0, on, 1_200, listed);
            }
        }
    }

    fn add(
        &mut self,
        film: usize,
        city: usize,
        screen: usize,
        day: i64,
        minute: Minute,
        listed: Minute,
    ) {
        let starts = day * 1_440 + minute;
        let of_day = self.of_day.entry((city, day)).or_default();
        let is_taken = of_day
            .iter()
            .any(|show| (self.shows[*show].screen, self.shows[*show].starts) == (screen, starts));
        if self.scale.days <= day || is_taken {
            return;
        }
        of_day.push(self.shows.len());
        self.shows.push(Show {
            film,
            city,
            screen,
            day,
            starts,
            listed,
            sold: 0,
            bookings: Vec::new(),
        });
    }

    fn publish_week(
        &mut self,
        random: &mut Random,
        city: usize,
        today: i64,
        friday: i64,
        from: i64,
    ) {
        let weights = self.weights(random, city, friday);
        let screens = self.cities[city].screens.len();
        // A film has as many screens as its share, at least a part of one.
        let total: f64 = weights.iter().map(|(_, weight)| weight).sum();
        let mut slots: Vec<(usize, f64)> = weights
            .iter()
            .map(|(film, weight)| (*film, weight / total))
            .collect();
        slots.sort_by(|a, b| b.1.total_cmp(&a.1));
        slots.truncate(2 * screens + 1);
        let listed = today * 1_440 + 10 * 60 + i64::try_from(random.below(400)).unwrap();
        for day in from.max(friday)..friday + 7 {
            let mut owed: Vec<f64> = vec![0.0; slots.len()];
            for (place, &minute) in times(day).iter().enumerate() {
                for screen in 0..screens {
                    if place == 0 && screen % 2 == 1 {
                        continue;
                    }
                    let is_early = minute < 1_080;
                    let playing = |film: usize| self.films[film].release <= day;
                    for (slot, (film, share)) in slots.iter().enumerate() {
                        let family = self.films[*film].kind == 0;
                        let suits = if family == is_early { 1.6 } else { 0.6 };
                        owed[slot] += if playing(*film) { share * suits } else { 0.0 };
                    }
                    let best = (0..slots.len())
                        .max_by(|a, b| owed[*a].total_cmp(&owed[*b]))
                        .unwrap();
                    owed[best] -= 1.0;
                    let shift = 15 * i64::try_from(screen % 4).unwrap();
                    self.add(slots[best].0, city, screen, day, minute + shift, listed);
                }
            }
        }
    }

    /// What a cinema thinks of each film that can be shown in the week.
    fn weights(&self, random: &mut Random, city: usize, friday: i64) -> Vec<(usize, f64)> {
        let house = &self.cities[city];
        let known: f64 = house.recent.iter().sum::<f64>().max(1.0);
        let mut weights = Vec::new();
        for (film, facts) in self.films.iter().enumerate() {
            let age = friday - facts.release;
            if !(-5..=56).contains(&age) {
                continue;
            }
            let guess = 0.12 * (facts.pull(house.territory, friday) + 0.35 * random.normal()).exp();
            let seen = house.recent[film] / known;
            let weight = if seen > 0.0 && age > 3 { seen } else { guess };
            if weight > 0.012 {
                weights.push((film, weight.powf(0.8)));
            }
        }
        weights
    }
}

fn times(day: i64) -> &'static [Minute] {
    match weekday(day) {
        4 => &[840, 1_020, 1_200, 1_350],
        5 => &[660, 840, 1_020, 1_200, 1_350],
        6 => &[660, 840, 1_020, 1_200],
        _ => &[840, 1_020, 1_200],
    }
}
