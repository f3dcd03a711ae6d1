//! Where each seat of a layout is drawn, in cells of a grid.
//!
//! A source gives positions in a unit of its own: columns, or pixels. The unit is found from the
//! distance of neighbours, gaps and aisles stay as they are up to a bound, and seats that have no
//! position stand in a grid by row and number, below the others.

use std::collections::{BTreeMap, HashMap};

use schema::reading::seats::SeatLayout;

use crate::number::whole;

/// An aisle is drawn at most so many cells wide: a stray position must not shrink all others.
const MAX_GAP: f64 = 3.0;
/// A seat number beyond this is no column.
const MAX_COLUMN: u32 = 200;
/// Seats of one group are joined if they are at most so many cells apart.
const MAX_JOINT: f64 = 1.6;

/// A drawn layout: everything in cells.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Plan {
    /// Left upper corner of the cell of each seat, in the order of the layout.
    pub(super) places: Vec<(f64, f64)>,
    /// Width.
    pub(super) columns: f64,
    /// Height.
    pub(super) rows: f64,
    /// Labels of rows.
    pub(super) labels: Vec<RowLabel>,
    groups: Vec<Vec<usize>>,
}

/// The labels of a row, at its left and right end.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RowLabel {
    pub(super) y: f64,
    pub(super) left: String,
    pub(super) right: String,
}

impl Plan {
    /// Neighbours that are sold together, from left to right.
    pub(super) fn joints(&self) -> Vec<[usize; 2]> {
        let mut joints = Vec::new();
        for group in &self.groups {
            let mut seats = group.clone();
            seats.sort_by(|one, other| {
                let (a, b) = (self.places[*one], self.places[*other]);
                a.1.total_cmp(&b.1).then(a.0.total_cmp(&b.0))
            });
            for pair in seats.windows(2) {
                let (a, b) = (self.places[pair[0]], self.places[pair[1]]);
                if (a.1 - b.1).abs() < 0.3 && b.0 > a.0 && b.0 - a.0 <= MAX_JOINT {
                    joints.push([pair[0], pair[1]]);
                }
            }
        }
        joints
    }
}

/// Places the seats of a layout.
pub(super) fn plan(layout: &SeatLayout) -> Plan {
    let count = layout.len();
    let position = |seat: usize| {
        let x = layout.x.get(seat).copied().flatten()?;
        let y = layout.y.get(seat).copied().flatten()?;
        Some((f64::from(x), f64::from(y)))
    };
    let positioned: Vec<usize> = (0..count)
        .filter(|seat| position(*seat).is_some())
        .collect();
    // A few positions are no map.
    let positioned = if positioned.len() * 2 < count {
        Vec::new()
    } else {
        positioned
    };
    let mut places = vec![(0.0, 0.0); count];
    let mut rows = place_by_position(layout, &positioned, &position, &mut places);
    if rows > 0.0 && positioned.len() < count {
        rows += 1.0;
    }
    let mut is_placed = vec![false; count];
    for seat in &positioned {
        is_placed[*seat] = true;
    }
    let others: Vec<usize> = (0..count).filter(|seat| !is_placed[*seat]).collect();
    rows += place_in_grid(layout, &others, rows, &mut places);
    let columns = places.iter().map(|(x, _)| x + 1.0).fold(0.0, f64::max);
    Plan {
        labels: labels(layout, &places),
        groups: groups(layout),
        places,
        columns,
        rows,
    }
}

fn place_by_position(
    layout: &SeatLayout,
    positioned: &[usize],
    position: &dyn Fn(usize) -> Option<(f64, f64)>,
    places: &mut [(f64, f64)],
) -> f64 {
    let known: Vec<(usize, f64, f64)> = positioned
        .iter()
        .filter_map(|seat| position(*seat).map(|(x, y)| (*seat, x, y)))
        .collect();
    let across = pitch_across(layout, &known);
    let down = pitch_down(layout, &known).unwrap_or(across);
    let columns = cells(known.iter().map(|(_, x, _)| *x), across);
    let rows = cells(known.iter().map(|(_, _, y)| *y), down);
    let mut height: f64 = 0.0;
    for (seat, x, y) in known {
        let place = (cell_of(&columns, x), cell_of(&rows, y));
        places[seat] = place;
        height = height.max(place.1 + 1.0);
    }
    height
}

/// The distance of neighbours in a row: a low one of those that occur, so that seats do not overlap.
fn pitch_across(layout: &SeatLayout, known: &[(usize, f64, f64)]) -> f64 {
    let by_row = distances(known.iter().map(|(seat, x, y)| {
        let label = layout.row_label.get(*seat).cloned().unwrap_or_default();
        ((label, y.to_bits()), *x)
    }));
    low(by_row)
        .or_else(|| low(distances(known.iter().map(|(_, x, _)| ((), *x)))))
        .unwrap_or(1.0)
}

/// The distance of rows; none if there is one row only.
fn pitch_down(layout: &SeatLayout, known: &[(usize, f64, f64)]) -> Option<f64> {
    let mut of_label: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for (seat, _, y) in known {
        let label = layout.row_label.get(*seat).map_or("", String::as_str);
        if !label.is_empty() {
            let sum = of_label.entry(label).or_default();
            *sum = (sum.0 + y, sum.1 + 1.0);
        }
    }
    // A curved row has many positions; its label says that it is one row.
    let by_label = distances(of_label.values().map(|(sum, count)| ((), sum / count)));
    low(by_label).or_else(|| low(distances(known.iter().map(|(_, _, y)| ((), *y)))))
}

/// The positive distances between neighbours of the same row.
fn distances<K: std::hash::Hash + Eq>(positions: impl Iterator<Item = (K, f64)>) -> Vec<f64> {
    let mut rows: HashMap<K, Vec<f64>> = HashMap::new();
    for (row, position) in positions {
        rows.entry(row).or_default().push(position);
    }
    rows.into_values()
        .flat_map(|mut row| {
            row.sort_by(f64::total_cmp);
            row.windows(2)
                .map(|pair| pair[1] - pair[0])
                .filter(|distance| *distance > 0.0)
                .collect::<Vec<_>>()
        })
        .collect()
}

/// A low value, a tenth of all from below: the smallest may be a mistake of the source.
fn low(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 10).copied()
}

/// The cell of each position on an axis; wide gaps become narrower.
fn cells(positions: impl Iterator<Item = f64>, pitch: f64) -> Vec<(f64, f64)> {
    let mut sorted: Vec<f64> = positions.collect();
    sorted.sort_by(f64::total_cmp);
    sorted.dedup();
    let mut cell = 0.0;
    let mut before: Option<f64> = None;
    sorted
        .into_iter()
        .map(|position| {
            if let Some(before) = before {
                cell += ((position - before) / pitch).min(MAX_GAP);
            }
            before = Some(position);
            (position, cell)
        })
        .collect()
}

fn cell_of(cells: &[(f64, f64)], position: f64) -> f64 {
    let place = cells.partition_point(|(known, _)| *known < position);
    cells.get(place).map_or(0.0, |(_, cell)| *cell)
}

/// Places seats by row and number from row `from` on; returns how many rows they take.
fn place_in_grid(
    layout: &SeatLayout,
    seats: &[usize],
    from: f64,
    places: &mut [(f64, f64)],
) -> f64 {
    let mut rows: BTreeMap<(usize, &str), Vec<usize>> = BTreeMap::new();
    for seat in seats {
        let label = layout.row_label.get(*seat).map_or("", String::as_str);
        // Z comes before AA, and 9 before 10.
        rows.entry((label.chars().count(), label))
            .or_default()
            .push(*seat);
    }
    let mut row_number = 0.0;
    for row in rows.values() {
        let numbers: Vec<Option<u32>> = row.iter().map(|seat| number(layout, *seat)).collect();
        let mut distinct: Vec<u32> = numbers.iter().copied().flatten().collect();
        distinct.sort_unstable();
        distinct.dedup();
        let are_columns = distinct.len() == row.len();
        for (place, (seat, number)) in (0u32..).zip(row.iter().zip(&numbers)) {
            let column = match number {
                Some(number) if are_columns => *number,
                _ => place % MAX_COLUMN,
            };
            // Without numbers, a long row is folded.
            let fold = if are_columns { 0 } else { place / MAX_COLUMN };
            places[*seat] = (f64::from(column), from + row_number + f64::from(fold));
        }
        let folds = if are_columns || row.is_empty() {
            0
        } else {
            (row.len() - 1) / MAX_COLUMN as usize
        };
        row_number += 1.0 + f64::from(u32::try_from(folds).unwrap_or_default());
    }
    // The lowest number is the first column.
    let least = seats
        .iter()
        .map(|seat| places[*seat].0)
        .fold(f64::INFINITY, f64::min);
    for seat in seats {
        places[*seat].0 -= least;
    }
    row_number
}

fn number(layout: &SeatLayout, seat: usize) -> Option<u32> {
    let text = layout.seat_number.get(seat)?;
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.parse().ok().filter(|number| *number <= MAX_COLUMN)
}

/// The label at both ends of each line of seats.
fn labels(layout: &SeatLayout, places: &[(f64, f64)]) -> Vec<RowLabel> {
    // Of each label, the height in the middle of its row: a curved row has one label.
    let mut of_label: BTreeMap<(&str, i64), (f64, f64, f64, f64)> = BTreeMap::new();
    for (seat, (x, y)) in places.iter().enumerate() {
        let label = layout.row_label.get(seat).map_or("", String::as_str);
        if label.is_empty() {
            continue;
        }
        // The same label in the stalls and the balcony is two rows.
        let band = whole((y / 4.0).trunc());
        let row =
            of_label
                .entry((label, band))
                .or_insert((0.0, 0.0, f64::INFINITY, f64::NEG_INFINITY));
        *row = (row.0 + y, row.1 + 1.0, row.2.min(*x), row.3.max(*x));
    }
    let mut rows: Vec<(f64, &str, f64, f64)> = of_label
        .into_iter()
        .map(|((label, _), (sum, count, left, right))| (sum / count, label, left, right))
        .collect();
    rows.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut labels: Vec<(RowLabel, f64, f64)> = Vec::new();
    for (y, label, left, right) in rows {
        match labels.last_mut().filter(|(last, ..)| y - last.y < 0.5) {
            // Two rows side by side: each end has the label of the seat next to it.
            Some((last, leftmost, rightmost)) => {
                if left < *leftmost {
                    (last.left, *leftmost) = (label.to_owned(), left);
                }
                if right > *rightmost {
                    (last.right, *rightmost) = (label.to_owned(), right);
                }
            }
            None => labels.push((
                RowLabel {
                    y,
                    left: label.to_owned(),
                    right: label.to_owned(),
                },
                left,
                right,
            )),
        }
    }
    labels.into_iter().map(|(label, ..)| label).collect()
}

fn groups(layout: &SeatLayout) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (seat, group) in layout.seat_group.iter().enumerate() {
        if !group.is_empty() {
            groups.entry(group).or_default().push(seat);
        }
    }
    groups
        .into_values()
        .filter(|group| group.len() > 1)
        .collect()
}

#[cfg(test)]
mod tests;
