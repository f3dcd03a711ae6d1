//! The booking curve of a step: how sales come, by the time to the start and by the hour.
//!
//! A rate is `lead(time to start) × hour(hour of the day, UTC)`, in seats an hour of an
//! average showtime. Both begin with what is common (most seats go in the last hours, no
//! hour is known to be busier) and are learnt from every gap between two looks: each cell
//! is the mean of a gamma posterior, so a cell without sales of its own keeps its prior.
//! Learning forgets: a cell that has seen much halves what it has seen.

use std::time::Duration;

use crate::db_time::DbTime;

/// Cells by time to the start: up to 15 minutes, 30 minutes, and so on, doubling; the last
/// is open.
pub const LEADS: usize = 12;
/// Cells by hour of the day.
pub const HOURS: usize = 24;
/// Numbers by which a curve is stored: two for each cell.
pub const NUMBERS: usize = 2 * (LEADS + HOURS);

const FIRST_LEAD_MINUTES: u64 = 15;
const MINUTE_MICROS: i64 = 60_000_000;
const HOUR_MICROS: i64 = 60 * MINUTE_MICROS;

/// Seats an hour that an average showtime sells in each cell of the time to the start,
/// before anything is learnt.
const PRIOR_RATES: [f32; LEADS] = [
    14.0, 14.0, 11.0, 7.0, 4.0, 2.0, 1.0, 0.6, 0.35, 0.2, 0.1, 0.05,
];

/// Sales that it takes to move a cell half the way from its prior.
const PRIOR_SALES: f32 = 20.0;

/// Sales after which a cell halves its counts.
const MAX_SALES: f32 = 4_000.0;

/// A gap of more pieces than this says too little of each.
const MAX_PIECES: usize = 64;

/// Sales, and the sales or hours that would have been expected at a factor of one.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cell {
    /// Seats sold.
    pub sales: f32,
    /// What they are measured by.
    pub exposure: f32,
}

impl Cell {
    /// Adds what was seen; forgets where it has seen much.
    pub fn add(&mut self, sales: f32, exposure: f32) {
        self.sales += sales;
        self.exposure += exposure;
        if self.sales > MAX_SALES {
            self.sales /= 2.0;
            self.exposure /= 2.0;
        }
    }

    /// Mean of the gamma posterior: `prior` before anything was seen, `sales / exposure`
    /// after much more than `strength` sales.
    #[must_use]
    pub fn mean(&self, prior: f32, strength: f32) -> f32 {
        prior * (strength + self.sales) / (strength + prior * self.exposure)
    }
}

/// The booking curve of one step.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Curve {
    leads: [Cell; LEADS],
    hours: [Cell; HOURS],
}

/// A piece of time in one cell of each kind.
#[derive(Debug, Clone, Copy)]
struct Piece {
    lead: usize,
    hour: usize,
    hours: f32,
}

impl Curve {
    /// Seats an hour that an average showtime sells at `at`; nothing after its start.
    #[must_use]
    pub fn rate(&self, starts_at: DbTime, at: DbTime) -> f32 {
        if at >= starts_at {
            return 0.0;
        }
        self.lead_rate(lead_cell(starts_at.since(at))) * self.hour_factor(hour_cell(at))
    }

    /// Seats that an average showtime sells in the `gap` before `to`, a short one.
    #[must_use]
    pub fn expected_before(&self, starts_at: DbTime, to: DbTime, gap: Duration) -> f32 {
        self.rate(starts_at, to.before(gap / 2)) * gap.as_secs_f32() / 3600.0
    }

    /// Learns from the gap between two looks at one showtime, in which `sales` seats were
    /// sold; returns how many an average showtime would have sold in it.
    pub fn learn(&mut self, starts_at: DbTime, from: DbTime, to: DbTime, sales: f32) -> f32 {
        let mut pieces = [Piece {
            lead: 0,
            hour: 0,
            hours: 0.0,
        }; MAX_PIECES];
        let Some(pieces) = cut(&mut pieces, starts_at, from, to.min(starts_at)) else {
            return 0.0;
        };
        let of = |curve: &Self, piece: &Piece| {
            curve.lead_rate(piece.lead) * curve.hour_factor(piece.hour) * piece.hours
        };
        let expected: f32 = pieces.iter().map(|piece| of(self, piece)).sum();
        if expected <= 0.0 {
            return 0.0;
        }
        let before = self.clone();
        for piece in pieces {
            let share = sales * of(&before, piece) / expected;
            let (hour, lead) = (before.hour_factor(piece.hour), before.lead_rate(piece.lead));
            self.leads[piece.lead].add(share, hour * piece.hours);
            self.hours[piece.hour].add(share, lead * piece.hours);
        }
        expected
    }

    /// The numbers by which it is stored.
    #[must_use]
    pub fn numbers(&self) -> Vec<f32> {
        self.leads
            .iter()
            .chain(&self.hours)
            .flat_map(|cell| [cell.sales, cell.exposure])
            .collect()
    }

    /// The curve that was stored by these numbers, if they are such.
    #[must_use]
    pub fn of_numbers(numbers: &[f32]) -> Option<Self> {
        let mut curve = Self::default();
        if numbers.len() != NUMBERS || numbers.iter().any(|number| !number.is_finite()) {
            return None;
        }
        let cells = curve.leads.iter_mut().chain(&mut curve.hours);
        for (cell, pair) in cells.zip(numbers.chunks_exact(2)) {
            (cell.sales, cell.exposure) = (pair[0].max(0.0), pair[1].max(0.0));
        }
        Some(curve)
    }

    fn lead_rate(&self, cell: usize) -> f32 {
        self.leads[cell].mean(PRIOR_RATES[cell], PRIOR_SALES)
    }

    fn hour_factor(&self, cell: usize) -> f32 {
        self.hours[cell].mean(1.0, PRIOR_SALES)
    }
}

fn lead_cell(lead: Duration) -> usize {
    let quarters = lead.as_secs() / (60 * FIRST_LEAD_MINUTES);
    // 0 below the first edge, then one more for each doubling.
    let cell = (u64::BITS - quarters.leading_zeros()) as usize;
    cell.min(LEADS - 1)
}

fn hour_cell(at: DbTime) -> usize {
    usize::try_from(at.micros().rem_euclid(24 * HOUR_MICROS) / HOUR_MICROS).unwrap_or(0)
}

/// Cuts a time at the edges of the cells; `None` if there are too many pieces.
fn cut(
    pieces: &mut [Piece; MAX_PIECES],
    starts_at: DbTime,
    from: DbTime,
    to: DbTime,
) -> Option<&[Piece]> {
    let mut count = 0;
    let mut at = from;
    while at < to {
        let lead = lead_cell(starts_at.since(at));
        let hour_ends =
            DbTime::from_micros((at.micros().div_euclid(HOUR_MICROS) + 1) * HOUR_MICROS);
        let edge = if lead == 0 {
            Duration::ZERO
        } else {
            Duration::from_mins(FIRST_LEAD_MINUTES << (lead - 1))
        };
        // A cell holds its far edge, so the piece ends a moment past the near one.
        let lead_ends = starts_at.before(edge) + Duration::from_micros(1);
        let end = to
            .min(hour_ends)
            .min(lead_ends)
            .max(at + Duration::from_micros(1));
        *pieces.get_mut(count)? = Piece {
            lead,
            hour: hour_cell(at),
            hours: end.since(at).as_secs_f32() / 3600.0,
        };
        count += 1;
        at = end;
    }
    Some(&pieces[..count])
}
