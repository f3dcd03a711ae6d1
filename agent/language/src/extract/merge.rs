//! Rows of several pages become those of one answer, and rows with one key one row.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::{ExtractError, Gaps, gaps::Reading, plan::Plan};
use crate::{
    definition::SameKey,
    rows::{Cinema, Rows, Seat, Showtime},
};

/// The pages of one answer, put together.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// Their rows, one for each key.
    pub rows: Rows,
    /// The gaps that were found on the way.
    pub gaps: Gaps,
    /// Rows of a page whose key an earlier page had. A page that had nothing else, such as the
    /// last one once more, adds none.
    pub repeated: usize,
}

/// Puts the rows of pages together, in their order; `rule` says what two rows with one key mean.
///
/// # Errors
///
/// [`ExtractError::OnTwoPages`] if that is an error, [`ExtractError::Differing`] if two seats
/// have one key, and [`ExtractError::Mixed`] if the pages are of different kinds or there are
/// none.
pub(crate) fn merge(plan: &Plan, pages: Vec<Rows>, rule: SameKey) -> Result<Merged, ExtractError> {
    let repeated = repeated(&pages, rule)?;
    let mut pages = pages.into_iter();
    let mut rows = pages.next().ok_or(ExtractError::Mixed)?;
    for page in pages {
        if !rows.append(page) {
            return Err(ExtractError::Mixed);
        }
    }
    let reading = Reading::default();
    one_of_each(&mut rows, rule, &reading)?;
    let gaps = reading.take();
    plan.is_whole(&gaps)?;
    Ok(Merged {
        rows,
        gaps,
        repeated,
    })
}

/// Counts rows that came on an earlier page already.
fn repeated(pages: &[Rows], rule: SameKey) -> Result<usize, ExtractError> {
    let mut known: HashMap<&str, usize, RandomState> = HashMap::default();
    let mut repeated = 0;
    for (page, rows) in pages.iter().enumerate() {
        let keys = keys(rows);
        let mut again = 0;
        for key in &keys {
            match known.get(key) {
                Some(first) if *first < page => {
                    if rule == SameKey::Error {
                        return Err(ExtractError::OnTwoPages {
                            key: (*key).to_owned(),
                            first: first + 1,
                            second: page + 1,
                        });
                    }
                    again += 1;
                }
                Some(_) => {}
                None => {
                    known.insert(key, page);
                }
            }
        }
        if again < keys.len() {
            repeated += again;
        }
    }
    Ok(repeated)
}

/// Returns the keys of rows that have one.
fn keys(rows: &Rows) -> Vec<&str> {
    match rows {
        Rows::Cinemas(rows) => rows.iter().map(|row| row.key.as_str()).collect(),
        Rows::Showtimes(rows) => rows.iter().map(|row| row.key.as_str()).collect(),
        Rows::Seats(map) => map.seats.iter().map(|row| row.key.as_str()).collect(),
        Rows::Items(rows) => rows.iter().map(|row| row.key.as_str()).collect(),
        Rows::Prices(_) | Rows::Observations(_) => Vec::new(),
    }
}

/// Leaves one row for each key, by the rule of the step.
pub(crate) fn one_of_each(
    rows: &mut Rows,
    rule: SameKey,
    reading: &Reading,
) -> Result<(), ExtractError> {
    match rows {
        Rows::Cinemas(rows) => by_key(rows, rule, reading, |row| &row.key, cinemas_differ),
        Rows::Showtimes(rows) => by_key(rows, rule, reading, |row| &row.key, showtimes_differ),
        Rows::Seats(map) => {
            let differing = |seats: &[Seat], first: usize, second: usize| {
                let fields = seats_differ(seats.get(first)?, seats.get(second)?);
                let differ = (!fields.is_empty()).then(|| fields.join(", "))?;
                Some(ExtractError::Differing {
                    key: seats.get(first)?.key.to_string(),
                    first,
                    second,
                    differ,
                })
            };
            by_key_or(&mut map.seats, rule, |row| &row.key, differing)
        }
        Rows::Items(rows) => by_key(rows, rule, reading, |row| &row.key, |_, _| Vec::new()),
        // These have no key of their own.
        Rows::Prices(_) | Rows::Observations(_) => Ok(()),
    }
}

type Names = Vec<&'static str>;

/// Leaves one row for each key; rows that differ in what makes them one are a gap.
fn by_key<T>(
    rows: &mut Vec<T>,
    rule: SameKey,
    reading: &Reading,
    key: impl Fn(&T) -> &str,
    differ: impl Fn(&T, &T) -> Names,
) -> Result<(), ExtractError> {
    let named = |rows: &[T], first: usize, second: usize| {
        let fields = differ(rows.get(first)?, rows.get(second)?);
        if !fields.is_empty() {
            reading.note_gap(|| {
                let key = rows.get(first).map_or("", &key);
                let fields = fields.join(", ");
                format!(
                    "rows {first} and {second} have the same key `{key}` and differ in {fields}, \
                     so that one of them is lost"
                )
            });
        }
        None
    };
    by_key_or(rows, rule, &key, named)
}

/// Leaves one row for each key; `refuse` looks at each two that become one.
fn by_key_or<T>(
    rows: &mut Vec<T>,
    rule: SameKey,
    key: impl Fn(&T) -> &str,
    refuse: impl Fn(&[T], usize, usize) -> Option<ExtractError>,
) -> Result<(), ExtractError> {
    // Keys are many and short, and the table is gone at once: speed counts.
    let mut seen: HashMap<&str, usize, RandomState> =
        HashMap::with_capacity_and_hasher(rows.len(), RandomState::default());
    let mut gone: Vec<usize> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let Some(first) = seen.insert(key(row), index) else {
            continue;
        };
        if rule == SameKey::Error {
            return Err(ExtractError::DuplicateKey {
                key: key(row).to_owned(),
                first,
                second: index,
            });
        }
        if let Some(error) = refuse(rows, first, index) {
            return Err(error);
        }
        match rule {
            SameKey::Error | SameKey::First => {
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

/// Returns the names of the fields whose flag is set.
fn named(fields: &[(&'static str, bool)]) -> Names {
    let differing = fields.iter().filter(|(_, differs)| *differs);
    differing.map(|(name, _)| *name).collect()
}

/// Names the fields in which two seats differ: each difference makes them two seats.
fn seats_differ(a: &Seat, b: &Seat) -> Names {
    named(&[
        ("row", a.row != b.row),
        ("number", a.number != b.number),
        ("area", a.area != b.area),
        ("kind", a.kind != b.kind),
        ("group", a.group != b.group),
        ("x", a.x != b.x),
        ("y", a.y != b.y),
        ("status", a.code != b.code),
    ])
}

fn cinemas_differ(a: &Cinema, b: &Cinema) -> Names {
    named(&[("name", a.name != b.name), ("city", a.city != b.city)])
}

fn showtimes_differ(a: &Showtime, b: &Showtime) -> Names {
    named(&[
        ("starts_at", a.starts_at != b.starts_at),
        ("auditorium_key", a.auditorium_key != b.auditorium_key),
    ])
}
