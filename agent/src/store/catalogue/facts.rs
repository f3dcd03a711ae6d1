//! What the rows of a listing say of their films and attributes.
//!
//! Rows of one film may differ. The value of most rows counts, and among equals the first in
//! alphabetical order, so the same listing always gives the same facts and writes nothing twice.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use schema::film_fact::{FilmFacts, ListingFacts};
use source_language::rows::{self, Rows, Showtime};

use super::times::chrono_date;

/// The facts of the films of a listing, by key.
#[derive(Debug, Default)]
pub(super) struct Facts<'a> {
    films: HashMap<&'a str, FilmFacts>,
}

impl<'a> Facts<'a> {
    /// Collects the facts in all rows of a listing.
    pub(super) fn of(rows: &'a Rows) -> Self {
        let Rows::Showtimes(rows) = rows else {
            return Self::default();
        };
        let mut said: HashMap<&str, Vec<&rows::FilmFacts>> = HashMap::new();
        for row in rows.iter().filter(|row| !row.film.is_empty()) {
            said.entry(&row.film_key).or_default().push(&row.film);
        }
        let films = said.into_iter();
        Self {
            films: films
                .map(|(key, said)| (key, of_film(key, &said)))
                .collect(),
        }
    }

    /// Returns what is said of the films and attributes in these rows.
    pub(super) fn of_part(&self, rows: &[Showtime]) -> ListingFacts {
        let keys: BTreeSet<&str> = rows.iter().map(|row| row.film_key.as_str()).collect();
        let films = keys.into_iter().filter_map(|key| self.films.get(key));
        let attributes = rows.iter().flat_map(|row| row.attributes.iter().flatten());
        ListingFacts {
            films: films.cloned().collect(),
            meanings: attributes
                .filter_map(|attribute| {
                    let meaning = attribute.meaning.clone()?;
                    Some((attribute.code.to_string(), meaning))
                })
                .collect(),
        }
    }
}

fn of_film(key: &str, said: &[&rows::FilmFacts]) -> FilmFacts {
    let rows = || said.iter().copied();
    let directors = rows().filter(|row| !row.directors.is_empty());
    let ids: BTreeSet<_> = rows().flat_map(|row| &row.ids).collect();
    FilmFacts {
        film_key: key.to_owned(),
        original_title: most(rows().filter_map(|row| row.original_title.as_ref())).cloned(),
        year: most(rows().filter_map(|row| row.year)),
        runtime_minutes: most(rows().filter_map(|row| row.runtime_minutes)),
        directors: most(directors.map(|row| &row.directors)).cloned(),
        distributor: most(rows().filter_map(|row| row.distributor.as_ref())).cloned(),
        released_on: most(rows().filter_map(|row| row.released_on)).and_then(chrono_date),
        schemes: ids.iter().map(|id| id.scheme.to_string()).collect(),
        numbers: ids.iter().map(|id| id.value.to_string()).collect(),
    }
}

/// Returns the value that comes most often, the least of several.
fn most<T: Ord>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    let mut counts = counts.into_iter();
    let first = counts.next()?;
    let most = counts.fold(
        first,
        |most, next| if next.1 > most.1 { next } else { most },
    );
    Some(most.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use source_language::rows::FilmId;

    use super::*;

    #[test]
    fn the_fact_of_most_rows_counts_whatever_their_order() {
        let row = |runtime, value: &str| rows::FilmFacts {
            runtime_minutes: runtime,
            ids: vec![FilmId {
                scheme: "edi".into(),
                value: value.into(),
            }],
            ..rows::FilmFacts::default()
        };
        let rows = [
            row(Some(118), "2"),
            row(Some(117), "1"),
            row(None, "2"),
            row(Some(117), "2"),
        ];
        let mut said: Vec<&rows::FilmFacts> = rows.iter().collect();
        let facts = of_film("F", &said);
        assert_eq!(facts.runtime_minutes, Some(117));
        assert_eq!(facts.numbers, ["1", "2"]);
        assert_eq!((facts.directors.as_ref(), facts.year), (None, None));
        said.reverse();
        assert_eq!(of_film("F", &said), facts);
        assert_eq!(most([3, 1, 2].into_iter()), Some(1));
        assert_eq!(most([3, 1, 3].into_iter()), Some(3));
    }
}
