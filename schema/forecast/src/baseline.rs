//! Baselines for showtimes: what a forecast must beat.
//!
//! Last week's showtime at the same weekday × typical decay; the leader's level × curve; additive and
//! multiplicative pickup (L'Heureux, "A new twist in forecasting short-term passenger pickup", 1986;
//! compared by Weatherford and Kimes, 2003).

use chrono::{NaiveDate, TimeDelta};

use crate::{
    history::{Known, KnownShowtime, Map},
    pickup::Pickup,
    ratio::Ratio,
    record::{Listing, Territory},
};

/// Admissions that move a work or a cinema half the way, as in the leader's policy.
const POOL_STRENGTH: f64 = 10.0;
/// Longest lead in days of pickup; longer ones count as this one.
const MAX_DAYS: i64 = 14;

/// Names of the baselines, in the order of their values.
pub const BASELINES: [&str; 4] = [
    "last week × decay",
    "level × curve",
    "additive pickup",
    "multiplicative pickup",
];

/// Baselines at one origin.
#[derive(Debug)]
pub struct Baselines<'a> {
    known: &'a Known<'a>,
    base: f64,
    decay: f64,
    of_day: Map<(i32, i32, NaiveDate), Vec<(u16, f64)>>,
    of_territory: Map<(i32, Territory, NaiveDate), Ratio>,
    openings: Map<i32, Ratio>,
    works: Map<i32, Ratio>,
    cinemas: Map<i32, Ratio>,
    pickup: Pickup,
}

impl<'a> Baselines<'a> {
    /// Learns from what was known at the origin.
    #[must_use]
    pub fn fit(known: &'a Known<'a>) -> Self {
        let mut baselines = Self {
            known,
            base: 0.0,
            decay: 1.0,
            of_day: Map::default(),
            of_territory: Map::default(),
            openings: Map::default(),
            works: Map::default(),
            cinemas: Map::default(),
            pickup: Pickup::default(),
        };
        baselines.learn_showtimes();
        baselines.learn_pickup();
        baselines
    }

    fn learn_showtimes(&mut self) {
        let mut all = Ratio::default();
        for (listing, admissions) in self.known.finished() {
            let came = f64::from(admissions);
            all.add(came, 1.0);
            let key = (listing.work, listing.cinema, listing.on);
            self.of_day
                .entry(key)
                .or_default()
                .push((listing.minute, came));
            let key = (listing.work, listing.territory, listing.on);
            self.of_territory.entry(key).or_default().add(came, 1.0);
            if listing.week() == Some(0) {
                self.openings
                    .entry(listing.cinema)
                    .or_default()
                    .add(came, 1.0);
            }
        }
        self.base = all.value().unwrap_or(1.0);
        for _ in 0..3 {
            self.learn_levels();
        }
        let mut decay = Ratio::default();
        for ((work, territory, on), now) in &self.of_territory {
            if let Some(before) =
                self.of_territory
                    .get(&(*work, *territory, *on - TimeDelta::days(7)))
            {
                decay.add(now.value().unwrap_or(0.0), before.value().unwrap_or(0.0));
            }
        }
        self.decay = decay.value().unwrap_or(1.0);
    }

    fn learn_levels(&mut self) {
        let mut works: Map<i32, Ratio> = Map::default();
        let mut cinemas: Map<i32, Ratio> = Map::default();
        for (listing, admissions) in self.known.finished() {
            let (work, cinema) = (
                level(&self.works, listing.work),
                level(&self.cinemas, listing.cinema),
            );
            let came = f64::from(admissions);
            works
                .entry(listing.work)
                .or_default()
                .add(came, self.base * cinema);
            cinemas
                .entry(listing.cinema)
                .or_default()
                .add(came, self.base * work);
        }
        (self.works, self.cinemas) = (works, cinemas);
    }

    fn learn_pickup(&mut self) {
        for past in self.known.past() {
            let Some(sold) = past.sold.map(f64::from) else {
                continue;
            };
            let came = f64::from(past.admissions);
            self.pickup
                .add(past.days.min(MAX_DAYS), past.on, sold, came);
        }
    }

    /// What each of [`BASELINES`] forecasts, capped at the seats.
    #[must_use]
    pub fn forecast(&self, row: &KnownShowtime) -> [f64; 4] {
        let sold = row.sold.map_or(0.0, f64::from);
        let days = self.known.origin().days_to(row.listing.on).min(MAX_DAYS);
        let typical = self.base
            * level(&self.works, row.listing.work)
            * level(&self.cinemas, row.listing.cinema);
        let [level_curve, additive, multiplicative] =
            self.pickup.forecast(days, row.listing.on, sold, typical);
        let cap = row.listing.seats.map_or(f64::INFINITY, f64::from);
        let last_week = self.last_week(&row.listing).unwrap_or(typical);
        [last_week, level_curve, additive, multiplicative].map(|value| value.min(cap))
    }

    /// The nearest showtime at the same weekday of the last week that is known, decayed.
    fn last_week(&self, listing: &Listing) -> Option<f64> {
        let mut decay = 1.0;
        for weeks in 1..=4 {
            decay *= self.decay;
            let on = listing.on - TimeDelta::days(7 * weeks);
            if let Some(shows) = self.of_day.get(&(listing.work, listing.cinema, on)) {
                let nearest = shows
                    .iter()
                    .min_by_key(|(minute, _)| minute.abs_diff(listing.minute))?;
                return Some(nearest.1 * decay);
            }
            let territory = self
                .of_territory
                .get(&(listing.work, listing.territory, on));
            if let Some(mean) = territory.and_then(|ratio| ratio.value()) {
                return Some(mean * decay);
            }
        }
        self.openings.get(&listing.cinema)?.value()
    }
}

fn level(pool: &Map<i32, Ratio>, key: i32) -> f64 {
    pool.get(&key).map_or(1.0, |ratio| {
        (POOL_STRENGTH + ratio.top) / (POOL_STRENGTH + ratio.bottom)
    })
}
