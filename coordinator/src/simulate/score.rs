//! Scores looks: the share of the sales that they saw, and how late.

use std::time::Duration;

use super::world::World;
use crate::{db_time::DbTime, policy::SEEN_WITHIN};

/// Time for which a simulation continues after the last start.
pub const AFTER_ALL: Duration = Duration::from_hours(3);

/// The looks at each showtime of a world, in the order of the showtimes and of time.
pub type Looks = Vec<Vec<DbTime>>;

/// The score of looks at a world.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Score {
    /// Requests.
    pub looks: usize,
    /// Share of the sales that were seen within [`SEEN_WITHIN`].
    pub seen_in_time: f64,
    /// Mean time from a sale to the look that shows it, over the sales that were seen at all.
    pub mean_delay: Duration,
    /// Share of the sales that no look showed.
    pub never_seen: f64,
    /// Showtimes that were looked at within [`SEEN_WITHIN`] before their start.
    pub last_looks: usize,
    /// Showtimes that were looked at within [`SEEN_WITHIN`] after their start.
    pub first_looks_after: usize,
    /// Showtimes.
    pub showtimes: usize,
    /// Longest time between two looks at a showtime.
    pub longest_gap: Duration,
}

/// Scores looks.
#[must_use]
pub fn score(world: &World, looks: &Looks) -> Score {
    let mut score = Score {
        showtimes: world.shows.len(),
        ..Score::default()
    };
    let (mut sales, mut in_time, mut seen, mut delay) = (0_u32, 0_u32, 0_u32, 0.0);
    for (show, looks) in world.shows.iter().zip(looks) {
        score.looks += looks.len();
        for sale in &show.sales {
            sales += 1;
            if let Some(look) = looks.get(looks.partition_point(|look| look < sale)) {
                let late = look.since(*sale);
                seen += 1;
                delay += late.as_secs_f64();
                in_time += u32::from(late <= SEEN_WITHIN);
            }
        }
        let is_within =
            |from: DbTime, to: DbTime| looks.iter().any(|look| (from..=to).contains(look));
        let start = show.starts_at;
        score.last_looks += usize::from(is_within(start.before(SEEN_WITHIN), start));
        score.first_looks_after += usize::from(is_within(start, start + SEEN_WITHIN));
        for pair in looks.windows(2) {
            score.longest_gap = score.longest_gap.max(pair[1].since(pair[0]));
        }
    }
    let share = |part: u32, of: u32| f64::from(part) / f64::from(of.max(1));
    score.seen_in_time = share(in_time, sales);
    score.never_seen = share(sales - seen, sales);
    score.mean_delay = Duration::from_secs_f64(delay / f64::from(seen.max(1)));
    score
}
