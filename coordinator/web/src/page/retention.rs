//! Retention as a triangle: cohorts by days or weeks.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use schema::reading::event_users::RetentionCell;

use super::format;
use crate::{event_query::RetentionUnit, number::whole};

/// Shades of a cell.
const SHADES: f64 = 10.0;

/// A cell of the triangle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    /// Its time is not over.
    Open,
    /// The share of users that came back.
    Share {
        /// In per cent.
        text: String,
        /// With the numbers of users.
        title: String,
        /// From 0 for none to 10 for all.
        shade: i64,
    },
}

impl Cell {
    fn of(users: i64, cohort: i64) -> Self {
        Self::Share {
            text: format::whole_percent(users, cohort),
            title: format!("{} of {}", format::grouped(users), format::grouped(cohort)),
            shade: whole(format::share(users, cohort) * SHADES),
        }
    }
}

/// The users that came first in one day or week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cohort {
    /// For the attribute `datetime`; empty for all cohorts together.
    pub(super) machine: String,
    /// Its day, or the first day of its week.
    pub(super) label: String,
    /// How many they are.
    pub(super) users: String,
    /// A cell for each time, up to the present one.
    pub(super) cells: Vec<Cell>,
    /// Columns behind its cells.
    pub(super) rest: usize,
}

/// The triangle.
pub(super) struct Triangle {
    /// The columns: days or weeks later.
    pub(super) columns: Vec<usize>,
    /// All cohorts together, as far as their times are over; then each, the oldest first.
    pub(super) cohorts: Vec<Cohort>,
}

impl Triangle {
    /// Makes it of cells in the order of cohorts and time.
    pub(super) fn of(cells: &[RetentionCell], unit: RetentionUnit) -> Self {
        let mut by_cohort: BTreeMap<NaiveDate, Vec<&RetentionCell>> = BTreeMap::new();
        for cell in cells {
            by_cohort.entry(cell.cohort_on).or_default().push(cell);
        }
        let columns = by_cohort.values().map(Vec::len).max().unwrap_or(0);
        let mut cohorts = Vec::with_capacity(by_cohort.len() + 1);
        if by_cohort.len() > 1 {
            cohorts.push(all(by_cohort.values(), columns));
        }
        cohorts.extend(by_cohort.iter().map(|(day, cells)| {
            Cohort {
                machine: day.format("%Y-%m-%d").to_string(),
                label: match unit {
                    RetentionUnit::Day => day.format("%a %-d %b").to_string(),
                    RetentionUnit::Week => day.format("week of %-d %b").to_string(),
                },
                users: format::grouped(cells.first().map_or(0, |cell| cell.cohort_users)),
                cells: cells
                    .iter()
                    .map(|cell| {
                        cell.users
                            .map_or(Cell::Open, |users| Cell::of(users, cell.cohort_users))
                    })
                    .collect(),
                rest: columns - cells.len(),
            }
        }));
        Self {
            columns: (0..columns).collect(),
            cohorts,
        }
    }
}

/// The mean of all cohorts, each weighed by its users, as far as its times are over.
fn all<'a>(cohorts: impl Iterator<Item = &'a Vec<&'a RetentionCell>>, columns: usize) -> Cohort {
    let mut sums = vec![(0, 0); columns];
    let mut size = 0;
    for cells in cohorts {
        size += cells.first().map_or(0, |cell| cell.cohort_users);
        for (sum, cell) in sums.iter_mut().zip(cells) {
            if let Some(users) = cell.users {
                *sum = (sum.0 + users, sum.1 + cell.cohort_users);
            }
        }
    }
    Cohort {
        machine: String::new(),
        label: "all, as far as over".to_owned(),
        users: format::grouped(size),
        cells: sums
            .into_iter()
            .map(|(users, cohort)| {
                if cohort == 0 {
                    Cell::Open
                } else {
                    Cell::of(users, cohort)
                }
            })
            .collect(),
        rest: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_is_not_over_is_open_and_counts_nowhere() {
        let cell = |day: &str, after, cohort_users, users| RetentionCell {
            cohort_on: day.parse().unwrap(),
            after,
            cohort_users,
            users,
        };
        let cells = [
            cell("2026-11-28", 0, 10, Some(10)),
            cell("2026-11-28", 1, 10, Some(4)),
            cell("2026-11-28", 2, 10, None),
            cell("2026-11-29", 0, 30, Some(30)),
            cell("2026-11-29", 1, 30, None),
        ];
        let triangle = Triangle::of(&cells, RetentionUnit::Day);
        assert_eq!(triangle.columns, [0, 1, 2]);
        let all = &triangle.cohorts[0];
        assert_eq!(all.users, "40");
        assert_eq!(all.cells[1], Cell::of(4, 10));
        assert_eq!(all.cells[2], Cell::Open);
        let first = &triangle.cohorts[1];
        assert_eq!(first.label, "Sat 28 Nov");
        assert_eq!(
            first.cells[1],
            Cell::Share {
                text: "40 %".to_owned(),
                title: "4 of 10".to_owned(),
                shade: 4
            }
        );
        assert_eq!(triangle.cohorts[2].cells, [Cell::of(30, 30), Cell::Open]);
        assert_eq!((first.rest, triangle.cohorts[2].rest), (0, 1));
        assert!(Triangle::of(&[], RetentionUnit::Week).cohorts.is_empty());
    }
}
