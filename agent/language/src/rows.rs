//! The typed rows that an extraction gives, and that the store writes.

mod bytes;
mod film;

use compact_str::CompactString;
use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

pub use film::{Attribute, FilmFacts, FilmId, MAX_ATTRIBUTES, MAX_FILM_IDS};
pub use vocabulary::{AttributeKind, AttributeMeaning, SeatStatus};

/// The rows of one answer: of the kind of the step, in the order of the answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Rows {
    /// Cinemas of the source.
    Cinemas(Vec<Cinema>),
    /// Showtimes of one cinema or of many.
    Showtimes(Vec<Showtime>),
    /// All seats of one showtime at one time.
    Seats(SeatMap),
    /// Prices of one showtime at one time.
    Prices(Vec<Price>),
    /// Items over which further steps fan out.
    Items(Vec<Item>),
    /// Values over time other than seats.
    Observations(Vec<Observation>),
}

impl Rows {
    /// Returns how many bytes of memory they take, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        bytes::of(self)
    }

    /// Adds the rows of a further page; returns whether they are of the same kind, and does
    /// nothing if they are not.
    #[must_use]
    pub fn append(&mut self, page: Self) -> bool {
        match (self, page) {
            (Self::Cinemas(rows), Self::Cinemas(more)) => rows.extend(more),
            (Self::Showtimes(rows), Self::Showtimes(more)) => rows.extend(more),
            (Self::Seats(map), Self::Seats(more)) => {
                map.seats.extend(more.seats);
                map.prices.extend(more.prices);
                map.prices.sort();
                map.prices.dedup();
            }
            (Self::Prices(rows), Self::Prices(more)) => rows.extend(more),
            (Self::Items(rows), Self::Items(more)) => rows.extend(more),
            (Self::Observations(rows), Self::Observations(more)) => rows.extend(more),
            (
                Self::Cinemas(_)
                | Self::Showtimes(_)
                | Self::Seats(_)
                | Self::Prices(_)
                | Self::Items(_)
                | Self::Observations(_),
                _,
            ) => return false,
        }
        true
    }
}

/// One cinema as its source names it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cinema {
    /// The source's own key, unique in the source.
    pub key: String,
    /// Display name.
    pub name: String,
    /// IANA time zone; the source's default if the answer gives none.
    pub timezone: String,
    /// ISO 3166 alpha-2 code; the source's default if the answer gives none.
    pub territory: String,
    /// Town or city.
    pub city: Option<String>,
    /// Degrees north, -90 to 90.
    pub latitude: Option<f64>,
    /// Degrees east, -180 to 180.
    pub longitude: Option<f64>,
    /// Further fields of the definition, for the templates of the steps below.
    pub carry: Map<String, Value>,
}

/// One showtime as its source names it.
#[derive(Debug, Clone, PartialEq)]
pub struct Showtime {
    /// The source's own key, unique in its cinema.
    pub key: String,
    /// The source's key of the film.
    pub film_key: String,
    /// The film's title as displayed.
    pub film_title: String,
    /// The source's key of the auditorium, unique in its cinema.
    pub auditorium_key: Option<String>,
    /// The auditorium's name as displayed.
    pub auditorium_name: Option<String>,
    /// The instant at which it starts.
    pub starts_at: Timestamp,
    /// The cinema's business day, where it is not the local date of `starts_at`.
    pub business_on: Option<Date>,
    /// Seats that the listing says the showtime has.
    pub seats_total: Option<u32>,
    /// Seats that the listing says are still to be had.
    pub seats_available: Option<u32>,
    /// Whether the listing says that no seat is to be had; `None` where it does not say.
    pub sold_out: Option<bool>,
    /// What the source says of the film.
    pub film: FilmFacts,
    /// What the source says of the showtime, each code once; `None` where the definition does not
    /// ask.
    pub attributes: Option<Vec<Attribute>>,
    /// Further fields of the definition, for the templates of the steps below.
    pub carry: Map<String, Value>,
}

/// The seats of one showtime, in layout order, and the prices that came with them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SeatMap {
    /// Every seat of the auditorium; gaps are left out.
    pub seats: Vec<Seat>,
    /// Prices by ticket type and area, if the answer gives them.
    pub prices: Vec<Price>,
}

/// One seat in one snapshot. Its texts are short: up to 24 bytes of each stand in the seat itself,
/// so that a map of thousands is read without a piece of memory for each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seat {
    /// A key that stays the same from snapshot to snapshot and is unique in the layout.
    pub key: CompactString,
    /// Row label as displayed; empty where the source gives none.
    pub row: CompactString,
    /// Seat number as displayed.
    pub number: CompactString,
    /// Area or price zone.
    pub area: CompactString,
    /// Kind of seat, such as `sofa` or `wheelchair`, as the definition names it.
    pub kind: CompactString,
    /// Seats that are sold together share a group.
    pub group: CompactString,
    /// Position from the left, in the source's own unit (column or pixels); `None` where the
    /// source gives none.
    pub x: Option<i32>,
    /// Position from the front, in the source's own unit; `None` where the source gives none.
    pub y: Option<i32>,
    /// The status as the source says it, several fields joined by `|`.
    pub code: CompactString,
    /// The status to which the definition maps `code`; `None` if it does not map it.
    pub status: Option<SeatStatus>,
}

/// A row that is only a way to others.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Item {
    /// The source's own key, unique in the answer.
    pub key: String,
    /// Further fields of the definition, for the templates of the steps below.
    pub carry: Map<String, Value>,
}

/// One value of something over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// Key, at the source, of the thing that was measured: a cinema, a film, a video.
    pub subject: String,
    /// What was measured, with its unit where it has one: `temperature_celsius`.
    pub metric: String,
    /// How much.
    pub value: f64,
    /// When it held; the time of the answer if it does not say.
    pub at: Option<Timestamp>,
    /// Further properties from the source.
    pub properties: Map<String, Value>,
}

/// One price: what a ticket of a type costs, in an area or anywhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Price {
    /// Ticket type as the source names it.
    pub ticket: String,
    /// Area or price zone; empty where the price holds in all.
    pub area: String,
    /// Amount in major units of `currency`.
    pub amount: Decimal,
    /// ISO 4217 code.
    pub currency: String,
    /// Upper end, where the source gives a range.
    pub amount_max: Option<Decimal>,
    /// Booking fee on top, in major units.
    pub fee: Option<Decimal>,
    /// Whether tax is in the amount; `None` where the source does not say.
    pub tax_included: Option<bool>,
}
