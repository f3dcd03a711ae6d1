//! Films: how they appeal, and what people say of them.

use super::{RELEASE_WEEKS_BEFORE, city::TERRITORIES, random::Random};

pub(crate) struct Film {
    pub(crate) release: i64,
    /// Taste that it serves: 0 family, 1 mainstream, 2 art house.
    pub(crate) kind: usize,
    pub(crate) distributor: i32,
    appeal: f64,
    hype: f64,
    quality: f64,
    /// Share of households that wait for it.
    pub(crate) fans: f64,
    local: [f64; TERRITORIES],
    pub(crate) seen_today: f64,
    seen: f64,
}

impl Film {
    /// What it adds to the utility of a showing.
    pub(crate) fn pull(&self, territory: usize, day: i64) -> f64 {
        #[allow(clippy::cast_precision_loss)]
        let age = (day - self.release).max(0) as f64;
        let word = self.quality * (1.0 - (-self.seen / 4_000.0).exp());
        self.appeal + self.hype * (-age / 9.0).exp() + word + self.local[territory]
    }

    pub(crate) fn end_day(&mut self) {
        self.seen += self.seen_today;
        self.seen_today = 0.0;
    }
}

pub(crate) fn make(random: &mut Random, days: i64) -> Vec<Film> {
    let mut films = Vec::new();
    for week in -RELEASE_WEEKS_BEFORE..=days / 7 {
        for _ in 0..2 + random.below(2) {
            let hype = 0.4 + random.unit() * 1.2;
            films.push(Film {
                // The first day is a Monday: releases are on Fridays, a few on Wednesdays.
                release: week * 7 + if random.chance(0.15) { 2 } else { 4 },
                kind: [0, 1, 1, 1, 2][random.below(5)],
                distributor: 1 + i32::try_from(random.below(5)).unwrap(),
                appeal: 0.8 * random.normal(),
                hype,
                quality: 0.5 * random.normal(),
                fans: if hype > 1.1 {
                    0.02 * random.unit()
                } else {
                    0.0
                },
                local: std::array::from_fn(|_| 0.3 * random.normal()),
                seen_today: 0.0,
                seen: 0.0,
            });
        }
    }
    assert!(films.len() <= 128, "a household remembers 128 films");
    films
}
