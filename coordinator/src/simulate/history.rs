//! Sales from stored snapshots: sales that no snapshot shows are missing.
//!
//! Seats that were sold between two stored snapshots are spread evenly over the time between them,
//! so a showtime with few looks seems calmer than it was. Seats that were sold after the last look
//! are not in it.

use std::collections::HashMap;

use schema::sales::SoldAt;

use super::world::{Show, World};
use crate::db_time::DbTime;

/// Makes a world of snapshots in the order of showtime and time; `None` if there are none.
#[must_use]
pub fn world(rows: &[SoldAt]) -> Option<World> {
    let mut keys: HashMap<i32, usize> = HashMap::new();
    let shows: Vec<Show> = rows
        .chunk_by(|one, next| one.showtime_id == next.showtime_id)
        .filter_map(|snapshots| {
            let count = keys.len();
            let key = *keys.entry(snapshots.first()?.limit_key_id).or_insert(count);
            show(key, snapshots)
        })
        .collect();
    Some(World {
        keys: keys.len(),
        begins_at: shows.iter().map(|show| show.listed_at).min()?,
        ends_at: shows.iter().map(|show| show.starts_at).max()? + super::score::AFTER_ALL,
        shows,
    })
}

fn show(key: usize, snapshots: &[SoldAt]) -> Option<Show> {
    let first = snapshots.first()?;
    let mut sales = Vec::new();
    for pair in snapshots.windows(2) {
        let (from, to) = (
            DbTime::from(pair[0].observed_at),
            DbTime::from(pair[1].observed_at),
        );
        let sold = u32::try_from(pair[1].sold.saturating_sub(pair[0].sold)).unwrap_or(0);
        sales.extend((1..=sold).map(|seat| from + to.since(from) * seat / sold));
    }
    let starts_at = DbTime::from(first.starts_at);
    sales.retain(|sale| *sale <= starts_at);
    Some(Show {
        key,
        film_id: first.film_id,
        cinema_id: first.cinema_id,
        listed_at: DbTime::from(first.observed_at).min(starts_at),
        starts_at,
        seats: u16::try_from(first.seats).unwrap_or(u16::MAX),
        sold_before: first.sold,
        sales,
        truth: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sold_between_two_snapshots_is_spread_evenly() {
        let at = |minute: i64| chrono::DateTime::from_timestamp(60 * minute, 0).unwrap_or_default();
        let row = |minute, sold| SoldAt {
            showtime_id: 7,
            film_id: 1,
            cinema_id: 2,
            limit_key_id: 3,
            starts_at: at(60),
            observed_at: at(minute),
            sold,
            seats: 100,
        };
        let world = world(&[row(10, 4), row(20, 6), row(30, 5)]);
        let sales = world.map(|world| world.shows[0].sales.clone());
        assert_eq!(sales, Some(vec![at(15).into(), at(20).into()]));
    }
}
