//! Schedules that know what no leader can know, with the same budget: evenly spaced
//! requests at the rate of each limit key.
//!
//! **[`of_rates`]** knows the true rate of sales of every showtime at every time, but not the
//! single sales. Each request looks where the expected sales of the last [`SEEN_WITHIN`] are
//! highest, among showtimes that were not seen for that long. In the long run no schedule that
//! cannot foresee single sales does better, so a policy can be measured by it.
//!
//! **[`of_sales`]** knows every single sale of the future. A look is worth the sales of the
//! `SEEN_WITHIN` before it that no other look shows in time. It takes the windows with the most
//! unseen sales first and gives each a request within the window, moving other requests to make
//! room (augmenting paths, so a window is refused only if it cannot fit with the windows before
//! it). Greedy for the cover, exact for the requests: a lower bound of the best schedule, which
//! sees all sales if the budget allows it.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, VecDeque},
    ops::Range,
    time::Duration,
};

use super::{
    score::Looks,
    world::{Show, World},
};
use crate::{db_time::DbTime, policy::SEEN_WITHIN};

/// Looks of who knows the true rates. The world must know its truth.
#[must_use]
pub fn of_rates(world: &World, rate_per_second: f64) -> Looks {
    let mut looks: Looks = vec![Vec::new(); world.shows.len()];
    for key in 0..world.keys {
        let mut waiting = of_key(world, key);
        waiting.sort_by_key(|number| Reverse(world.shows[*number].listed_at));
        let mut on_sale: Vec<usize> = Vec::new();
        for now in slots(world, rate_per_second) {
            while waiting
                .last()
                .is_some_and(|number| world.shows[*number].listed_at <= now)
            {
                on_sale.extend(waiting.pop());
            }
            on_sale.retain(|number| world.shows[*number].starts_at + SEEN_WITHIN > now);
            let rested = |number: &&usize| {
                looks[**number]
                    .last()
                    .is_none_or(|last| *last + SEEN_WITHIN <= now)
            };
            let worth =
                |number: &usize| world.shows[*number].expected(now.before(SEEN_WITHIN), now);
            let best = on_sale
                .iter()
                .filter(rested)
                .map(|number| (worth(number), *number))
                .max_by(|a, b| a.0.total_cmp(&b.0));
            if let Some((_, number)) = best.filter(|(worth, _)| *worth > 0.0) {
                looks[number].push(now);
            }
        }
    }
    looks
}

/// Looks of who knows every sale.
#[must_use]
pub fn of_sales(world: &World, rate_per_second: f64) -> Looks {
    let mut looks: Looks = vec![Vec::new(); world.shows.len()];
    for key in 0..world.keys {
        let slots: Vec<DbTime> = slots(world, rate_per_second).collect();
        let mut plan = Plan::new(slots);
        let mut windows = BinaryHeap::new();
        let numbers = of_key(world, key);
        let mut seen: Vec<Vec<bool>> = Vec::new();
        for (index, number) in numbers.iter().enumerate() {
            let show = &world.shows[*number];
            seen.push(vec![false; show.sales.len()]);
            let firsts = (0..show.sales.len())
                .filter(|sale| *sale == 0 || show.sales[sale - 1] != show.sales[*sale]);
            windows.extend(
                firsts.map(|first| (unseen(show, &seen[index], first).0, Reverse((index, first)))),
            );
        }
        while let Some((worth, Reverse((index, first)))) = windows.pop() {
            let show = &world.shows[numbers[index]];
            let (now_worth, last) = unseen(show, &seen[index], first);
            if now_worth == 0 {
                continue;
            }
            if now_worth < worth {
                windows.push((now_worth, Reverse((index, first))));
                continue;
            }
            if plan.add(
                numbers[index],
                show.sales[last],
                show.sales[first] + SEEN_WITHIN,
            ) {
                seen[index][first..=last].fill(true);
            }
        }
        for (number, at) in plan.looks() {
            looks[number].push(at);
        }
    }
    for looks in &mut looks {
        looks.sort_unstable();
    }
    looks
}

/// Unseen sales in the window that begins with sale `first`, and the last of them.
fn unseen(show: &Show, seen: &[bool], first: usize) -> (usize, usize) {
    let until = show.sales[first] + SEEN_WITHIN;
    let (mut count, mut last) = (0, first);
    for (sale, (at, is_seen)) in show.sales.iter().zip(seen).enumerate().skip(first) {
        if *at > until {
            break;
        }
        if !is_seen {
            (count, last) = (count + 1, sale);
        }
    }
    (count, last)
}

fn of_key(world: &World, key: usize) -> Vec<usize> {
    (0..world.shows.len())
        .filter(|number| world.shows[*number].key == key)
        .collect()
}

fn slots(world: &World, rate_per_second: f64) -> impl Iterator<Item = DbTime> {
    let (begins_at, ends_at) = (world.begins_at, world.ends_at);
    (1_u32..)
        .map(move |slot| begins_at + Duration::from_secs_f64(f64::from(slot) / rate_per_second))
        .take_while(move |at| *at <= ends_at)
}

/// Requests, and the windows that have one each: a matching that grows by augmenting paths.
struct Plan {
    slots: Vec<DbTime>,
    /// The window that has each slot.
    taken: Vec<Option<usize>>,
    /// No path leads from here to a free slot, now or ever.
    is_closed: Vec<bool>,
    /// The showtime of each window, and its slots.
    windows: Vec<(usize, Range<usize>)>,
    /// The slot that each window has.
    has: Vec<Option<usize>>,
}

impl Plan {
    fn new(slots: Vec<DbTime>) -> Self {
        Self {
            taken: vec![None; slots.len()],
            is_closed: vec![false; slots.len()],
            slots,
            windows: Vec::new(),
            has: Vec::new(),
        }
    }

    /// Gives a window from `from` to `to` a request, if that can be done.
    fn add(&mut self, show: usize, from: DbTime, to: DbTime) -> bool {
        let range = self.slots.partition_point(|slot| *slot < from)
            ..self.slots.partition_point(|slot| *slot <= to);
        let window = self.windows.len();
        self.windows.push((show, range));
        self.has.push(None);
        // Breadth first: from a window to its slots, from a slot to the window that has it.
        let mut came_from: HashMap<usize, usize> = HashMap::new();
        let mut queue = VecDeque::from([window]);
        while let Some(at) = queue.pop_front() {
            for slot in self.windows[at].1.clone().rev() {
                if self.is_closed[slot] || came_from.contains_key(&slot) {
                    continue;
                }
                came_from.insert(slot, at);
                let Some(holder) = self.taken[slot] else {
                    self.shift(slot, &came_from);
                    return true;
                };
                queue.push_back(holder);
            }
        }
        for slot in came_from.into_keys() {
            self.is_closed[slot] = true;
        }
        self.windows.pop();
        self.has.pop();
        false
    }

    /// Moves windows along the path that led to a free slot; the last to move is the new one.
    fn shift(&mut self, free: usize, came_from: &HashMap<usize, usize>) {
        let mut free = Some(free);
        while let Some(slot) = free {
            let window = came_from[&slot];
            self.taken[slot] = Some(window);
            free = self.has[window].replace(slot);
        }
    }

    fn looks(&self) -> impl Iterator<Item = (usize, DbTime)> {
        let taken = self.taken.iter().zip(&self.slots);
        taken.filter_map(|(holder, at)| holder.map(|window| (self.windows[window].0, *at)))
    }
}
