//! Synthetic sales: a fortnight of showtimes with uneven demand.
//!
//! Demand differs by film, cinema, hour and day, and by chance between showtimes; it rises towards
//! the start and is low at night. Groups of one to six seats come at random (an inhomogeneous
//! Poisson process in pieces of five minutes). The policies know none of it, and the shapes differ
//! from the prior of the policy.

use std::time::Duration;

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{
    score::AFTER_ALL,
    world::{PIECE, Show, World},
};
use crate::db_time::DbTime;

/// Options of synthetic sales.
#[derive(Debug, Clone, Copy)]
pub struct SyntheticWorld {
    /// The same seed gives the same world.
    pub seed: u64,
    /// Showtimes.
    pub showtimes: usize,
    /// Days in which they start.
    pub days: u32,
    /// Limit keys: chains of six cinemas.
    pub keys: usize,
}

impl Default for SyntheticWorld {
    fn default() -> Self {
        Self {
            seed: 1,
            showtimes: 2_000,
            days: 14,
            keys: 4,
        }
    }
}

const CINEMAS: usize = 6;
const DAY: Duration = Duration::from_hours(24);
/// A Monday at midnight.
const MONDAY: DbTime = DbTime::from_micros(1_772_409_600_000_000);

/// Share of the seats that an average showtime sells.
const OCCUPANCY: f64 = 0.28;
const FILMS: [f64; 12] = [
    2.6, 1.9, 1.4, 1.0, 0.8, 0.65, 0.5, 0.4, 0.3, 0.22, 0.15, 0.1,
];
/// Minutes after midnight of the first of five showtimes of a day, and how each sells.
const SLOTS: [(u64, f64); 5] = [
    (660, 0.3),
    (840, 0.6),
    (1_020, 1.0),
    (1_200, 1.7),
    (1_320, 0.8),
];
/// From Monday on.
const DAYS: [f64; 7] = [0.6, 0.8, 0.7, 0.8, 1.3, 1.8, 1.4];
/// How likely people are to buy, by hour.
const AWAKE: [f64; 24] = [
    0.25, 0.1, 0.05, 0.03, 0.03, 0.05, 0.12, 0.3, 0.5, 0.7, 0.85, 1.0, 1.1, 1.0, 0.95, 1.0, 1.1,
    1.25, 1.4, 1.5, 1.4, 1.1, 0.8, 0.5,
];
/// Chances of a group of one, two, and so on.
const GROUPS: [f64; 6] = [0.25, 0.43, 0.12, 0.13, 0.04, 0.03];

/// Returns a synthetic world, the same for the same settings.
#[must_use]
pub fn world(settings: SyntheticWorld) -> World {
    let mut generator = ChaCha8Rng::seed_from_u64(settings.seed);
    let cinemas: Vec<Cinema> = (0..settings.keys * CINEMAS)
        .map(|number| Cinema {
            key: number % settings.keys,
            level: log_normal(0.45, &mut generator),
            seats: generator.random_range(70..320),
        })
        .collect();
    let shows = (0..settings.showtimes)
        .map(|_| show(settings, &cinemas, &mut generator))
        .collect();
    World {
        shows,
        keys: settings.keys,
        begins_at: MONDAY,
        ends_at: MONDAY + DAY * settings.days + AFTER_ALL,
    }
}

struct Cinema {
    key: usize,
    level: f64,
    seats: u16,
}

fn show(settings: SyntheticWorld, cinemas: &[Cinema], generator: &mut impl Rng) -> Show {
    let number = generator.random_range(0..cinemas.len());
    let cinema = &cinemas[number];
    let film = generator.random_range(0..FILMS.len());
    let day = generator.random_range(0..settings.days);
    let (minute, slot) = SLOTS[generator.random_range(0..SLOTS.len())];
    let minute = minute + 5 * generator.random_range(0..12);
    let starts_at = MONDAY + DAY * day + Duration::from_mins(minute);
    // Programmes come out some days before; what everybody waits for is sold earlier.
    let ahead = 3.0 + 7.0 * generator.random::<f64>() + if film < 2 { 5.0 } else { 0.0 };
    let listed_at = starts_at.before(DAY.mul_f64(ahead)).max(MONDAY);
    let level = OCCUPANCY
        * FILMS[film]
        * cinema.level
        * slot
        * DAYS[day as usize % DAYS.len()]
        * log_normal(0.4, generator);
    let mut show = Show {
        key: cinema.key,
        film_id: id(film),
        cinema_id: id(number),
        listed_at,
        starts_at,
        seats: cinema.seats,
        sold_before: 0,
        sales: Vec::new(),
        truth: Vec::new(),
    };
    let expected = level * f64::from(cinema.seats);
    sell(&mut show, expected, DAY.mul_f64(ahead), generator);
    show
}

/// Sells about `expected` seats in the time `ahead` of the start, and gives what falls into
/// the time in which it is listed.
fn sell(show: &mut Show, expected: f64, ahead: Duration, generator: &mut impl Rng) {
    let first_on_sale = show.starts_at.before(ahead);
    let pieces = u32::try_from(ahead.as_secs() / PIECE.as_secs()).unwrap_or(0);
    let weights: Vec<f64> = (0..pieces)
        .map(|piece| {
            let at = first_on_sale + PIECE * piece;
            let lead = show.starts_at.since(at).as_secs_f64() / 3600.0;
            let hour = at.micros().div_euclid(3_600_000_000).rem_euclid(24);
            lead_density(lead, ahead.as_secs_f64() / 3600.0)
                * AWAKE[usize::try_from(hour).unwrap_or(0)]
        })
        .collect();
    let total: f64 = weights.iter().sum();
    let group: f64 = (1..)
        .zip(GROUPS)
        .map(|(size, chance)| f64::from(size) * chance)
        .sum();
    let mut left = show.seats;
    let mut early = 0;
    for (piece, weight) in (0..).zip(&weights) {
        let at = first_on_sale + PIECE * piece;
        let mean = expected * weight / total;
        let is_listed = at >= show.listed_at;
        if is_listed {
            #[expect(clippy::cast_possible_truncation, reason = "a few seats")]
            show.truth.push(mean as f32);
        }
        let mut sales = Vec::new();
        for _ in 0..poisson(mean / group, generator) {
            let size = group_size(generator).min(left);
            left -= size;
            let sold_at = at + PIECE.mul_f64(generator.random());
            sales.extend((0..size).map(|_| sold_at));
        }
        sales.sort_unstable();
        if is_listed {
            show.sales.extend(sales);
        } else {
            early += sales.len();
        }
    }
    show.sold_before = i16::try_from(early).unwrap_or(i16::MAX);
}

/// Density of sales `lead` hours before the start: shortly before it, on the day, and ahead.
fn lead_density(lead: f64, ahead: f64) -> f64 {
    let exponential = |mean: f64| (-lead / mean).exp() / mean;
    0.40 * exponential(1.3) + 0.32 * exponential(12.0) + 0.28 / ahead
}

fn group_size(generator: &mut impl Rng) -> u16 {
    let mut draw: f64 = generator.random();
    for (size, chance) in (1..).zip(GROUPS) {
        draw -= chance;
        if draw < 0.0 {
            return size;
        }
    }
    1
}

/// Draws how many come where `mean` are expected, a small number (Knuth's method).
fn poisson(mean: f64, generator: &mut impl Rng) -> u32 {
    let (limit, mut product, mut count) = ((-mean).exp(), generator.random::<f64>(), 0);
    while product > limit {
        product *= generator.random::<f64>();
        count += 1;
    }
    count
}

/// A factor whose logarithm is normal about 0 (the sum of twelve draws is nearly so).
fn log_normal(deviation: f64, generator: &mut impl Rng) -> f64 {
    let sum: f64 = (0..12).map(|_| generator.random::<f64>()).sum();
    (deviation * (sum - 6.0)).exp()
}

fn id(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(0) + 1
}
