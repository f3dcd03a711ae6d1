//! Demand: how many seats an hour a showtime sells, from its own looks, with a prior from
//! its film, its cinema and the booking curve of its step.
//!
//! The rate of a showtime is `θ × curve(t)`. Its level `θ` has a gamma prior whose mean is
//! the level of its film times that of its cinema, and is updated by the sales between its
//! own looks, older ones discounted: the gamma-Poisson posterior. Films and cinemas are
//! levels of the same kind, over all their showtimes.

use std::{collections::HashMap, time::Duration};

use super::{
    SEEN_WITHIN,
    curve::{Cell, Curve},
};
use crate::db_time::DbTime;

/// Sales that it takes to move a showtime half the way from the level of its film and
/// cinema; and a film or cinema from the average.
const OWN_STRENGTH: f32 = 8.0;
const POOL_STRENGTH: f32 = 10.0;

/// What a showtime sold fades from its level by a factor of e in this time.
const FADES_IN: Duration = Duration::from_hours(72);

/// The lowest level that a film and a cinema together may give a showtime; the average is 1.
const MIN_LEVEL: f32 = 0.03;

/// The highest such level.
const MAX_LEVEL: f32 = 30.0;

/// The observed sales of one showtime, in twelve bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    /// Discounted sales, and what an average showtime would have sold meanwhile.
    pub cell: Cell,
    /// Seats sold at the last look; negative if it was never seen.
    pub sold: i16,
    /// Seats that may still be sold, as far as is known.
    pub left: u16,
}

impl Default for Evidence {
    fn default() -> Self {
        Self {
            cell: Cell::default(),
            sold: -1,
            left: u16::MAX,
        }
    }
}

/// The step, film and cinema of a showtime; 0 stands for an unknown one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ShowtimeIds {
    /// The step whose tasks look at the showtime.
    pub step_id: i32,
    /// Its film.
    pub film_id: i32,
    /// Its cinema.
    pub cinema_id: i32,
}

/// One look at a showtime, and the number of seats that it counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// The look before it.
    pub before: Option<DbTime>,
    /// When it was.
    pub at: DbTime,
    /// Seats sold.
    pub sold: i16,
    /// All seats, if it said so.
    pub seats: Option<u16>,
}

/// The levels of all films and cinemas, and the curves of all steps.
#[derive(Debug, Default)]
pub struct Demand {
    curves: HashMap<i32, Curve>,
    films: HashMap<i32, Cell>,
    cinemas: HashMap<i32, Cell>,
}

impl Demand {
    /// Takes the curve of a step as it was stored.
    pub fn set_curve(&mut self, step_id: i32, curve: Curve) {
        self.curves.insert(step_id, curve);
    }

    /// The curve of a step.
    #[must_use]
    pub fn curve(&self, step_id: i32) -> Option<&Curve> {
        self.curves.get(&step_id)
    }

    /// The curves of all steps that have one.
    pub fn curves(&self) -> impl Iterator<Item = (i32, &Curve)> {
        self.curves.iter().map(|(step_id, curve)| (*step_id, curve))
    }

    /// Forgets films and cinemas, which are gathered again with the tasks.
    pub fn forget_pools(&mut self) {
        self.films.clear();
        self.cinemas.clear();
    }

    /// Gathers what an earlier leader knew of a showtime.
    pub fn gather(&mut self, ids: ShowtimeIds, evidence: Evidence) {
        let Cell { sales, exposure } = evidence.cell;
        if exposure <= 0.0 {
            return;
        }
        let cinema = level(&self.cinemas, ids.cinema_id);
        add(&mut self.films, ids.film_id, sales, exposure * cinema);
        let film = level(&self.films, ids.film_id);
        add(&mut self.cinemas, ids.cinema_id, sales, exposure * film);
    }

    /// Learns from a look.
    pub fn learn(
        &mut self,
        ids: ShowtimeIds,
        starts_at: DbTime,
        evidence: &mut Evidence,
        look: Look,
    ) {
        if let Some(before) = look.before.filter(|_| evidence.sold >= 0) {
            // Seats that came back are not taken off: what counts is how often to look.
            let sales = f32::from(look.sold.saturating_sub(evidence.sold).max(0));
            let curve = self.curves.entry(ids.step_id).or_default();
            let exposure = curve.learn(starts_at, before, look.at, sales);
            let gap = look.at.since(before).as_secs_f32();
            let kept = (-gap / FADES_IN.as_secs_f32()).exp();
            evidence.cell.sales = evidence.cell.sales * kept + sales;
            evidence.cell.exposure = evidence.cell.exposure * kept + exposure;
            if exposure > 0.0 {
                let cinema = level(&self.cinemas, ids.cinema_id);
                let film = level(&self.films, ids.film_id);
                add(&mut self.films, ids.film_id, sales, exposure * cinema);
                add(&mut self.cinemas, ids.cinema_id, sales, exposure * film);
            }
        }
        evidence.sold = look.sold;
        if let Some(seats) = look.seats {
            evidence.left = seats.saturating_sub(u16::try_from(look.sold).unwrap_or(0));
        }
    }

    /// The level of a showtime before its own looks say more: its film's times its cinema's.
    #[must_use]
    pub fn prior_level(&self, ids: ShowtimeIds) -> f32 {
        let level = level(&self.films, ids.film_id) * level(&self.cinemas, ids.cinema_id);
        level.clamp(MIN_LEVEL, MAX_LEVEL)
    }

    /// The level of a showtime: 1 sells like the average.
    #[must_use]
    pub fn level(&self, ids: ShowtimeIds, evidence: &Evidence) -> f32 {
        evidence.cell.mean(self.prior_level(ids), OWN_STRENGTH)
    }

    /// Seats an hour that a showtime is expected to sell at `at`.
    #[must_use]
    pub fn rate(
        &self,
        ids: ShowtimeIds,
        evidence: &Evidence,
        starts_at: DbTime,
        at: DbTime,
    ) -> f32 {
        let curve = self.curves.get(&ids.step_id).map_or_else(
            || Curve::default().rate(starts_at, at),
            |curve| curve.rate(starts_at, at),
        );
        self.level(ids, evidence) * curve
    }

    /// Seats that a look at `now` is expected to show in time: see [`super`].
    #[must_use]
    pub fn worth(
        &self,
        ids: ShowtimeIds,
        evidence: &Evidence,
        starts_at: DbTime,
        now: DbTime,
    ) -> f32 {
        let middle = now.before(SEEN_WITHIN / 2);
        let hours = SEEN_WITHIN.as_secs_f32() / 3600.0;
        let expected = self.rate(ids, evidence, starts_at, middle) * hours;
        expected.min(f32::from(evidence.left))
    }
}

fn level(pool: &HashMap<i32, Cell>, id: i32) -> f32 {
    pool.get(&id)
        .map_or(1.0, |cell| cell.mean(1.0, POOL_STRENGTH))
}

fn add(pool: &mut HashMap<i32, Cell>, id: i32, sales: f32, exposure: f32) {
    if id != 0 {
        pool.entry(id).or_default().add(sales, exposure);
    }
}
