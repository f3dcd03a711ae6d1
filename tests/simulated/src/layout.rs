//! Layouts: the seats of an auditorium in a fixed order, row by row from the screen.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::{seed, shape::Shape};

/// What kind of place a seat is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An ordinary seat.
    Standard,
    /// The left half of a sofa.
    SofaLeft,
    /// The right half of a sofa.
    SofaRight,
    /// A place for a wheelchair.
    Wheelchair,
    /// The seat beside a place for a wheelchair.
    Companion,
}

/// The price areas of every auditorium.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// The front.
    Plain,
    /// The middle and back.
    Premium,
    /// The sofas of the last row.
    Couple,
}

impl Area {
    /// Every area.
    pub const ALL: [Self; 3] = [Self::Plain, Self::Premium, Self::Couple];
}

/// One seat of a layout.
#[derive(Debug, Clone)]
pub struct Seat {
    /// Row label, `A` nearest to the screen.
    pub label: char,
    /// Number in the row, from 1 at the left.
    pub number: u16,
    /// Row of the grid, gaps counted, 0 nearest to the screen.
    pub y: u16,
    /// Column of the grid, gaps counted, 0 at the left.
    pub x: u16,
    /// Kind of place.
    pub kind: Kind,
    /// Price area.
    pub area: Area,
    /// How much people like to sit there, higher is better.
    pub appeal: f32,
    /// The index behind the last seat that one can reach without leaving the row or crossing an aisle.
    pub run_end: u16,
}

/// The seats of an auditorium, at most 400.
#[derive(Debug, Clone)]
pub struct Layout {
    /// Every seat, row by row from the screen, left to right.
    pub seats: Vec<Seat>,
    /// Rows of the grid, gaps counted.
    pub height: u16,
    /// Columns of the grid, gaps counted.
    pub width: u16,
}

const MIN_SEATS: usize = 60;
const MAX_SEATS: usize = 400;

impl Layout {
    /// Makes the layout with number `number` of a shape.
    #[must_use]
    pub fn generate(seed: u64, shape: Shape, number: usize) -> Self {
        let mut generator = seed::generator(&[seed, 1, shape.number(), number as u64]);
        loop {
            let layout = draw(shape, &mut generator);
            if (MIN_SEATS..=MAX_SEATS).contains(&layout.seats.len()) {
                return layout;
            }
        }
    }

    /// Returns the indices of the seats in row `y` of the grid.
    pub fn row(&self, y: u16) -> impl Iterator<Item = usize> + '_ {
        let seats = self.seats.iter().enumerate();
        seats
            .filter(move |(_, seat)| seat.y == y)
            .map(|(index, _)| index)
    }
}

/// Lays out rows and aisles for a number of seats drawn between the fewest and the most.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 60 and 400 seats"
)]
fn draw(shape: Shape, generator: &mut ChaCha8Rng) -> Layout {
    let size = 60.0 + 345.0 * generator.random::<f64>().powf(1.5);
    let columns = ((size * 1.6).sqrt().round() as u16).clamp(8, 28);
    let rows = ((size / f64::from(columns)).ceil() as u16).clamp(4, 26);
    let aisles: &[u16] = match columns {
        14.. => &[columns / 4, columns - columns / 4],
        _ if generator.random_bool(0.5) => &[columns / 2],
        _ => &[],
    };
    let crossing = (rows >= 7 && generator.random_bool(0.7)).then_some(rows / 3);
    let taper = generator.random_range(0..3_u16);
    let mut layout = Layout {
        seats: Vec::new(),
        height: rows + u16::from(crossing.is_some()),
        width: columns + aisles.len() as u16,
    };
    for row in 0..rows {
        let cut = if row < 2 { taper } else { 0 };
        let accessible = shape.has_wheelchairs() && row == crossing.unwrap_or(0);
        for column in cut..columns - cut {
            let from_edge = (column - cut).min(columns - cut - 1 - column);
            let x = column + aisles.iter().filter(|aisle| **aisle <= column).count() as u16;
            layout.seats.push(Seat {
                label: char::from(b'A' + row as u8),
                number: column - cut + 1,
                y: row + u16::from(crossing.is_some_and(|after| row >= after)),
                x,
                kind: match from_edge {
                    0 | 1 if accessible => Kind::Wheelchair,
                    2 if accessible && shape == Shape::Amc => Kind::Companion,
                    _ => Kind::Standard,
                },
                area: if row * 5 >= rows * 2 {
                    Area::Premium
                } else {
                    Area::Plain
                },
                appeal: appeal(row, rows, column, columns),
                run_end: 0,
            });
        }
    }
    close_runs(&mut layout.seats);
    if shape.has_sofas() {
        pair_last_row(&mut layout.seats);
    }
    layout
}

/// Returns how near a seat is to the best one: the middle, two thirds back.
fn appeal(row: u16, rows: u16, column: u16, columns: u16) -> f32 {
    let depth = (f32::from(row) + 0.5) / f32::from(rows) - 0.7;
    let side = (f32::from(column) + 0.5) / f32::from(columns) - 0.5;
    1.0 - depth.abs() - side.abs()
}

/// Finds for each seat where its unbroken run of neighbours ends.
#[expect(clippy::cast_possible_truncation, reason = "at most 400 seats")]
fn close_runs(seats: &mut [Seat]) {
    let mut end = seats.len() as u16;
    for index in (0..seats.len()).rev() {
        seats[index].run_end = end;
        if index > 0 {
            let (left, right) = (&seats[index - 1], &seats[index]);
            if left.y != right.y || left.x + 1 != right.x {
                end = index as u16;
            }
        }
    }
}

/// Makes sofas of the last row, two seats each; an odd seat at a run's end stays a seat.
fn pair_last_row(seats: &mut [Seat]) {
    let Some(last) = seats.last().map(|seat| seat.y) else {
        return;
    };
    let mut index = seats.iter().position(|seat| seat.y == last).unwrap_or(0);
    while index < seats.len() {
        if usize::from(seats[index].run_end) >= index + 2 {
            for (seat, kind) in seats[index..]
                .iter_mut()
                .zip([Kind::SofaLeft, Kind::SofaRight])
            {
                seat.kind = kind;
                seat.area = Area::Couple;
            }
            index += 2;
        } else {
            index += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_have_60_to_400_seats_and_about_198_in_the_mean() {
        let sizes: Vec<usize> = (0..500)
            .map(|number| Layout::generate(1, Shape::Bhd, number).seats.len())
            .collect();
        assert!(
            sizes
                .iter()
                .all(|size| (MIN_SEATS..=MAX_SEATS).contains(size))
        );
        let mean = sizes.iter().sum::<usize>() / sizes.len();
        assert!((180..=216).contains(&mean), "mean {mean}");
    }

    #[test]
    fn runs_never_cross_an_aisle() {
        let layout = Layout::generate(1, Shape::Amc, 3);
        for (index, seat) in layout.seats.iter().enumerate() {
            let last = &layout.seats[usize::from(seat.run_end) - 1];
            assert_eq!(last.y, seat.y);
            assert_eq!(
                usize::from(last.x - seat.x),
                usize::from(seat.run_end) - 1 - index
            );
        }
    }
}
