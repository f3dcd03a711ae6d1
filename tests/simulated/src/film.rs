//! Films: the same everywhere, unevenly popular.

use super::seed;

pub mod facts;

/// Titles, the most popular first.
pub const TITLES: [&str; 24] = [
    "The Glass Harbour",
    "Seven Winters",
    "Paper Lanterns",
    "A Map of Rain",
    "Nightfall Express",
    "The Cartographer",
    "Orchard Street",
    "Sound of the Delta",
    "Copper Moon",
    "Last Train to Ganghwa",
    "The Beekeepers",
    "Low Tide",
    "Monsoon Radio",
    "Two Rivers",
    "The Quiet Floor",
    "Salt Road",
    "Understudy",
    "The Ninth Gate Keeper",
    "Blue Hour",
    "Home by Morning",
    "The Lighthouse Sisters",
    "Static",
    "Small Hours",
    "Letters from Arles",
];

/// Returns how popular a film is, 1 for the first and falling as one over its rank.
#[must_use]
pub fn popularity(film: u16) -> f64 {
    1.0 / (1.0 + 0.35 * f64::from(film))
}

/// Returns the film of a showtime: the popular ones are shown more often.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "at most 24 films"
)]
pub fn of_showtime(parts: &[u64]) -> u16 {
    let draw = seed::fraction(parts);
    ((draw * draw * TITLES.len() as f64) as u16).min(TITLES.len() as u16 - 1)
}

/// Returns a film's title.
#[must_use]
pub fn title(film: u16) -> &'static str {
    TITLES[usize::from(film) % TITLES.len()]
}
