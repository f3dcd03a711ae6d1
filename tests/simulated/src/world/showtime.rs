//! Showtimes: each key holds its cinema, auditorium, day and slot.

use crate::{layout::Area, price, shape::Shape};

/// One showtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Showtime {
    /// Key, unique in the chain.
    pub key: u64,
    /// Number of the cinema.
    pub cinema: u32,
    /// Number of the auditorium, from 0.
    pub auditorium: u8,
    /// Number of the film.
    pub film: u16,
    /// Number of the layout.
    pub layout: usize,
    /// Start on the wall clock, Unix milliseconds.
    pub starts_at_ms: i64,
    /// Simulated day, counted from two days before the epoch.
    pub day: u64,
    /// Place in the auditorium's day, from 0.
    pub slot: u8,
    /// What its prices are multiplied by where they are shown; 1 unless the site was
    /// redesigned.
    pub price_factor: i64,
}

impl Showtime {
    /// Returns the price of an adult's ticket as it is shown, in hundredths of the currency.
    #[must_use]
    pub fn adult_price(&self, shape: Shape, area: Area) -> i64 {
        price::adult(shape, self.cinema, self.slot == 0, area) * self.price_factor
    }
}

/// Where and when in its chain a showtime is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Number of the cinema.
    pub cinema: u32,
    /// Number of the auditorium, from 0.
    pub auditorium: u8,
    /// Simulated day, counted from two days before the epoch.
    pub day: u64,
    /// Place in the auditorium's day, from 0.
    pub slot: u8,
}

const SLOT_BITS: u32 = 3;
const DAY_BITS: u32 = 15;
const AUDITORIUM_BITS: u32 = 4;

/// Returns the lowest `bits` of `key`, and the rest.
const fn split(key: u64, bits: u32) -> (u64, u64) {
    (key & ((1 << bits) - 1), key >> bits)
}

impl Place {
    /// Reads a key; `None` if it is none of any chain.
    #[must_use]
    pub fn of_key(key: u64) -> Option<Self> {
        let (slot, rest) = split(key, SLOT_BITS);
        let (day, rest) = split(rest, DAY_BITS);
        let (auditorium, cinema) = split(rest, AUDITORIUM_BITS);
        Some(Self {
            cinema: u32::try_from(cinema.checked_sub(1)?).ok()?,
            auditorium: u8::try_from(auditorium).ok()?,
            day,
            slot: u8::try_from(slot).ok()?,
        })
    }

    /// Returns the key, unique in the chain.
    #[must_use]
    pub fn key(self) -> u64 {
        let cinema = (u64::from(self.cinema) + 1) << AUDITORIUM_BITS;
        let day = ((cinema | u64::from(self.auditorium)) << DAY_BITS) | self.day;
        (day << SLOT_BITS) | u64::from(self.slot)
    }
}
