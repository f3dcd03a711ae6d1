//! A world of sales: every showtime, and the instant at which each of its seats was sold.

use std::time::Duration;

use crate::db_time::DbTime;

/// The true rate of a showtime is given for pieces of time as long as this.
pub const PIECE: Duration = Duration::from_mins(5);

/// One showtime.
#[derive(Debug, Clone)]
pub struct Show {
    /// Number of its limit key, from 0.
    pub key: usize,
    /// Its film, from 1.
    pub film_id: i32,
    /// Its cinema, from 1.
    pub cinema_id: i32,
    /// When its source begins to list it.
    pub listed_at: DbTime,
    /// When it starts.
    pub starts_at: DbTime,
    /// All seats.
    pub seats: u16,
    /// Seats that were sold when it was listed.
    pub sold_before: i16,
    /// When each further seat was sold, in order.
    pub sales: Vec<DbTime>,
    /// Seats expected to be sold in each [`PIECE`] from `listed_at` on, where the truth is
    /// known.
    pub truth: Vec<f32>,
}

impl Show {
    /// Seats sold at `at`.
    #[must_use]
    pub fn sold(&self, at: DbTime) -> i16 {
        let sold = self.sales.partition_point(|sale| *sale <= at);
        self.sold_before
            .saturating_add(i16::try_from(sold).unwrap_or(i16::MAX))
    }

    /// Seats truly expected to be sold between two moments.
    #[must_use]
    pub fn expected(&self, from: DbTime, to: DbTime) -> f32 {
        let from = from.max(self.listed_at);
        if to <= from {
            return 0.0;
        }
        let piece_of = |at: DbTime| at.since(self.listed_at).as_secs_f32() / PIECE.as_secs_f32();
        let (first, last) = (piece_of(from), piece_of(to));
        let (mut expected, mut at) = (0.0, first);
        while at < last {
            let end = (at.floor() + 1.0).min(last);
            // Not negative, and as long as a fortnight has pieces.
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "see above"
            )]
            let rate = self.truth.get(at as usize).copied().unwrap_or(0.0);
            expected += rate * (end - at);
            at = end;
        }
        expected
    }
}

/// Showtimes and their sales, and the limit keys over which they are spread.
#[derive(Debug, Clone)]
pub struct World {
    /// The showtimes.
    pub shows: Vec<Show>,
    /// Limit keys.
    pub keys: usize,
    /// When the watching begins.
    pub begins_at: DbTime,
    /// When it ends.
    pub ends_at: DbTime,
}

impl World {
    /// Showtimes on sale at a time, on average.
    #[must_use]
    pub fn on_sale(&self) -> f64 {
        let listed = |show: &Show| show.starts_at.since(show.listed_at).as_secs_f64();
        self.shows.iter().map(listed).sum::<f64>()
            / self.ends_at.since(self.begins_at).as_secs_f64()
    }

    /// The rate of each limit key that a look at every showtime on sale each `gap` would take.
    #[must_use]
    pub fn rate_for(&self, gap: Duration) -> f64 {
        let keys = u32::try_from(self.keys.max(1)).unwrap_or(u32::MAX);
        self.on_sale() / gap.as_secs_f64() / f64::from(keys)
    }

    /// Seats sold while it was watched.
    #[must_use]
    pub fn sales(&self) -> usize {
        self.shows.iter().map(|show| show.sales.len()).sum()
    }
}
