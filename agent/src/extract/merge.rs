//! Rows of several pages become those of one answer.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::{ExtractError, unknown};
use crate::{definition::SameKey, rows::Rows, source::Source};

impl Source {
    /// Puts the rows of the pages of one answer together, in their order; what two rows with
    /// one key mean is for the definition to say.
    ///
    /// # Errors
    ///
    /// [`ExtractError::DuplicateKey`] if that is an error, and [`ExtractError::Mixed`] if
    /// the pages are of different kinds or there are none.
    pub fn merge(&self, step: &str, pages: Vec<Rows>) -> Result<Rows, ExtractError> {
        let words = self.definition().steps.get(step);
        let same_key = words.ok_or_else(|| unknown(step))?.same_key;
        let mut pages = pages.into_iter();
        let mut rows = pages.next().ok_or(ExtractError::Mixed)?;
        for page in pages {
            if !rows.append(page) {
                return Err(ExtractError::Mixed);
            }
        }
        one_of_each(&mut rows, same_key)?;
        Ok(rows)
    }
}

/// Leaves one row for each key, by the rule of the step.
pub(crate) fn one_of_each(rows: &mut Rows, rule: SameKey) -> Result<(), ExtractError> {
    match rows {
        Rows::Cinemas(rows) => by_key(rows, rule, |row| &row.key),
        Rows::Showtimes(rows) => by_key(rows, rule, |row| &row.key),
        Rows::Seats(map) => by_key(&mut map.seats, rule, |row| &row.key),
        Rows::Items(rows) => by_key(rows, rule, |row| &row.key),
        // These have no key of their own.
        Rows::Prices(_) | Rows::Observations(_) => Ok(()),
    }
}

fn by_key<T>(
    rows: &mut Vec<T>,
    rule: SameKey,
    key: impl Fn(&T) -> &str,
) -> Result<(), ExtractError> {
    // Keys are many and short, and the table is gone at once: speed counts.
    let mut seen: HashMap<&str, usize, RandomState> =
        HashMap::with_capacity_and_hasher(rows.len(), RandomState::default());
    let mut gone: Vec<usize> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let Some(first) = seen.insert(key(row), index) else {
            continue;
        };
        match rule {
            SameKey::Error => {
                return Err(ExtractError::DuplicateKey {
                    key: key(row).to_owned(),
                    first,
                    second: index,
                });
            }
            SameKey::First => {
                seen.insert(key(row), first);
                gone.push(index);
            }
            SameKey::Last => gone.push(first),
        }
    }
    if !gone.is_empty() {
        gone.sort_unstable();
        let mut index = 0;
        rows.retain(|_| {
            index += 1;
            gone.binary_search(&(index - 1)).is_err()
        });
    }
    Ok(())
}
