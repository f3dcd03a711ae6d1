//! The world: chains, cinemas and showtimes, found by their numbers and never stored.
//!
//! A showtime's key holds its cinema, auditorium, day and slot, so any showtime can be found
//! without a list of all of them, and thousands of cinemas cost nothing until they are asked for.

mod showtime;

pub use showtime::{Place, Showtime};

use std::sync::Arc;

use jiff::{Timestamp, Zoned, tz::TimeZone};

use super::{
    booking::{self, Demand, History},
    cache::Cache,
    calendar::{Calendar, DAY_MS},
    film,
    layout::Layout,
    options::WorldOptions,
    seat_map::Plan,
    seed,
    shape::{Shape, Town},
};

/// All chains, and what they share.
#[derive(Debug)]
pub struct World {
    /// The options from which it was made.
    pub options: WorldOptions,
    /// How simulated time lies on the wall clock.
    pub calendar: Calendar,
    /// The chains, in order.
    pub chains: Vec<Chain>,
    plans: Vec<Vec<Arc<Plan>>>,
    histories: Cache<History>,
}

/// One chain.
#[derive(Debug, Clone)]
pub struct Chain {
    /// Name, such as `bhd-1`; the first part of its addresses.
    pub name: String,
    /// The shape in which it answers.
    pub shape: Shape,
    /// Number among the chains.
    pub number: usize,
}

/// One cinema.
#[derive(Debug, Clone, Copy)]
pub struct Cinema {
    /// Number among the chain's cinemas.
    pub number: u32,
    /// How many auditoriums it has.
    pub auditoriums: u8,
    /// Where it is.
    pub town: &'static Town,
}

/// Days before the epoch that have numbers, so that showtimes just past are found too.
const DAYS_BEFORE_EPOCH: i64 = 2;
/// How long a showtime is listed after its start, in simulated time.
const LISTED_AFTER_START_MS: i64 = 30 * 60_000;
/// How long seats are shown after the start: three hours, but never less than a minute of the wall.
const SHOWN_AFTER_START_MS: i64 = 3 * 3_600_000;
/// Histories kept at the same time, some 2 kB each.
const HISTORIES: usize = 100_000;

impl World {
    /// Makes the world that the options describe; without an epoch it begins now.
    #[must_use]
    pub fn new(options: WorldOptions) -> Self {
        let epoch = options.epoch.unwrap_or_else(Timestamp::now);
        let chains: Vec<Chain> = (0..options.chains)
            .map(|number| {
                let shape = Shape::ALL[number % Shape::ALL.len()];
                let name = format!("{}-{}", shape.name(), number / Shape::ALL.len() + 1);
                Chain {
                    name,
                    shape,
                    number,
                }
            })
            .collect();
        let plan = |shape, number| {
            Arc::new(Plan::of(
                shape,
                Layout::generate(options.seed, shape, number),
            ))
        };
        let plans = |shape| {
            (0..options.layouts.max(1))
                .map(|number| plan(shape, number))
                .collect()
        };
        Self {
            plans: Shape::ALL.into_iter().map(plans).collect(),
            calendar: Calendar {
                epoch_ms: epoch.as_millisecond(),
                speed: options.speed,
            },
            chains,
            options,
            histories: Cache::new(HISTORIES),
        }
    }

    /// Returns the chain with this name.
    #[must_use]
    pub fn chain(&self, name: &str) -> Option<&Chain> {
        // The name says the number, so a thousand chains cost no search.
        let (shape, round) = name.rsplit_once('-')?;
        let round = round.parse::<usize>().ok()?.checked_sub(1)?;
        let number = round * Shape::ALL.len() + Shape::named(shape)? as usize;
        self.chains.get(number).filter(|chain| chain.name == name)
    }

    /// Returns a layout of a shape, ready to be rendered.
    #[must_use]
    pub fn plan(&self, shape: Shape, layout: usize) -> Option<&Plan> {
        self.plans.get(shape as usize)?.get(layout).map(Arc::as_ref)
    }

    /// Returns a cinema of a chain.
    #[must_use]
    pub fn cinema(&self, chain: &Chain, number: u32) -> Option<Cinema> {
        if number >= self.options.cinemas {
            return None;
        }
        let parts = [
            self.options.seed,
            10,
            chain.number as u64,
            u64::from(number),
        ];
        let most = self.options.auditoriums;
        let fewest = most.div_ceil(2);
        let more = seed::index(&parts, usize::from(most - fewest) + 1);
        let towns = chain.shape.towns();
        Some(Cinema {
            number,
            auditoriums: fewest + u8::try_from(more).unwrap_or(0),
            town: &towns[number as usize % towns.len()],
        })
    }

    /// Returns the showtime with this key, if there is one.
    #[must_use]
    pub fn showtime(&self, chain: &Chain, key: u64) -> Option<Showtime> {
        let place = Place::of_key(key)?;
        let cinema = self.cinema(chain, place.cinema)?;
        let exists = place.auditorium < cinema.auditoriums && place.slot < self.options.shows;
        exists.then(|| self.showtime_at(chain, cinema, place))
    }

    /// Returns the showtimes that a cinema lists at `now_ms`, in the order of their starts.
    #[must_use]
    pub fn listed(&self, chain: &Chain, cinema: Cinema, now_ms: i64) -> Vec<Showtime> {
        let step_ms = chain.shape.start_step_ms();
        let first_ms = now_ms - self.calendar.shrink(LISTED_AFTER_START_MS);
        let last_ms = now_ms + self.calendar.shrink(i64::from(self.options.days) * DAY_MS);
        let day = |at_ms: i64| self.calendar.simulated(at_ms).div_euclid(DAY_MS) - self.day_zero();
        let mut showtimes = Vec::new();
        for day in day(first_ms - step_ms) - 1..=day(last_ms) + 1 {
            let Ok(day) = u64::try_from(day) else {
                continue;
            };
            for auditorium in 0..cinema.auditoriums {
                for slot in 0..self.options.shows {
                    let place = Place {
                        cinema: cinema.number,
                        auditorium,
                        day,
                        slot,
                    };
                    let showtime = self.showtime_at(chain, cinema, place);
                    if (first_ms..last_ms).contains(&showtime.starts_at_ms) {
                        showtimes.push(showtime);
                    }
                }
            }
        }
        showtimes.sort_by_key(|showtime| (showtime.starts_at_ms, showtime.key));
        showtimes
    }

    /// Tells whether a chain still shows the seats of a showtime at `now_ms`.
    #[must_use]
    pub fn shows_seats(&self, showtime: &Showtime, now_ms: i64) -> bool {
        let grace_ms = self.calendar.shrink(SHOWN_AFTER_START_MS).max(60_000);
        now_ms < showtime.starts_at_ms + grace_ms
    }

    /// Returns all that happens to the seats of a showtime.
    #[must_use]
    pub fn history(&self, chain: &Chain, showtime: &Showtime) -> Arc<History> {
        let key = seed::mix(&[chain.number as u64, showtime.key]);
        self.histories
            .get(key, || self.make_history(chain, showtime))
    }

    /// Returns an instant on the cinema's own clock.
    #[must_use]
    pub fn local(&self, cinema: Cinema, at_ms: i64) -> Zoned {
        let timezone = TimeZone::get(cinema.town.timezone).unwrap_or(TimeZone::UTC);
        Timestamp::from_millisecond(at_ms)
            .unwrap_or_default()
            .to_zoned(timezone)
    }

    fn make_history(&self, chain: &Chain, showtime: &Showtime) -> History {
        let seed = self.options.seed;
        let (number, cinema) = (chain.number as u64, u64::from(showtime.cinema));
        let own = seed::mix(&[seed, 12, number, showtime.key]);
        let auditorium_seed =
            seed::mix(&[seed, 13, number, cinema, u64::from(showtime.auditorium)]);
        let place = 0.6 + 0.8 * seed::fraction(&[seed, 14, number, cinema]);
        let evening = if showtime.slot + 2 >= self.options.shows {
            1.2
        } else {
            0.7
        };
        let luck = 0.4 + 1.2 * seed::fraction(&[own, 15]);
        let demand = Demand {
            seed: own,
            auditorium_seed,
            occupancy: (0.55 * film::popularity(showtime.film) * place * evening * luck).min(1.1),
        };
        let layout = self
            .plan(chain.shape, showtime.layout)
            .map(|plan| &plan.layout);
        let empty = Layout {
            seats: Vec::new(),
            height: 0,
            width: 0,
        };
        booking::history(
            layout.unwrap_or(&empty),
            demand,
            self.calendar,
            showtime.starts_at_ms,
        )
    }

    fn day_zero(&self) -> i64 {
        self.calendar.epoch_ms.div_euclid(DAY_MS) - DAYS_BEFORE_EPOCH
    }

    /// Finds the showtime at a place. Its start is rounded up to what the shape can say, so
    /// that the emitted start is the true one.
    fn showtime_at(&self, chain: &Chain, cinema: Cinema, place: Place) -> Showtime {
        let auditorium = seed::mix(&[
            self.options.seed,
            20,
            chain.number as u64,
            u64::from(place.cinema),
            u64::from(place.auditorium),
        ]);
        let own = seed::mix(&[auditorium, place.day, u64::from(place.slot)]);
        // From ten in the morning to past midnight, in steps of five minutes.
        let spread_ms = 14 * 3_600_000 / i64::from(self.options.shows);
        let minutes = i64::try_from(seed::index(&[own], 12)).unwrap_or(0) * 5;
        let of_day_ms = 10 * 3_600_000 + i64::from(place.slot) * spread_ms + minutes * 60_000;
        let date = self.day_zero() + i64::try_from(place.day).unwrap_or(0);
        let offset_ms = offset_ms(cinema.town.longitude);
        let exact_ms = self.calendar.wall(date * DAY_MS + of_day_ms - offset_ms);
        let step_ms = chain.shape.start_step_ms();
        Showtime {
            key: place.key(),
            cinema: place.cinema,
            auditorium: place.auditorium,
            film: film::of_showtime(&[own, 21]),
            layout: seed::index(&[auditorium], self.options.layouts.max(1)),
            starts_at_ms: exact_ms + (-exact_ms).rem_euclid(step_ms),
            day: place.day,
            slot: place.slot,
            price_factor: 1,
        }
    }
}

/// Returns roughly how far a place is ahead of UTC: enough for plausible hours of the day.
#[expect(clippy::cast_possible_truncation, reason = "at most twelve hours")]
fn offset_ms(longitude: f64) -> i64 {
    (longitude / 15.0).round() as i64 * 3_600_000
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn world(speed: f64) -> World {
        let epoch = Some("2026-03-01T09:00:00Z".parse().unwrap());
        World::new(WorldOptions {
            speed,
            epoch,
            layouts: 3,
            cinemas: 5,
            ..WorldOptions::default()
        })
    }

    #[test]
    fn every_listed_showtime_is_found_by_its_key() {
        let world = world(1000.0);
        let now_ms = world.calendar.epoch_ms + 3_600_000;
        for chain in &world.chains {
            let cinema = world.cinema(chain, 4).unwrap();
            let listed = world.listed(chain, cinema, now_ms);
            assert!(listed.len() > 100, "{} lists {}", chain.name, listed.len());
            for showtime in listed {
                assert_eq!(world.showtime(chain, showtime.key), Some(showtime));
            }
        }
    }

    #[test]
    fn the_same_options_give_the_same_world() {
        let (one, other) = (world(10.0), world(10.0));
        let chain = &one.chains[2];
        let cinema = one.cinema(chain, 1).unwrap();
        let now_ms = one.calendar.epoch_ms;
        let listed = one.listed(chain, cinema, now_ms);
        assert_eq!(listed, other.listed(chain, cinema, now_ms));
        assert_eq!(
            one.history(chain, &listed[0]),
            other.history(chain, &listed[0])
        );
    }

    #[test]
    fn a_fortnight_of_showtimes_starts_within_twenty_minutes_at_speed_1000() {
        let world = world(1000.0);
        let cinema = world.cinema(&world.chains[0], 0).unwrap();
        let now_ms = world.calendar.epoch_ms;
        let listed = world.listed(&world.chains[0], cinema, now_ms);
        let last = listed.last().unwrap().starts_at_ms;
        assert!(last - now_ms <= 1_210_000);
        assert!(last - now_ms > 1_100_000);
    }
}
