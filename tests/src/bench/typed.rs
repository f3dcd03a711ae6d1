//! Hand-written readers of two shapes: the least that a program for one chain would do.
//!
//! Peers of the definitions' extraction, and the parser of the bare loop.

use serde::Deserialize;

use super::error::BenchError;
use simulated_chains::shape::Shape;

/// A seat map as it would be stored: a nibble per seat, and counters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Packed {
    /// Two seats to a byte, the first in the low half.
    pub nibbles: Vec<u8>,
    /// Seats in all.
    pub seats: u16,
    /// Seats that can be bought.
    pub available: u16,
    /// Seats sold.
    pub sold: u16,
}

impl Packed {
    fn push(&mut self, code: u8, available: bool, sold: bool) {
        if self.seats.is_multiple_of(2) {
            self.nibbles.push(code & 15);
        } else if let Some(last) = self.nibbles.last_mut() {
            *last |= code << 4;
        }
        self.seats += 1;
        self.available += u16::from(available);
        self.sold += u16::from(sold);
    }
}

/// Reads one body.
pub type Reader = fn(&[u8]) -> Result<Packed, BenchError>;

/// Returns the reader of a shape, if one was written.
#[must_use]
pub fn reader(shape: Shape) -> Option<Reader> {
    match shape {
        Shape::Bhd => Some(bhd),
        Shape::Cds => Some(cds),
        Shape::Major | Shape::Amc | Shape::Megabox | Shape::CgvKr | Shape::CgvId => None,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Bhd<'a> {
    response_code: i32,
    #[serde(borrow)]
    seat_layout_data: SeatLayoutData<'a>,
    #[serde(borrow, default)]
    tickets: Vec<Ticket<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SeatLayoutData<'a> {
    #[serde(borrow)]
    areas: Vec<Area<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Area<'a> {
    area_category_code: &'a str,
    #[serde(borrow)]
    rows: Vec<Row<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Row<'a> {
    physical_name: Option<&'a str>,
    #[serde(borrow)]
    seats: Vec<Seat<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Seat<'a> {
    id: &'a str,
    position: Position,
    #[serde(rename = "SeatStyle")]
    style: u8,
    #[serde(default)]
    seats_in_group: Option<Vec<Position>>,
    status: u8,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Position {
    area_number: u16,
    column_index: u16,
    row_index: u16,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Ticket<'a> {
    description: &'a str,
    area_category_code: &'a str,
    price_in_cents: u64,
}

/// Reads a map of areas, rows and seats.
fn bhd(body: &[u8]) -> Result<Packed, BenchError> {
    let map: Bhd<'_> = serde_json::from_slice(body)?;
    if map.response_code != 0 {
        return Err(BenchError::nothing("the map says that it failed"));
    }
    let mut packed = Packed::default();
    for area in &map.seat_layout_data.areas {
        for seat in area.rows.iter().flat_map(|row| &row.seats) {
            packed.push(seat.status, seat.status == 0, seat.status == 1);
        }
    }
    std::hint::black_box(content(&map));
    Ok(packed)
}

/// Reads what the definition reads apart from the status, so that none of it is left out.
fn content(map: &Bhd<'_>) -> u64 {
    let tickets = map.tickets.iter().map(|ticket| {
        ticket.price_in_cents + (ticket.description.len() + ticket.area_category_code.len()) as u64
    });
    let seats = map.seat_layout_data.areas.iter().flat_map(|area| {
        area.rows.iter().flat_map(move |row| {
            row.seats.iter().map(move |seat| {
                let place = |at: &Position| at.area_number ^ at.column_index ^ at.row_index;
                let group = seat.seats_in_group.iter().flatten().map(place).sum::<u16>();
                let texts = area.area_category_code.len()
                    + row.physical_name.map_or(0, str::len)
                    + seat.id.len();
                u64::from(place(&seat.position) ^ group ^ u16::from(seat.style)) + texts as u64
            })
        })
    });
    tickets.sum::<u64>() + seats.sum::<u64>()
}

/// Reads a matrix of integers.
fn cds(body: &[u8]) -> Result<Packed, BenchError> {
    let map: Vec<Vec<u8>> = serde_json::from_slice(body)?;
    let mut packed = Packed::default();
    for cell in map.into_iter().flatten().filter(|cell| *cell != 0) {
        let code = match cell {
            1 => 0,
            3 => 1,
            11 => 2,
            13 => 3,
            _ => 15,
        };
        packed.push(code, code % 2 == 0, code == 1 || code == 3);
    }
    Ok(packed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_is_packed_without_its_gaps() {
        let packed = cds(b"[[1, 0, 3],\n[11, 13, 3]]").unwrap_or_default();
        assert_eq!(packed.nibbles, [0x10, 0x32, 0x01]);
        assert_eq!((packed.seats, packed.available, packed.sold), (5, 2, 3));
    }
}
