//! A seat map drawn with letters: what a person compares with the site's own picture.
//!
//! Takes seats with the coordinates of their source (columns, pixels, anything), gives a
//! grid: one glyph per seat by its status, the label of the row on the left, the screen at
//! the edge where `y` is least. Seats without coordinates stand in the order in which they
//! came, a line for each row label.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use source_language::rows::{Seat, SeatMap, SeatStatus};

mod places;

/// Wider maps are pressed together until they fit.
const MAX_COLUMNS: usize = 160;
/// Codes without a meaning are listed up to this many.
const MAX_CODES: usize = 12;

/// How a status is drawn: its glyph, and its colour on a terminal.
fn glyph(status: Option<SeatStatus>) -> (char, &'static str) {
    match status {
        Some(SeatStatus::Available) => ('o', "32"),
        Some(SeatStatus::Sold) => ('#', "31"),
        Some(SeatStatus::Held) => ('h', "33"),
        Some(SeatStatus::Blocked) => ('-', "90"),
        Some(SeatStatus::Broken) => ('x', "90"),
        Some(SeatStatus::House) => ('H', "34"),
        Some(SeatStatus::Unknown) => ('~', "35"),
        None => ('?', "95"),
    }
}

/// Draws the map, its legend with counts, and the codes that nothing maps.
#[must_use]
pub fn draw(map: &SeatMap, colour: bool) -> String {
    let places = places::of(&map.seats);
    let (columns, lines) = (
        scale(places.iter().map(|(x, _)| *x)),
        scale(places.iter().map(|(_, y)| *y)),
    );
    let mut grid: BTreeMap<usize, BTreeMap<usize, &Seat>> = BTreeMap::new();
    let mut hidden = 0;
    for (seat, (x, y)) in map.seats.iter().zip(&places) {
        let (Some(line), Some(column)) = (lines.get(y), columns.get(x)) else {
            continue;
        };
        if grid
            .entry(*line)
            .or_default()
            .insert(*column, seat)
            .is_some()
        {
            hidden += 1;
        }
    }
    let width = columns.values().max().map_or(0, |last| last + 1);
    let label_width = map
        .seats
        .iter()
        .map(|seat| seat.row.chars().count())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    let screen = format!("{:^width$}", "screen").replace(' ', "─");
    let _ = writeln!(text, "{:>label_width$} ╭{screen}╮", "");
    let last = grid.keys().last().copied().unwrap_or(0);
    for line in 0..=last {
        let row = grid.get(&line);
        let label = row
            .and_then(|row| row.values().next())
            .map_or("", |seat| seat.row.as_str());
        let _ = write!(text, "{label:>label_width$}  ");
        for column in 0..width {
            match row.and_then(|row| row.get(&column)) {
                Some(seat) => text.push_str(&drawn(seat.status, colour)),
                None => text.push(' '),
            }
        }
        text.truncate(text.trim_end_matches(' ').len());
        text.push('\n');
    }
    text.push_str(&legend(map, colour));
    if hidden > 0 {
        let _ = writeln!(
            text,
            "{hidden} seats share a place with another; look at x and y"
        );
    }
    text
}

/// One place for each coordinate that occurs; an aisle stays as wide as it is in the
/// unit of the source, which is the least distance between two coordinates.
fn scale(places: impl Iterator<Item = i32>) -> BTreeMap<i32, usize> {
    let found: BTreeSet<i32> = places.collect();
    let distances = found
        .iter()
        .zip(found.iter().skip(1))
        .map(|(a, b)| b.abs_diff(*a));
    let mut distances: Vec<u32> = distances.collect();
    distances.sort_unstable();
    // The unit: not the least distance, which a wheelchair place half a step aside decides,
    // but the lower quarter of them.
    let unit = distances
        .get(distances.len() / 4)
        .copied()
        .unwrap_or(1)
        .max(1);
    let first = found.first().copied().unwrap_or(0);
    let scaled =
        |value: i32| (value.abs_diff(first) as usize * 2 + unit as usize) / (2 * unit as usize);
    let widest = found.last().map_or(0, |last| scaled(*last));
    if widest < MAX_COLUMNS {
        return found.iter().map(|value| (*value, scaled(*value))).collect();
    }
    found
        .iter()
        .enumerate()
        .map(|(place, value)| (*value, place.min(MAX_COLUMNS - 1)))
        .collect()
}

fn drawn(status: Option<SeatStatus>, colour: bool) -> String {
    let (glyph, code) = glyph(status);
    if colour {
        format!("\u{1b}[{code}m{glyph}\u{1b}[0m")
    } else {
        glyph.to_string()
    }
}

fn legend(map: &SeatMap, colour: bool) -> String {
    let mut counts: BTreeMap<&str, (Option<SeatStatus>, usize)> = BTreeMap::new();
    let mut unmapped: BTreeMap<&str, usize> = BTreeMap::new();
    for seat in &map.seats {
        let word = seat.status.map_or("unmapped", SeatStatus::label);
        counts.entry(word).or_insert((seat.status, 0)).1 += 1;
        if seat.status.is_none() {
            *unmapped.entry(&seat.code).or_default() += 1;
        }
    }
    let all = map.seats.len();
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(word, (_, count))| (std::cmp::Reverse(*count), *word));
    let parts = counts
        .iter()
        .map(|(word, (status, count))| format!("{} {word} {count}", drawn(*status, colour)));
    let mut text = format!("{all} seats: {}\n", parts.collect::<Vec<_>>().join("   "));
    if !unmapped.is_empty() {
        let codes = unmapped.iter().take(MAX_CODES);
        let codes: Vec<_> = codes
            .map(|(code, count)| format!("`{code}` {count} times"))
            .collect();
        let more = unmapped.len().saturating_sub(MAX_CODES);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let _ = writeln!(
            text,
            "codes without a meaning: {}{more}; add them to the status map",
            codes.join(", ")
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seat(row: &str, x: i32, y: i32, status: Option<SeatStatus>) -> Seat {
        Seat {
            row: row.into(),
            x: Some(x),
            y: Some(y),
            status,
            code: "7".into(),
            ..Seat::default()
        }
    }

    #[test]
    fn pixels_become_a_grid_with_its_aisle() {
        let seats = vec![
            seat("A", 100, 40, Some(SeatStatus::Sold)),
            seat("A", 120, 40, Some(SeatStatus::Available)),
            // Half a step aside.
            seat("A", 181, 40, None),
            seat("AB", 100, 80, Some(SeatStatus::Held)),
        ];
        let drawn = draw(
            &SeatMap {
                seats,
                prices: Vec::new(),
            },
            false,
        );
        let lines: Vec<&str> = drawn.lines().collect();
        assert_eq!(lines[1..3], [" A  #o  ?", "AB  h"]);
        assert!(lines[0].contains("scr"), "{drawn}");
        assert!(
            drawn.contains("4 seats: o available 1   h held 1   # sold 1   ? unmapped 1"),
            "{drawn}"
        );
        assert!(drawn.contains("`7` 1 times"), "{drawn}");
    }

    #[test]
    fn colour_is_only_where_it_is_wanted() {
        let map = SeatMap {
            seats: vec![seat("A", 1, 1, Some(SeatStatus::Sold))],
            prices: Vec::new(),
        };
        assert!(draw(&map, true).contains("\u{1b}[31m#\u{1b}[0m"));
        assert!(!draw(&map, false).contains('\u{1b}'));
        assert!(draw(&SeatMap::default(), false).contains("0 seats"));
    }
}
