//! What the chains say of films and showtimes: the same films, with the differences of real chains.
//!
//! A chain gives lengths that differ by up to two minutes, writes distributors in its own way, and
//! gives some films the number of another.

use jiff::{ToSpan as _, civil::Date};

use crate::{seed, shape::Shape, world::Showtime};

use super::{TITLES, title};

/// Titles in the language in which a film was made, where that is not English.
const ORIGINAL_TITLES: [(&str, &str); 6] = [
    ("Low Tide", "Marée basse"),
    ("Letters from Arles", "Lettres d'Arles"),
    ("Last Train to Ganghwa", "강화행 막차"),
    ("The Beekeepers", "Arıcılar"),
    ("Paper Lanterns", "Đèn giấy"),
    ("Two Rivers", "Dwie rzeki"),
];
const DIRECTORS: [&str; 9] = [
    "Ines Marr",
    "Tom Okoye",
    "Hana Sedlak",
    "Lê Minh Châu",
    "Jonas Reuter",
    "Park Seo-jin",
    "Amara Diallo",
    "Clara Fontaine",
    "Emre Aydın",
];
const DISTRIBUTORS: [&str; 5] = [
    "Northlight",
    "Harbour Releasing",
    "Blue Door",
    "Grand Meridian",
    "Cinémathèque Sept",
];
/// The first day on which one of the films was released.
const FIRST_RELEASE: Date = Date::constant(2026, 9, 4);

/// The facts of a film, as a chain has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Title in the language in which it was made.
    pub original_title: &'static str,
    /// Year in which it was made.
    pub year: i16,
    /// Length in minutes.
    pub minutes: u16,
    /// One or two directors.
    pub directors: Vec<&'static str>,
    /// Who distributes it.
    pub distributor: &'static str,
    /// When it was released.
    pub released_on: Date,
    /// The number that a database of films gives to it; of some films that of another.
    pub number: u32,
}

impl Facts {
    /// Returns what a chain of this shape says of a film; of this share of all films it has the
    /// number of another.
    #[must_use]
    pub fn of(shape: Shape, film: u16, wrong_ids: f64) -> Self {
        let (place, of_shape) = (u64::from(film), shape as u64);
        let own = title(film);
        let original = ORIGINAL_TITLES.iter().find(|(known, _)| *known == own);
        let minutes = 88 + seed::index(&[30, place], 70) + seed::index(&[31, place, of_shape], 5);
        let first = seed::index(&[32, place], DIRECTORS.len());
        let pair = place.is_multiple_of(6);
        let second = pair.then(|| DIRECTORS[(first + 4) % DIRECTORS.len()]);
        let weeks = i64::try_from(seed::index(&[33, place], 16)).unwrap_or(0);
        let is_wrong = seed::fraction(&[34, place, of_shape]) < wrong_ids;
        let shift = if is_wrong {
            1 + seed::index(&[35, place, of_shape], TITLES.len() - 1)
        } else {
            0
        };
        let numbered = (usize::from(film) + shift) % TITLES.len();
        Self {
            original_title: original.map_or(own, |(_, original)| original),
            year: 2026 - i16::from(place % 4 == 1),
            minutes: u16::try_from(minutes).unwrap_or(90) - 2,
            directors: [DIRECTORS[first]].into_iter().chain(second).collect(),
            distributor: DISTRIBUTORS[seed::index(&[36, place], DISTRIBUTORS.len())],
            released_on: FIRST_RELEASE
                .checked_add((7 * weeks).days())
                .unwrap_or(FIRST_RELEASE),
            number: 9_000_000 + 137 * u32::try_from(numbered).unwrap_or(0),
        }
    }

    /// Returns the directors in one text.
    #[must_use]
    pub fn director(&self) -> String {
        self.directors.join(", ")
    }
}

/// Returns whether a showtime is in three dimensions.
#[must_use]
pub fn is_3d(showtime: &Showtime) -> bool {
    showtime.film.is_multiple_of(5) && showtime.slot == 1
}

/// Returns whether its auditorium has a giant screen.
#[must_use]
pub fn is_giant(showtime: &Showtime) -> bool {
    showtime.auditorium == 0
}

/// Returns whether the film is dubbed; otherwise it has subtitles.
#[must_use]
pub fn is_dubbed(showtime: &Showtime) -> bool {
    showtime.slot == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_agree_but_for_what_real_ones_differ_in() {
        for film in 0..24 {
            let (one, other) = (
                Facts::of(Shape::Bhd, film, 0.0),
                Facts::of(Shape::CgvKr, film, 0.0),
            );
            assert!(
                one.minutes.abs_diff(other.minutes) <= 4,
                "{one:?} {other:?}"
            );
            let same = Facts {
                minutes: one.minutes,
                ..other
            };
            assert_eq!(one, same);
            assert!((80..=170).contains(&one.minutes));
        }
    }

    #[test]
    fn a_share_of_the_films_has_the_number_of_another() {
        let right = |film| Facts::of(Shape::Bhd, film, 0.0).number;
        let wrong = |share| {
            let numbers = Shape::ALL.into_iter().flat_map(|shape| {
                (0..24).map(move |film| Facts::of(shape, film, share).number != right(film))
            });
            numbers.filter(|is_wrong| *is_wrong).count()
        };
        assert_eq!((wrong(0.0), wrong(1.0)), (0, 168));
        let some = wrong(0.45);
        assert!((55..=95).contains(&some), "{some} of 168");
    }
}
