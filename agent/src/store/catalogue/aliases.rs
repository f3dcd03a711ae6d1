//! Aliases: the several names that the rows of a large listing give the same film or auditorium.
//! With them each part of the listing is stored as if it were the whole.

use std::collections::{BTreeSet, HashMap, HashSet};

use schema::catalogue::AlsoCalled;
use source_language::rows::{Rows, Showtime};

/// The names of films and auditoriums that have several, by key.
#[derive(Debug, Default)]
pub(super) struct Aliases<'a> {
    films: HashMap<&'a str, BTreeSet<&'a str>>,
    auditoriums: HashMap<&'a str, BTreeSet<&'a str>>,
}

impl<'a> Aliases<'a> {
    /// Collects the aliases in the rows of a listing of several parts.
    pub(super) fn of(rows: &'a Rows) -> Self {
        match rows {
            Rows::Showtimes(rows) => Self {
                films: several(rows.iter().map(film)),
                auditoriums: several(rows.iter().filter_map(auditorium)),
            },
            _ => Self::default(),
        }
    }

    /// Returns the aliases of the films and auditoriums in these rows.
    pub(super) fn of_part(&self, rows: &[Showtime]) -> AlsoCalled {
        let (film_keys, film_titles) = all_of(&self.films, rows.iter().map(film));
        let (auditorium_keys, auditorium_names) =
            all_of(&self.auditoriums, rows.iter().filter_map(auditorium));
        AlsoCalled {
            film_keys,
            film_titles,
            auditorium_keys,
            auditorium_names,
        }
    }
}

fn film(row: &Showtime) -> (&str, &str) {
    (&row.film_key, &row.film_title)
}

fn auditorium(row: &Showtime) -> Option<(&str, &str)> {
    let key = row.auditorium_key.as_deref()?;
    Some((key, row.auditorium_name.as_deref().unwrap_or(key)))
}

fn several<'a>(
    rows: impl Iterator<Item = (&'a str, &'a str)>,
) -> HashMap<&'a str, BTreeSet<&'a str>> {
    let mut names: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    for (key, name) in rows {
        names.entry(key).or_default().insert(name);
    }
    names.retain(|_, names| names.len() > 1);
    names
}

fn all_of<'r>(
    names: &HashMap<&str, BTreeSet<&str>>,
    rows: impl Iterator<Item = (&'r str, &'r str)>,
) -> (Vec<String>, Vec<String>) {
    if names.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let keys: HashSet<&str> = rows.map(|(key, _)| key).collect();
    let several = keys
        .into_iter()
        .filter_map(|key| Some((key, names.get(key)?)));
    several
        .flat_map(|(key, names)| {
            names
                .iter()
                .map(move |name| (key.to_owned(), (*name).to_owned()))
        })
        .unzip()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_parts_get_only_things_with_several_names() {
        let aliases = Aliases {
            films: several([("1", "B"), ("2", "Two"), ("1", "A"), ("1", "B")].into_iter()),
            auditoriums: HashMap::new(),
        };
        let also = |key| all_of(&aliases.films, [(key, "")].into_iter());
        let (keys, titles) = also("1");
        assert_eq!(
            (keys, titles),
            (
                vec!["1".to_owned(); 2],
                vec!["A".to_owned(), "B".to_owned()]
            )
        );
        assert_eq!(also("2"), (Vec::new(), Vec::new()));
    }
}
