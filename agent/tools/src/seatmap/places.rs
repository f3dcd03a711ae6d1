//! Where the seats of a map are drawn.

use std::collections::BTreeMap;

use source_language::rows::Seat;

/// Returns column and line of each seat: its own coordinates, or, where any seat has none, its
/// row label as a line and its place in it as a column.
pub(super) fn of(seats: &[Seat]) -> Vec<(i32, i32)> {
    let own = seats.iter().map(|seat| Some((seat.x?, seat.y?)));
    if let Some(own) = own.collect() {
        return own;
    }
    let mut lines: BTreeMap<&str, (i32, i32)> = BTreeMap::new();
    let mut places = Vec::with_capacity(seats.len());
    for seat in seats {
        let next = i32::try_from(lines.len()).unwrap_or(i32::MAX);
        let (line, filled) = lines.entry(&seat.row).or_insert((next, 0));
        places.push((*filled, *line));
        *filled = filled.saturating_add(1);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_without_coordinates_stand_in_their_rows() {
        let seat = |row: &str, x, y| Seat {
            row: row.into(),
            x,
            y,
            ..Seat::default()
        };
        let bare = [
            seat("B", None, None),
            seat("A", None, None),
            seat("B", None, None),
        ];
        assert_eq!(of(&bare), [(0, 0), (0, 1), (1, 0)]);
        let half = [seat("A", Some(7), None), seat("A", Some(9), None)];
        assert_eq!(of(&half), [(0, 0), (1, 0)]);
        let whole = [seat("A", Some(7), Some(2)), seat("A", Some(9), Some(0))];
        assert_eq!(of(&whole), [(7, 2), (9, 0)]);
    }
}
