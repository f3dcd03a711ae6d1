//! What a listing says of films and attributes, stored by the statement that stores its showtimes.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::Serialize;

use crate::enums::AttributeMeaning;

/// What a listing says of the films and attributes of some showtimes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListingFacts {
    /// Films with facts, each key once.
    pub films: Vec<FilmFacts>,
    /// What the definition says that codes of attributes mean.
    pub meanings: HashMap<String, AttributeMeaning>,
}

/// Facts of one film as its source lists them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FilmFacts {
    /// The source's key of the film.
    pub film_key: String,
    /// Title in the language in which it was made.
    pub original_title: Option<String>,
    /// Its year, 1888 to 2100.
    pub year: Option<i16>,
    /// Its length, 1 to 1,440.
    pub runtime_minutes: Option<i16>,
    /// Its directors; `None` where the listing says none.
    pub directors: Option<Vec<String>>,
    /// Who distributes it.
    pub distributor: Option<String>,
    /// When it is released.
    pub released_on: Option<NaiveDate>,
    /// Who gives the numbers that others have for it.
    pub schemes: Vec<String>,
    /// The number of each of `schemes`.
    pub numbers: Vec<String>,
}

/// Codes of attributes as the statement takes them: each once, with its meaning.
#[derive(Debug, Default)]
pub(super) struct AttributeColumns<'a> {
    pub(super) codes: Vec<String>,
    pub(super) kinds: Vec<Option<&'a str>>,
    pub(super) words: Vec<Option<String>>,
    /// Of each showtime, the positions of its codes, from 1, as the text of an array.
    pub(super) positions: Vec<Option<String>>,
}

impl ListingFacts {
    /// Returns the codes of showtimes; `attributes` are those of each.
    pub(super) fn codes<'a>(
        &'a self,
        attributes: impl Iterator<Item = Option<&'a [String]>>,
    ) -> AttributeColumns<'a> {
        let mut known: HashMap<&str, usize> = HashMap::new();
        let mut columns = AttributeColumns::default();
        for attributes in attributes {
            let positions = attributes.map(|attributes| {
                let positions = attributes.iter().map(|code| {
                    let next = known.len() + 1;
                    let position = *known.entry(code.as_str()).or_insert(next);
                    if position == next {
                        let meaning = self.meanings.get(code);
                        columns.codes.push(code.clone());
                        let kind = meaning.map(|meaning| meaning.kind.label());
                        columns.kinds.push(kind);
                        let word = meaning.map(|meaning| meaning.word.to_string());
                        columns.words.push(word);
                    }
                    position.to_string()
                });
                format!("{{{}}}", positions.collect::<Vec<_>>().join(","))
            });
            columns.positions.push(positions);
        }
        columns
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_code_of_many_showtimes_is_sent_once() {
        let facts = ListingFacts {
            meanings: HashMap::from([("3D".to_owned(), "dimension:3d".parse().unwrap())]),
            ..ListingFacts::default()
        };
        let of = |codes: &[&str]| -> Vec<String> {
            codes.iter().map(|code| (*code).to_owned()).collect()
        };
        let showtimes = [
            Some(of(&["X", "3D"])),
            None,
            Some(of(&[])),
            Some(of(&["3D", "Y"])),
        ];
        let columns = facts.codes(showtimes.iter().map(Option::as_deref));
        assert_eq!(columns.codes, ["X", "3D", "Y"]);
        assert_eq!(columns.kinds, [None, Some("dimension"), None]);
        assert_eq!(columns.words, [None, Some("3d".to_owned()), None]);
        let positions: Vec<Option<&str>> = columns.positions.iter().map(Option::as_deref).collect();
        assert_eq!(positions, [Some("{1,2}"), None, Some("{}"), Some("{2,3}")]);
    }
}
