//! Prices: what a ticket costs, by area, ticket type, cinema and time of day.

use super::{layout::Area, seed, shape::Shape};

/// A kind of ticket, and its share of the adult's price in hundredths.
pub const TICKETS: [(&str, &str, i64); 3] = [
    ("0001", "Adult", 100),
    ("0002", "Student", 80),
    ("0003", "Senior", 75),
];

/// Returns the price of the adult's ticket in an area, in hundredths of the currency.
///
/// Matinees are cheaper and some cinemas dearer; whole steps, as on a real board.
#[must_use]
pub fn adult(shape: Shape, cinema: u32, is_matinee: bool, area: Area) -> i64 {
    let matinee = if is_matinee { 80 } else { 100 };
    let place = [100, 110, 120][seed::index(&[30, u64::from(cinema)], 3)];
    in_area(shape.base_price(), area) * matinee * place / 10_000
}

/// Returns what a plain price becomes in an area.
#[must_use]
pub const fn in_area(plain: i64, area: Area) -> i64 {
    match area {
        Area::Plain => plain,
        Area::Premium => plain * 120 / 100,
        Area::Couple => plain * 150 / 100,
    }
}

/// Writes hundredths as a decimal number.
#[must_use]
pub fn decimal(hundredths: i64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
