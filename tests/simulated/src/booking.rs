//! The booking process: who takes and leaves which seat of a showtime, and when.
//!
//! A history is made once from the showtime's seed. The state at any instant is the opening
//! state with the events up to then applied, so truth can be asked for at any instant.

use std::{cmp::Reverse, collections::BinaryHeap};

use rand::{Rng, RngExt};

use super::{
    calendar::{Calendar, ON_SALE_MS},
    layout::{Kind, Layout},
    seed,
};

/// The state of a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatState {
    /// To be had.
    Free,
    /// In somebody's basket.
    Held,
    /// Paid for.
    Sold,
    /// Kept back by the cinema, for this showtime.
    Blocked,
    /// Out of order, for every showtime of the auditorium.
    Broken,
    /// Kept for the house.
    House,
}

/// One change of one seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// Wall milliseconds before the start of the showtime.
    pub before_start_ms: u32,
    /// Index of the seat in its layout.
    pub seat: u16,
    /// The state from then on.
    pub state: SeatState,
}

/// All that happens to the seats of one showtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// State of every seat before the first event.
    pub opening: Box<[SeatState]>,
    /// Changes in the order in which they happen.
    pub events: Box<[Event]>,
    /// Start of the showtime, Unix milliseconds.
    pub starts_at_ms: i64,
}

impl History {
    /// Returns the wall instant of an event, Unix milliseconds.
    #[must_use]
    pub fn at_ms(&self, event: &Event) -> i64 {
        self.starts_at_ms - i64::from(event.before_start_ms)
    }

    /// Returns the state of every seat at `now_ms`; an event at that very instant counts.
    #[must_use]
    pub fn at(&self, now_ms: i64) -> Vec<SeatState> {
        let mut states = self.opening.to_vec();
        for event in &self.events {
            if self.at_ms(event) > now_ms {
                break;
            }
            states[usize::from(event.seat)] = event.state;
        }
        states
    }
}

/// What decides a history apart from the layout.
#[derive(Debug, Clone, Copy)]
pub struct Demand {
    /// Seed of the showtime.
    pub seed: u64,
    /// Seed of the auditorium: its broken seats are the same in every showtime.
    pub auditorium_seed: u64,
    /// Share of the seats that people try to buy before the start, may exceed 1.
    pub occupancy: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    Pay,
    Drop,
    Return,
}

/// A group of neighbours: the first seat and how many.
type Group = (u16, u16);

/// Makes the history of a showtime that starts at the wall instant `starts_at_ms`.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a fortnight in milliseconds fits"
)]
pub fn history(layout: &Layout, demand: Demand, calendar: Calendar, starts_at_ms: i64) -> History {
    let mut generator = seed::generator(&[demand.seed]);
    let opening = opening(layout, demand);
    let mut states = opening.clone();
    let mut arrivals = arrivals(layout.seats.len(), demand.occupancy, &mut generator);
    arrivals.reverse();
    let mut pending: BinaryHeap<Reverse<(i64, Group, Next)>> = BinaryHeap::new();
    let mut events = Vec::with_capacity(arrivals.len() * 6);
    loop {
        let due = pending.peek().map_or(i64::MAX, |Reverse((at, ..))| *at);
        let arrival = arrivals.last().map_or(i64::MAX, |(at, _)| *at);
        let at = due.min(arrival);
        if at >= ON_SALE_MS {
            break;
        }
        let before_start_ms = calendar
            .shrink(ON_SALE_MS - at)
            .clamp(0, i64::from(u32::MAX)) as u32;
        let mut change = |(first, count): Group, state: SeatState| {
            for seat in first..first + count {
                states[usize::from(seat)] = state;
                events.push(Event {
                    before_start_ms,
                    seat,
                    state,
                });
            }
        };
        if due <= arrival {
            let Some(Reverse((_, group, next))) = pending.pop() else {
                break;
            };
            match next {
                Next::Pay => {
                    change(group, SeatState::Sold);
                    if generator.random_bool(0.05) {
                        let left = (ON_SALE_MS - at) as f64;
                        let back = at + (left * generator.random::<f64>()) as i64;
                        pending.push(Reverse((back, group, Next::Return)));
                    }
                }
                Next::Drop | Next::Return => change(group, SeatState::Free),
            }
        } else {
            let Some((_, size)) = arrivals.pop() else {
                break;
            };
            let Some(group) = choose(layout, &states, size, &mut generator) else {
                continue;
            };
            for seat in group.0..group.0 + group.1 {
                states[usize::from(seat)] = SeatState::Held;
                events.push(Event {
                    before_start_ms,
                    seat,
                    state: SeatState::Held,
                });
            }
            let basket_ms = generator.random_range(60_000..720_000);
            let next = if generator.random_bool(0.8) {
                Next::Pay
            } else {
                Next::Drop
            };
            pending.push(Reverse((at + basket_ms, group, next)));
        }
    }
    History {
        opening: opening.into_boxed_slice(),
        events: events.into_boxed_slice(),
        starts_at_ms,
    }
}

/// Returns the seats before anyone came: nearly all free, a few broken, blocked or kept.
fn opening(layout: &Layout, demand: Demand) -> Vec<SeatState> {
    let state = |seat: usize| {
        if seed::fraction(&[demand.auditorium_seed, 2, seat as u64]) < 0.006 {
            SeatState::Broken
        } else if seed::fraction(&[demand.auditorium_seed, 3, seat as u64]) < 0.005 {
            SeatState::House
        } else if seed::fraction(&[demand.seed, 4, seat as u64]) < 0.004 {
            SeatState::Blocked
        } else {
            SeatState::Free
        }
    };
    (0..layout.seats.len()).map(state).collect()
}

/// Draws when groups of which size come, earliest first, in milliseconds after the sale opened.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a fortnight in milliseconds"
)]
fn arrivals(seats: usize, occupancy: f64, generator: &mut impl Rng) -> Vec<(i64, u16)> {
    const SIZES: [(f64, u16); 6] = [
        (0.22, 1),
        (0.66, 2),
        (0.78, 3),
        (0.92, 4),
        (0.97, 5),
        (1.0, 6),
    ];
    // A fifth of the baskets are dropped, so more come than buy.
    let mut wanted = seats as f64 * occupancy / 0.8;
    let mut arrivals = Vec::new();
    while wanted > 0.0 {
        let draw: f64 = generator.random();
        let size = SIZES
            .iter()
            .find(|(share, _)| draw < *share)
            .map_or(2, |(_, size)| *size);
        // A few come evenly over the fortnight, most in the last days and hours.
        let lead: f64 = generator.random();
        let lead = if generator.random_bool(0.15) {
            lead
        } else {
            lead.powi(5)
        };
        arrivals.push(((ON_SALE_MS as f64 * (1.0 - lead)) as i64, size));
        wanted -= f64::from(size);
    }
    arrivals.sort_unstable();
    arrivals
}

/// Finds the nicest free neighbours among a few tries; smaller groups if there are none.
#[expect(clippy::cast_possible_truncation, reason = "at most 400 seats")]
fn choose(
    layout: &Layout,
    states: &[SeatState],
    size: u16,
    generator: &mut impl Rng,
) -> Option<Group> {
    let mut size = size;
    loop {
        let mut best: Option<(f32, Group)> = None;
        for _ in 0..10 {
            let first = generator.random_range(0..layout.seats.len()) as u16;
            let Some(group) = fit(layout, states, first, size) else {
                continue;
            };
            let seat = &layout.seats[usize::from(group.0 + group.1 / 2)];
            let score = seat.appeal + 0.2 * generator.random::<f32>();
            if best.is_none_or(|(known, _)| score > known) {
                best = Some((score, group));
            }
        }
        match best {
            Some((_, group)) => return Some(group),
            None if size == 1 => return None,
            None => size /= 2,
        }
    }
}

/// Returns the group that would sit from `first` on, if all its seats are free.
fn fit(layout: &Layout, states: &[SeatState], first: u16, size: u16) -> Option<Group> {
    let (first, size) = match layout.seats[usize::from(first)].kind {
        Kind::SofaLeft => (first, size + size % 2),
        Kind::SofaRight => (first - 1, size + size % 2),
        Kind::Wheelchair if size > 1 => return None,
        Kind::Standard | Kind::Companion | Kind::Wheelchair => (first, size),
    };
    let end = first + size;
    let range = usize::from(first)..usize::from(end);
    let fits = end <= layout.seats[usize::from(first)].run_end
        && states[range].iter().all(|state| *state == SeatState::Free);
    fits.then_some((first, size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{calendar::DAY_MS, shape::Shape};

    const CALENDAR: Calendar = Calendar {
        epoch_ms: 0,
        speed: 1.0,
    };
    const START_MS: i64 = 20 * DAY_MS;

    fn histories() -> Vec<History> {
        let layout = Layout::generate(7, Shape::Bhd, 1);
        let demand = |seed| Demand {
            seed,
            auditorium_seed: 1,
            occupancy: 0.5,
        };
        (0..60)
            .map(|seed| history(&layout, demand(seed), CALENDAR, START_MS))
            .collect()
    }

    fn sold(histories: &[History], now_ms: i64) -> usize {
        let states = histories.iter().flat_map(|history| history.at(now_ms));
        states.filter(|state| *state == SeatState::Sold).count()
    }

    #[test]
    fn sales_rise_towards_the_start() {
        let histories = histories();
        let days = [13, 10, 6, 3, 1, 0].map(|day| sold(&histories, START_MS - day * DAY_MS));
        assert!(days.is_sorted(), "{days:?}");
        assert!(days[5] > 3 * days[2], "most are sold late: {days:?}");
    }

    #[test]
    fn some_sold_seats_are_returned_and_some_baskets_dropped() {
        let mut returned = 0;
        let mut dropped = 0;
        for history in histories() {
            let mut states = history.opening.to_vec();
            for event in &history.events {
                let before = std::mem::replace(&mut states[usize::from(event.seat)], event.state);
                assert_ne!(before, event.state, "an event changes its seat");
                match (before, event.state) {
                    (SeatState::Sold, SeatState::Free) => returned += 1,
                    (SeatState::Held, SeatState::Free) => dropped += 1,
                    _ => {}
                }
            }
        }
        assert!(returned > 0 && dropped > returned, "{returned} {dropped}");
    }

    #[test]
    fn the_same_seed_gives_the_same_history() {
        assert_eq!(histories(), histories());
    }

    #[test]
    fn a_seat_that_is_not_for_sale_stays_so() {
        for history in histories() {
            let last = history.at(START_MS);
            for (before, after) in history.opening.iter().zip(last) {
                assert!(*before == SeatState::Free || *before == after);
            }
        }
    }
}
