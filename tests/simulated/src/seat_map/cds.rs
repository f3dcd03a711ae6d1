//! `cds`: a matrix of integers; labels follow from three flags of the auditorium.

use super::Plan;
use crate::{
    codes,
    layout::{Layout, Seat},
    shape::Shape,
};

/// What stands in the holes, by symbol: the code itself.
pub const FRAGMENTS: &[&[&str]] = &[codes::codes(Shape::Cds)];

/// Returns the flags of an auditorium: front to back, left to right, skip missing seats.
#[must_use]
pub const fn flags(auditorium: u8) -> (bool, bool, bool) {
    (
        auditorium.is_multiple_of(2),
        auditorium % 3 == 1,
        auditorium % 4 == 2,
    )
}

/// Renders the seats and returns their places: row and column of the matrix, from 0.
#[must_use]
pub fn seats(layout: &Layout, plan: &mut Plan) -> Vec<String> {
    plan.text(format_args!("["));
    for y in 0..layout.height {
        plan.text(format_args!("{}[", if y == 0 { "" } else { ",\n" }));
        for x in 0..layout.width {
            plan.text(format_args!("{}", if x == 0 { "" } else { ", " }));
            match layout.row(y).find(|seat| layout.seats[*seat].x == x) {
                Some(seat) => plan.hole(seat, 0),
                None => plan.text(format_args!("0")),
            }
        }
        plan.text(format_args!("]"));
    }
    plan.text(format_args!("]"));
    layout
        .seats
        .iter()
        .map(|seat| format!("{}-{}", seat.y, seat.x))
        .collect()
}

/// Returns the labels of the seats in layout order, as the flags of their auditorium make
/// them: a letter for each row that has seats, and a number in the row.
#[must_use]
pub fn labels(layout: &Layout, auditorium: u8) -> Vec<String> {
    let (front_to_back, left_to_right, skip_missing) = flags(auditorium);
    let mut rows: Vec<u16> = layout.seats.iter().map(|seat| seat.y).collect();
    rows.dedup();
    let label = |seat: &Seat| {
        let ahead = rows.iter().filter(|row| **row < seat.y).count();
        let rank = if front_to_back {
            ahead
        } else {
            rows.len() - 1 - ahead
        };
        let letter = char::from(b'A' + u8::try_from(rank).unwrap_or(0));
        let beside = |other: &&Seat| {
            other.y == seat.y && (other.x < seat.x) == left_to_right && other.x != seat.x
        };
        let number = match (skip_missing, left_to_right) {
            (true, _) => layout.seats.iter().filter(beside).count() + 1,
            (false, true) => usize::from(seat.x) + 1,
            (false, false) => usize::from(layout.width - seat.x),
        };
        format!("{letter}_{number}")
    };
    layout.seats.iter().map(label).collect()
}
