//! Row letters and column numbers of a bare matrix.

use super::{
    field::{Field, Place, Row},
    scope::Scope,
};
use crate::definition::LabelWords;

/// How labels are derived, compiled.
#[derive(Debug)]
pub(crate) struct LabelPlan {
    front_to_back: Field,
    left_to_right: Field,
    skip_missing: Field,
}

/// The labels of one matrix.
#[derive(Debug)]
pub(crate) struct Labels {
    rows: Vec<Option<String>>,
    columns: Vec<Vec<Option<usize>>>,
}

/// Which cells of each row of a matrix are seats.
pub(crate) type Cells = Vec<Vec<bool>>;

impl LabelPlan {
    /// Compiles the words.
    pub(crate) fn compile(words: &LabelWords, scope: &mut Scope<'_>) -> Result<Self, String> {
        if scope.levels.len() != 2 {
            return Err("labels need rows of two levels, such as `.[][]`".to_owned());
        }
        let mut flag = |name: &str, text: &str| match text {
            "true" | "false" => Ok(Field::constant(text)),
            _ => scope.short(text).map(|getter| Field::of(name, getter)),
        };
        Ok(Self {
            front_to_back: flag("front_to_back", &words.front_to_back)?,
            left_to_right: flag("left_to_right", &words.left_to_right)?,
            skip_missing: flag("skip_missing", &words.skip_missing)?,
        })
    }

    /// Derives the labels of `cells`; the flags are read as seen from `row`.
    pub(crate) fn derive(&self, cells: &Cells, row: &Row<'_>) -> Result<Labels, (String, String)> {
        let flag = |field: &Field| match field.text(row).as_ref().map(Option::as_deref) {
            Ok(Some("true")) => Ok(true),
            Ok(Some("false")) => Ok(false),
            Ok(_) => Err((field.name.clone(), "is neither true nor false".to_owned())),
            Err(problem) => Err((field.name.clone(), problem.clone())),
        };
        let (front_to_back, left_to_right) =
            (flag(&self.front_to_back)?, flag(&self.left_to_right)?);
        let skip_missing = flag(&self.skip_missing)?;
        Ok(Labels {
            rows: letters(cells, front_to_back),
            columns: cells
                .iter()
                .map(|row| numbers(row, left_to_right, skip_missing))
                .collect(),
        })
    }
}

impl Labels {
    /// Returns the letter of the row in which a cell is.
    pub(crate) fn row(&self, places: &[Place<'_>]) -> Option<&str> {
        let [Place::Index(row), ..] = places else {
            return None;
        };
        self.rows.get(*row)?.as_deref()
    }

    /// Returns the number of the column in which a cell is.
    pub(crate) fn column(&self, places: &[Place<'_>]) -> Option<usize> {
        let [Place::Index(row), Place::Index(column)] = places else {
            return None;
        };
        *self.columns.get(*row)?.get(*column)?
    }
}

/// Gives a letter to each row that has seats.
fn letters(cells: &Cells, front_to_back: bool) -> Vec<Option<String>> {
    let mut labels = vec![None; cells.len()];
    let with_seats = |(_, row): &(usize, &Vec<bool>)| row.contains(&true);
    let rows = cells
        .iter()
        .enumerate()
        .filter(with_seats)
        .map(|(index, _)| index);
    let rows: Vec<usize> = if front_to_back {
        rows.collect()
    } else {
        rows.rev().collect()
    };
    for (rank, row) in rows.into_iter().enumerate() {
        if let Some(label) = labels.get_mut(row) {
            *label = Some(letter(rank));
        }
    }
    labels
}

/// Returns A, B … Z, AA, AB … for 0, 1 …
fn letter(mut rank: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(
            b'A' + u8::try_from(rank % 26).unwrap_or_default(),
        ));
        if rank < 26 {
            return letters.into_iter().rev().collect();
        }
        rank = rank / 26 - 1;
    }
}

/// Numbers the cells of one row; gaps that are counted have a number that nobody sees.
fn numbers(row: &[bool], left_to_right: bool, skip_missing: bool) -> Vec<Option<usize>> {
    let mut next = 0;
    let mut number = |is_seat: &bool| {
        if *is_seat || !skip_missing {
            next += 1;
        }
        is_seat.then_some(next)
    };
    if left_to_right {
        row.iter().map(number).collect()
    } else {
        let mut numbers: Vec<_> = row.iter().rev().map(&mut number).collect();
        numbers.reverse();
        numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_without_seats_takes_no_letter() {
        let cells = vec![vec![true], vec![false], vec![true]];
        let of = |front| {
            letters(&cells, front)
                .into_iter()
                .flatten()
                .collect::<String>()
        };
        assert_eq!((of(true).as_str(), of(false).as_str()), ("AB", "BA"));
    }

    #[test]
    fn letters_go_on_after_z() {
        let read: Vec<String> = [0, 25, 26, 51, 52, 701, 702]
            .into_iter()
            .map(letter)
            .collect();
        assert_eq!(read, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }

    #[test]
    fn gaps_are_counted_or_skipped() {
        let row = [true, false, true, true];
        let read = |left, skip| {
            numbers(&row, left, skip)
                .into_iter()
                .map(Option::unwrap_or_default)
                .collect::<Vec<_>>()
        };
        assert_eq!(read(true, false), [1, 0, 3, 4]);
        assert_eq!(read(true, true), [1, 0, 2, 3]);
        assert_eq!(read(false, false), [4, 0, 2, 1]);
        assert_eq!(read(false, true), [3, 0, 2, 1]);
    }
}
