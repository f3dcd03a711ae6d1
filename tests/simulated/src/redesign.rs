//! Redesigns: how a chain changes its site from one day to the next.
//!
//! What a redesign changes is what is served, not the truth: a reader that does not
//! notice it reads something wrong. One redesign, `Rebuilt`, changes both.

use serde::{Deserialize, Serialize};

use super::{layout::Layout, request::Request, shape::Shape};

/// A way in which a site changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Redesign {
    /// A field of the seat map has another name.
    RenamedField,
    /// Seats that are sold have a code that was never seen.
    NewStatus,
    /// The list of showtimes is empty, and looks like that of a cinema without any.
    EmptyList,
    /// Every page is a login page, with status 200.
    Login,
    /// Only the left half of each seat map is shown.
    HalvedMaps,
    /// All showtimes are said to start two hours later.
    ShiftedTimes,
    /// Two rows of each seat map have the same letter.
    DoubledLetter,
    /// Prices are given in hundredths of what they were given in; shapes without prices
    /// stay as they are.
    MinorUnits,
    /// The right half of each auditorium was taken out, and that is the truth.
    Rebuilt,
}

impl Redesign {
    /// By how much the listed start of a showtime is moved, in milliseconds.
    #[must_use]
    pub const fn shift_ms(self) -> i64 {
        match self {
            Self::ShiftedTimes => 2 * 3_600_000,
            _ => 0,
        }
    }

    /// What amounts are multiplied by.
    #[must_use]
    pub const fn price_factor(self) -> i64 {
        match self {
            Self::MinorUnits => 100,
            _ => 1,
        }
    }

    /// Tells whether what is shown is how it is from now on.
    #[must_use]
    pub const fn is_true(self) -> bool {
        matches!(self, Self::Rebuilt)
    }

    /// Returns the layout that is shown in place of this one, and which of its seats are;
    /// `None` where it is shown as it is.
    #[must_use]
    pub fn layout(self, layout: &Layout) -> Option<(Layout, Vec<usize>)> {
        let mut shown = layout.clone();
        let mut seats: Vec<usize> = (0..layout.seats.len()).collect();
        match self {
            Self::HalvedMaps | Self::Rebuilt => {
                seats.retain(|seat| layout.seats[*seat].x < layout.width / 2);
                shown.seats = seats
                    .iter()
                    .map(|seat| layout.seats[*seat].clone())
                    .collect();
            }
            Self::DoubledLetter => {
                for seat in shown.seats.iter_mut().filter(|seat| seat.label == 'D') {
                    seat.label = 'C';
                }
            }
            _ => return None,
        }
        Some((shown, seats))
    }

    /// Returns the symbol that is shown in place of this one; `new` is the one of the code
    /// that was never seen.
    #[must_use]
    pub const fn symbol(self, shape: Shape, symbol: u8, new: u8) -> u8 {
        let sold = match shape {
            Shape::Major => 2,
            Shape::Bhd | Shape::Cds | Shape::Amc | Shape::Megabox | Shape::CgvKr | Shape::CgvId => {
                1
            }
        };
        if matches!(self, Self::NewStatus) && symbol == sold {
            new
        } else {
            symbol
        }
    }

    /// Returns the page as it is shown.
    #[must_use]
    pub fn page(self, shape: Shape, wanted: Request, page: Vec<u8>) -> Vec<u8> {
        let (from, to) = match (self, shape, wanted) {
            (Self::RenamedField, shape, Request::Seats { .. }) => renamed(shape),
            (Self::MinorUnits, Shape::CgvId, Request::Seats { .. }) => {
                ("\" attr-code=", "00\" attr-code=")
            }
            _ => return page,
        };
        match String::from_utf8(page) {
            Ok(page) => page.replace(from, to).into_bytes(),
            Err(page) => page.into_bytes(),
        }
    }
}

/// A field of a shape's seat map, and its new name.
const fn renamed(shape: Shape) -> (&'static str, &'static str) {
    match shape {
        Shape::Bhd | Shape::Major => ("\"Status\":", "\"SeatState\":"),
        Shape::Cds => ("[", "{\"grid\":["),
        Shape::Amc => ("\"seatStatus\":", "\"seatState\":"),
        Shape::Megabox => ("seatuniqno=", "data-seat-no="),
        Shape::CgvKr => ("class=\"no\"", "class=\"number\""),
        Shape::CgvId => ("attr-code=", "data-code="),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_halved_map_has_about_half_of_the_seats() {
        let layout = Layout::generate(1, Shape::Major, 0);
        let Some((shown, seats)) = Redesign::HalvedMaps.layout(&layout) else {
            panic!("it is shown as it is");
        };
        assert_eq!(shown.seats.len(), seats.len());
        let (half, whole) = (seats.len(), layout.seats.len());
        assert!(
            half * 3 > whole && half * 3 < whole * 2,
            "{half} of {whole}"
        );
    }

    #[test]
    fn a_doubled_letter_leaves_every_seat_where_it_is() {
        let layout = Layout::generate(1, Shape::Bhd, 0);
        let Some((shown, seats)) = Redesign::DoubledLetter.layout(&layout) else {
            panic!("it is shown as it is");
        };
        assert_eq!(seats.len(), layout.seats.len());
        assert!(shown.seats.iter().all(|seat| seat.label != 'D'));
    }

    #[test]
    fn only_sold_seats_get_the_new_code() {
        let shown = |symbol| Redesign::NewStatus.symbol(Shape::Cds, symbol, 4);
        assert_eq!([shown(0), shown(1), shown(2)], [0, 4, 2]);
        assert_eq!(Redesign::Login.symbol(Shape::Cds, 1, 4), 1);
    }
}
